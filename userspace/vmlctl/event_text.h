/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMLCTL_EVENT_TEXT_H
#define VMLCTL_EVENT_TEXT_H

#include <stdio.h>
#include <time.h>

#include "libvml.h"

/* Print an event as one line: for people, or a JSON object. 0 or -ENOMEM. */
int event_print(const struct vml_event *event, const struct timespec *when,
		FILE *file);
int event_print_json(const struct vml_event *event, const struct timespec *when,
		     FILE *file);

#endif
