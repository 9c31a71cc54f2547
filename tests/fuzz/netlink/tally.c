// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/ip_vs_vml.h>

#include "tally.h"

#define ERRORS 134u

/* Of messages, one a thousand of which must have succeeded, a command. */
#define SHARE 1000u

enum row {
	ROW_SERVICE_GET,
	ROW_SERVICE_DUMP,
	ROW_DESTINATION_GET,
	ROW_DESTINATION_DUMP,
	ROW_SCALE_SET,
	ROW_OTHER,
	ROW_IPVS,
	ROWS = ROW_IPVS + IPVS_VERBS,
};

static const char *const row_names[ROW_IPVS] = {
	[ROW_SERVICE_GET] = "service-get",
	[ROW_SERVICE_DUMP] = "service-get, dump",
	[ROW_DESTINATION_GET] = "destination-get",
	[ROW_DESTINATION_DUMP] = "destination-get, dump",
	[ROW_SCALE_SET] = "scale-set",
	[ROW_OTHER] = "other commands",
};

static const char *const event_names[TALLY_EVENTS] = {
	[TALLY_PARTS] = "dumps in several parts",
	[TALLY_TORN] = "dumps marked as torn",
	[TALLY_WHOLE] = "dumps whole and as expected",
	[TALLY_ABANDONED] = "dumps abandoned",
	[TALLY_AUDITS] = "services compared with the model",
	[TALLY_EXPIRED] = "leases run out",
	[TALLY_FAILED_SETS] = "sets without memory",
	[TALLY_PICKS] = "picks",
	[TALLY_NAMESPACES] = "namespaces",
};

/* What each row must have been answered with. */
static const struct {
	enum row row;
	int errors[8];
} wanted[] = {
	{ ROW_SERVICE_GET, { EINVAL, ENOENT, EAFNOSUPPORT, ERANGE } },
	{ ROW_SERVICE_DUMP, { EINVAL, EBUSY } },
	{ ROW_DESTINATION_GET, { EINVAL, ENOENT, EAFNOSUPPORT, ERANGE } },
	{ ROW_DESTINATION_DUMP, { EINVAL, ENOENT, EAFNOSUPPORT, EBUSY } },
	{ ROW_SCALE_SET,
	  { EINVAL, ENOENT, EAFNOSUPPORT, ERANGE, ESTALE, EEXIST,
	    EOPNOTSUPP } },
	{ ROW_OTHER, { EOPNOTSUPP } },
};

uint64_t tally_messages;
static uint64_t answers[ROWS][ERRORS];
static uint64_t events[TALLY_EVENTS];
static uint64_t notifications[IP_VS_VML_CMD_MAX + 1];

void tally_event(enum tally_event event, uint64_t n)
{
	events[event] += n;
}

static void tally(enum row row, int error)
{
	answers[row][error < (int)ERRORS ? error : (int)ERRORS - 1]++;
}

void tally_vml(uint8_t command, bool dump, int error)
{
	switch (command) {
	case IP_VS_VML_CMD_SERVICE_GET:
		tally(dump ? ROW_SERVICE_DUMP : ROW_SERVICE_GET, error);
		break;
	case IP_VS_VML_CMD_DESTINATION_GET:
		tally(dump ? ROW_DESTINATION_DUMP : ROW_DESTINATION_GET, error);
		break;
	case IP_VS_VML_CMD_SCALE_SET:
		tally(ROW_SCALE_SET, error);
		break;
	default:
		tally(ROW_OTHER, error);
		break;
	}
}

void tally_ipvs(enum ipvs_verb verb, int error)
{
	tally(ROW_IPVS + verb, error);
}

void tally_notification(uint8_t command)
{
	if (command <= IP_VS_VML_CMD_MAX)
		notifications[command]++;
}

static bool lacks(const char *what, const char *of)
{
	printf("# too little: %s, %s\n", of, what);
	return true;
}

static const char *row_name(uint32_t row)
{
	return row < ROW_IPVS ? row_names[row]
			      : ipvs_verb_names[row - ROW_IPVS];
}

static bool check(void)
{
	bool lacking = false;

	for (uint32_t row = 0; row < ROWS; row++)
		if (row != ROW_OTHER &&
		    answers[row][0] <
		    (row == ROW_IPVS + IPVS_FLUSH ? 1 : tally_messages / SHARE))
			lacking = lacks("success", row_name(row));
	for (uint32_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		for (const int *error = wanted[i].errors; *error; error++)
			if (!answers[wanted[i].row][*error])
				lacking = lacks(strerrorname_np(*error),
						row_name(wanted[i].row));
	for (uint32_t i = 0; i < TALLY_EVENTS; i++)
		if (!events[i])
			lacking = lacks("any", event_names[i]);
	for (uint8_t i = IP_VS_VML_CMD_SERVICE_BOUND; i <= IP_VS_VML_CMD_MAX;
	     i++)
		if (!notifications[i])
			lacking = lacks("any", "some notification");
	return !lacking;
}

bool tally_print(void)
{
	for (uint32_t row = 0; row < ROWS; row++) {
		printf("# %s:", row_name(row));
		for (uint32_t error = 0; error < ERRORS; error++)
			if (answers[row][error])
				printf(" %s %" PRIu64,
				       error ? strerrorname_np((int)error)
					     : "success",
				       answers[row][error]);
		putchar('\n');
	}
	for (uint32_t i = 0; i < TALLY_EVENTS; i++)
		printf("# %s: %" PRIu64 "\n", event_names[i], events[i]);
	printf("# notifications:");
	for (uint8_t i = IP_VS_VML_CMD_SERVICE_BOUND; i <= IP_VS_VML_CMD_MAX;
	     i++)
		printf(" %" PRIu64, notifications[i]);
	putchar('\n');
	return check();
}
