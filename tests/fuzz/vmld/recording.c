/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a script, and as what follows the first line of a recording. */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "replay/replay.h"
#include "source/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char begin[] = "recording 1 2026-11-25T00:00:00Z\n";

static const char configuration[] =
	"hypervisor hv1 { uri = \"test:///default\" }\n"
	"hypervisor hv2 { uri = \"test:///default\" }\n"
	"service web { address = 10.0.0.100 port = 80 members \"*\" { } }\n";

static void check(int r, const char *path, char *error)
{
	assert((r < 0) == (error != NULL));
	if (error)
		assert(!strncmp(error, path, strlen(path)));
	free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create("recording", MFD_CLOEXEC);
	_cleanup_fclose_ FILE *trace = fopen("/dev/null", "we");
	const struct log log = { .level = -1 };
	struct config_errors errors = {};
	struct config *config = NULL;
	struct script *script = NULL;
	char path[32], *error;
	int r;

	assert(fd >= 0 && trace);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert(write(fd, data, size) == (ssize_t)size);
	r = script_load(path, &script, &error);
	check(r, path, error);
	script_free(script);

	assert(ftruncate(fd, 0) == 0);
	assert(pwrite(fd, begin, strlen(begin), 0) == strlen(begin));
	assert(pwrite(fd, data, size, strlen(begin)) == (ssize_t)size);
	assert(config_parse("f", configuration, &config, &errors) == 0);
	r = replay_run(path, config, &log, trace, &error);
	check(r, path, error);
	return 0;
}
