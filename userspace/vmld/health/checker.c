/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "health/checker.h"
#include "health/state.h"
#include "random.h"
#include "util.h"

#define ACCURACY_US 1000

/* Between attempts to make a check, if that fails for want of something. */
#define WANT_NS NSEC_PER_SEC

struct checked {
	struct checker *checker;
	struct vml_destination_key key;
	sd_event_source *timer;
	uint64_t due_ns;	/* of the last check, or of the next one */
	struct probe *probe;	/* NULL: none is under way */
};

struct checker {
	struct probes *probes;
	const struct health_config *config;
	checker_result_t on_result;
	void *userdata;
	struct checked **members;	/* in the order of their keys */
	size_t n;
};

int checker_new(struct probes *probes, const struct health_config *config,
		checker_result_t on_result, void *userdata,
		struct checker **ret_checker)
{
	struct checker *checker = calloc(1, sizeof(*checker));

	if (!checker)
		return -ENOMEM;
	checker->probes = probes;
	checker->config = config;
	checker->on_result = on_result;
	checker->userdata = userdata;
	*ret_checker = checker;
	return 0;
}

static void stop(struct checked *checked)
{
	probe_cancel(checked->probe);
	sd_event_source_disable_unref(checked->timer);
	free(checked);
}

struct checker *checker_free(struct checker *checker)
{
	if (!checker)
		return NULL;
	for (size_t i = 0; i < checker->n; i++)
		stop(checker->members[i]);
	free(checker->members);
	free(checker);
	return NULL;
}

static void wait_until(struct checked *checked, uint64_t due_ns)
{
	checked->due_ns = due_ns;
	sd_event_source_set_time(checked->timer, due_ns / 1000);
	sd_event_source_set_enabled(checked->timer, SD_EVENT_ONESHOT);
}

static void wait_for_beat(struct checked *checked, uint64_t pause_ns)
{
	wait_until(checked,
		   health_next_beat(checked->due_ns, pause_ns, now_ns()));
}

static int compare_to_member(const void *key, const void *member)
{
	const struct checked *const *checked = member;

	return vml_destination_key_compare(key, &(*checked)->key);
}

void checker_hurry(struct checker *checker,
		   const struct vml_destination_key *key)
{
	struct checked **found = NULL;

	if (checker->n)
		found = bsearch(key, checker->members, checker->n,
				sizeof(*found), compare_to_member);
	if (found && !(*found)->probe)
		wait_until(*found, now_ns());
}

/* What is under way looks at the configuration that goes: again, then. */
void checker_hand_over(struct checker *checker,
		       const struct health_config *config, void *userdata)
{
	checker->config = config;
	checker->userdata = userdata;
	for (size_t i = 0; i < checker->n; i++) {
		struct checked *checked = checker->members[i];

		if (!checked->probe)
			continue;
		checked->probe = probe_cancel(checked->probe);
		wait_until(checked, now_ns());
	}
}

static void on_done(const struct health_result *result, void *userdata)
{
	struct checked *checked = userdata;
	struct checker *checker = checked->checker;
	uint64_t pause = WANT_NS;

	checked->probe = NULL;
	if (result)
		pause = checker->on_result(&checked->key, result,
					   checker->userdata);
	wait_for_beat(checked, pause);
}

static int on_timer(_unused_ sd_event_source *source, _unused_ uint64_t usec,
		    void *userdata)
{
	struct checked *checked = userdata;
	struct checker *checker = checked->checker;

	if (probe_new(checker->probes, checker->config, &checked->key, on_done,
		      checked, &checked->probe) < 0)
		wait_for_beat(checked, WANT_NS);
	return 0;
}

static int begin(struct checker *checker, const struct vml_destination_key *key,
		 uint64_t pause_ns, struct checked **ret_checked)
{
	struct checked *checked = calloc(1, sizeof(*checked));
	int r;

	if (!checked)
		return -ENOMEM;
	checked->checker = checker;
	checked->key = *key;
	checked->due_ns = now_ns() + pause_ns;
	r = sd_event_add_time(probes_loop(checker->probes), &checked->timer,
			      CLOCK_MONOTONIC, checked->due_ns / 1000,
			      ACCURACY_US, on_timer, checked);
	if (r < 0) {
		free(checked);
		return r;
	}
	*ret_checked = checked;
	return 0;
}

/* How many of the keys are not there yet. */
static size_t count_new(const struct checker *checker,
			const struct vml_destination_key *keys, size_t n)
{
	size_t new = 0, j = 0;

	for (size_t i = 0; i < n; i++) {
		while (j < checker->n &&
		       vml_destination_key_compare(&checker->members[j]->key,
						   &keys[i]) < 0)
			j++;
		new += j == checker->n ||
		       vml_destination_key_compare(&checker->members[j]->key,
						   &keys[i]) != 0;
	}
	return new;
}

int checker_set_members(struct checker *checker,
			const struct vml_destination_key *keys, size_t n)
{
	struct checked **members = calloc(n + 1, sizeof(struct checked *));
	/*
	 * All would be checked at the same moment, for ever; but one that comes
	 * alone is in nobody's way.
	 */
	uint64_t spread = count_new(checker, keys, n) > 1 ?
			  checker->config->warmup_ns : 0;
	size_t old = 0, new = 0;
	int r = 0;

	if (!members)
		return -ENOMEM;
	for (size_t i = 0; i < n && r >= 0; i++) {
		int order = 1;

		/* The next one in order is the one that is wanted, or gone. */
		while (old < checker->n) {
			order = vml_destination_key_compare(
				&checker->members[old]->key, &keys[i]);
			if (order >= 0)
				break;
			stop(checker->members[old++]);
		}
		if (order == 0)
			members[new++] = checker->members[old++];
		else
			r = begin(checker, &keys[i], random_below(spread),
				  &members[new]);
		if (order && r >= 0)
			new++;
	}
	while (old < checker->n)
		stop(checker->members[old++]);
	free(checker->members);
	checker->members = members;
	checker->n = new;
	return r < 0 ? r : 0;
}
