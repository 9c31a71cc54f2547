/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations of IPVS, as ipvsadm makes them, as netlink messages. */
#ifndef FUZZ_IPVS_H
#define FUZZ_IPVS_H

#include "step.h"

#define IPVS_MESSAGE_MAX 512u

/* Its size. The kernel is asked for an acknowledgement. */
uint32_t ipvs_write(const struct step *step, uint8_t bytes[IPVS_MESSAGE_MAX]);

#endif
