/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims: which machines could be behind which destinations. */
#ifndef VMLD_DISCOVER_CLAIMS_H
#define VMLD_DISCOVER_CLAIMS_H

#include "discover.h"

/* The better claim has the smaller rank. */
enum claim_rank {
	CLAIM_RUNNING,
	CLAIM_PAUSED,
	CLAIM_DOWN,	/* it had the address when it ran */
	CLAIM_GONE,	/* likewise, and it is in no inventory */
	CLAIM_EMPTY,	/* a rule names the destination, but none is there */
};

struct claim {
	struct discover_member member;	/* strings are borrowed */
	enum claim_rank rank;
	bool remembered;		/* it was behind it at the last run */
};

struct claims {
	struct claim *claims;
	size_t n;
	size_t room;
};

/* -ENOMEM */
int claims_add(struct claims *claims, const struct discover_member *member,
	       enum claim_rank rank, bool remembered);
void claims_done(struct claims *claims);

/* By destination; the best claim on each of them first. */
void claims_sort(struct claims *claims);

/* How many claims from place first on are on the same destination. */
size_t claims_group(const struct claims *claims, size_t first);

/* Of the first n claims, which are sorted: that machine on that destination? */
bool claims_contain(const struct claims *claims, size_t n,
		    const struct discover_member *member);

enum claim_rank claim_rank_of(enum vm_state state);
bool claim_is_same_machine(const struct claim *a, const struct claim *b);

/* Two machines have equal rights: neither name nor state tells which it is. */
bool claim_is_rival(const struct claim *best, const struct claim *other);

#endif
