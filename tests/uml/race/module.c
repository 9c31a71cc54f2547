/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module is unloaded as soon as it can be, and loaded again. */
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "race.h"

static int module_open(void)
{
	char path[PATH_MAX];
	struct utsname kernel;
	int fd;

	uname(&kernel);
	snprintf(path, sizeof(path), "/lib/modules/%s/extra/ip_vs_vml.ko",
		 kernel.release);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

/*
 * Nothing is waited for in between, so that the module goes right after its
 * last service. At times it is left to who needs it to have it loaded again.
 */
void race_module(struct racer *racer)
{
	_cleanup_close_ int file = module_open();

	while (goes_on(racer)) {
		if (!atomic_load(&racer->race->away)) {
			usleep(1000);
			continue;
		}
		if (syscall(SYS_delete_module, "ip_vs_vml", O_NONBLOCK)) {
			if (errno != EAGAIN && errno != EBUSY &&
			    errno != ENOENT)
				err(1, "unloading the module");
			sched_yield();
			continue;
		}
		count(racer, MODULE_UNLOADED);
		if (!below(racer, 3))
			continue;
		if (syscall(SYS_finit_module, file, "", 0) &&
		    errno != EEXIST && errno != EBUSY)
			err(1, "loading the module");
	}
}
