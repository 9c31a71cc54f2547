/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The administrator's weights, while the kernel has ours in their place.
 *
 * A weight of the kernel that we have not written is the administrator's. So
 * that this is known after any crash, too, the last two weights that we wrote
 * or were about to write are kept beside the administrator's, and are saved
 * before the kernel gets the new one. It can then have nothing but one of the
 * two, unless somebody else has changed it.
 *
 * Weights are small whole numbers, often 1, which leave no room below them.
 * All weights of a service are multiplied by the same number, which changes
 * no share: see base_weights_multiplier().
 *
 * Pure: no I/O.
 */
#ifndef VMLD_SINK_BASE_WEIGHTS_H
#define VMLD_SINK_BASE_WEIGHTS_H

#include <jansson.h>

#include "libvml.h"

/* The highest weight that ipvsadm shows and takes. */
#define BASE_WEIGHT_MAX 65535u

#define BASE_WEIGHT_SCALE_UNKNOWN UINT32_MAX

struct base_weight {
	struct vml_destination_key key;
	uint32_t base;		/* the administrator's */
	uint32_t written[2];	/* ours, the newest first */
	uint32_t scale;		/* that written[0] stands for, or _UNKNOWN */
	bool seen;		/* by base_weights_learn(), lately */
};

/* Of one service. */
struct base_weights {
	struct vml_service_key key;
	uint32_t multiplier;	/* of the weights that we wrote; 1 at first */
	struct base_weight *weights;	/* sorted by key */
	size_t n;
};

void base_weights_clear(struct base_weights *weights);

/*
 * Take in a weight that the kernel has for a destination: all of a service,
 * best in the order of their keys, and then base_weights_forget(), which drops
 * the destinations that are gone. -ENOMEM.
 */
int base_weights_learn(struct base_weights *weights,
		       const struct vml_destination_key *key, uint32_t actual);
void base_weights_forget(struct base_weights *weights);

struct base_weight *base_weights_find(struct base_weights *weights,
				      const struct vml_destination_key *key);

/*
 * The factor that gives the smallest weight, if it isn't 0, a hundred steps,
 * as far as the largest leaves room for it.
 */
uint32_t base_weights_multiplier(const struct base_weights *weights);

/*
 * The weight that stands for a scale: at least 1, unless the base or the scale
 * is 0.
 */
uint32_t base_weight_scaled(uint32_t base, uint32_t multiplier,
			    uint32_t scale);
/* The scale in force, if the kernel has the weight actual. */
uint32_t base_weight_scale(const struct base_weight *weight,
			   uint32_t multiplier, uint32_t actual);

/* Note, before the kernel gets it, what is to stand for a scale. */
void base_weight_write(struct base_weight *weight, uint32_t multiplier,
		       uint32_t scale);

/*
 * {"multiplier": 100,
 *  "destinations": {"10.0.0.1:80": {"base": 1, "written": [100, 50]}, ...}}
 * NULL: no memory.
 */
json_t *base_weights_to_json(const struct base_weights *weights);
/* Destinations that aren't understood are skipped. -EBADMSG, -ENOMEM. */
int base_weights_from_json(const char *key, json_t *object,
			   struct base_weights *ret_weights);

#endif
