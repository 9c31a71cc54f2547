/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>

#include "fixture.h"

struct vml_client *client;
struct vml_service_key service;

void run(const char *format, ...)
{
	_cleanup_free_ char *command = NULL;
	va_list arguments;

	va_start(arguments, format);
	assert_true(vasprintf(&command, format, arguments) >= 0);
	va_end(arguments);
	if (system(command) != 0)
		fail_msg("\"%s\" fails", command);
}

int set_up(_unused_ void **state)
{
	if (unshare(CLONE_NEWNET) < 0 ||
	    vml_service_key_parse("tcp " SERVICE, &service) < 0 ||
	    vml_client_open(&client) < 0)
		return -1;
	/* Without any address, IPVS takes none for a unicast address. */
	run(MODPROBE " && ip link set lo up && ipvsadm -A -t " SERVICE " -s vml");
	return 0;
}

/* Nothing is left that would keep the module from being unloaded. */
int tear_down(_unused_ void **state)
{
	run("ipvsadm -C");
	client = vml_client_free(client);
	return 0;
}

static void destinations_change(size_t first, size_t n, const char *format)
{
	FILE *ipvsadm = popen("ipvsadm -R", "w");
	char text[VML_KEY_STRING_MAX];

	assert_non_null(ipvsadm);
	for (size_t i = first; i < first + n; i++) {
		struct vml_destination_key key = destination_number(i);

		fprintf(ipvsadm, format,
			vml_destination_key_format(&key, text));
	}
	assert_int_equal(pclose(ipvsadm), 0);
}

void destinations_add(size_t first, size_t n)
{
	destinations_change(first, n,
			    "-a -t " SERVICE " -r %s -m -w 100\n");
}

void destinations_delete(size_t first, size_t n)
{
	destinations_change(first, n, "-d -t " SERVICE " -r %s\n");
}

struct vml_destination_key destination_number(size_t i)
{
	struct vml_destination_key key = { .family = AF_INET, .port = 80 };

	key.address.ipv4.s_addr = htonl(0x0a010000 + (uint32_t)i);
	return key;
}

struct vml_scale *scales_new(size_t n)
{
	struct vml_scale *scales = calloc(n, sizeof(*scales));

	assert_non_null(scales);
	for (size_t i = 0; i < n; i++) {
		scales[i].key = destination_number(i);
		scales[i].scale = (uint32_t)i;
	}
	return scales;
}

struct heard listen_for(struct vml_listener *listener, int quiet_ms)
{
	struct pollfd polled = {
		.fd = vml_listener_fd(listener),
		.events = POLLIN,
	};
	struct heard heard = { 0 };
	int r;

	do {
		while ((r = vml_listener_next(listener, &heard.last)) > 0)
			heard.count[heard.last.type]++;
		assert_int_equal(r, 0);
	} while (poll(&polled, 1, quiet_ms) > 0);
	return heard;
}
