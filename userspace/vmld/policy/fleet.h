/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the members of a service have in common at a moment. */
#ifndef VMLD_POLICY_FLEET_H
#define VMLD_POLICY_FLEET_H

#include "policy/colocation.h"
#include "policy/member.h"

struct fleet {
	double closed;		/* connections, of the members that count */
	double cpu;		/* seconds that they took */
	/* Connections in a row not seen active: the most, and the next. */
	const struct member *unseen_most;
	double unseen[2];
	bool of_odd;		/* of the odd ones, as there are no others */
	double busy;		/* 0..1 */
	double exponent;	/* of the scales, since it is that busy */
	double slow_start;	/* the largest factor among the members */
	double part;		/* likewise, of their hosts' budgets */
	const struct hosts *hosts;
};

/* Connections a second of CPU time. */
double fleet_rate(const struct fleet *fleet);

/* The same without a member; NAN: there are no others to compare it with. */
double fleet_rate_of_others(const struct fleet *fleet,
			    const struct policy_params *params,
			    const struct member *member, uint64_t now_ns);

/* The most that another member had not seen active; NAN: there is none. */
double fleet_unseen_of_others(const struct fleet *fleet,
			      const struct member *member);

/* Of the host of a member; NULL: it is not known how many cores that has. */
const struct colocation *fleet_colocation(const struct fleet *fleet,
					  const struct member *member);

/* hosts: with the claims of the members. */
void fleet_measure(struct fleet *fleet, const struct policy_params *params,
		   const struct hosts *hosts, const struct member *members,
		   size_t n, uint64_t now_ns);

#endif
