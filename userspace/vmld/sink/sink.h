/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sink: where scales go. It reads what the kernel has now, and gives the
 * destinations of a service their scales; it decides nothing.
 *
 * Functions return 0 or a negative errno; sink_error() then tells the reason
 * in a sentence. No call waits longer than a few seconds.
 */
#ifndef VMLD_SINK_H
#define VMLD_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libvml.h"
#include "log.h"

struct sink_destination {
	struct vml_destination_key key;
	uint32_t weight;	/* the administrator's */
	uint32_t scale;		/* in force */
	uint32_t active_connections;
	uint32_t inactive_connections;
	uint64_t picks;		/* connections that it has been given */
};

/* A service as the kernel has it. */
struct sink_service {
	uint32_t generation;
	bool has_lease;
	uint32_t lease_ms;	/* left */
	struct sink_destination *destinations;	/* sorted by key */
	size_t n_destinations;
};

void sink_service_clear(struct sink_service *service);
const struct sink_destination *
sink_service_find(const struct sink_service *service,
		  const struct vml_destination_key *key);
/* Sort the destinations, as sink_service_find() needs them. */
void sink_service_sort(struct sink_service *service);

struct sink;
struct ipvs_control;

/* Something of a service changed, or, with VML_EVENT_LOST, of any. */
typedef void (*sink_changed_t)(const struct vml_event *event, void *userdata);

struct sink_ops {
	/*
	 * -ENOENT: there is no such service, or another scheduler has it;
	 * -ENODEV: there is no sink in the kernel.
	 */
	int (*read)(struct sink *sink, const struct vml_service_key *key,
		    struct sink_service *ret_service);
	/*
	 * Replace all scales, given in the order of their keys; a destination
	 * that isn't named is neutral. generation is the one that was read.
	 * -ESTALE: it is another one now; -ENOENT: the service or a
	 * destination is gone.
	 */
	int (*push)(struct sink *sink, const struct vml_service_key *key,
		    const struct vml_scale *scales, size_t n,
		    uint32_t lease_ms, uint32_t generation,
		    uint32_t *ret_generation);
	/*
	 * Change a destination's weight, as if the administrator had. Its
	 * scale remains. -ENOENT.
	 */
	int (*set_weight)(struct sink *sink, const struct vml_service_key *key,
			  const struct vml_destination_key *destination,
			  uint32_t weight);
	/* Leave the service on the administrator's weights. */
	int (*restore)(struct sink *sink, const struct vml_service_key *key);
	/*
	 * A descriptor to poll for reading, opened anew if need be; -ENODEV:
	 * not now. NULL: the sink tells of no changes.
	 */
	int (*listen)(struct sink *sink);
	/* Close it; it isn't polled any more. */
	void (*unlisten)(struct sink *sink);
	/* Tell of the changes that are there. Never blocks. */
	int (*dispatch)(struct sink *sink, sink_changed_t changed,
			void *userdata);
	const char *(*error)(const struct sink *sink);
	void (*free)(struct sink *sink);
};

struct sink {
	const struct sink_ops *ops;
	bool has_leases;	/* else lease_ms and generation say nothing */
};

/* The module ip_vs_vml, through libvml. The control is borrowed. */
int sink_module_new(struct ipvs_control *control, struct sink **ret_sink);

/*
 * The weights of plain IPVS. The administrator's are kept in state_directory.
 * observes: another process changes both, and this one only reads. The control,
 * the directory's name and the log are borrowed.
 */
int sink_ipvs_new(struct ipvs_control *control, const char *state_directory,
		  bool observes, const struct log *log,
		  struct sink **ret_sink);

/* Reads what real reads, writes nothing, and takes real over if it succeeds. */
int sink_shadow_new(struct sink *real, struct sink **ret_sink);

static inline struct sink *sink_free(struct sink *sink)
{
	if (sink)
		sink->ops->free(sink);
	return NULL;
}

#endif
