/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>

#include "policy/elapsed.h"
#include "policy/member.h"

/*
 * What others get: so that three quarters of them get no more. Members that get
 * next to nothing, since they hang, are no measure of those that do well, also if
 * they are many; and one that fails must not hide behind another one.
 */
#define QUANTILE 0.75

/* With a single other one nothing tells which of the two is odd. */
#define LEAST_OTHERS 2

/* All that members have in common. */
struct total {
	double pending;
	double weight;
	double active;
	double load;
	double fair_load;
};

void attraction_init(struct attraction *attraction)
{
	*attraction = (struct attraction){ .times = NAN, .factor = 1 };
}

void attraction_count(struct attraction *attraction, uint64_t picks,
		      uint32_t active)
{
	/* A counter that went back belongs to a destination added anew. */
	if (attraction->counted && picks < attraction->picks)
		attraction->picked = attraction->fair = 0;
	else if (attraction->counted)
		attraction->pending += (double)(picks - attraction->picks);
	attraction->counted = true;
	attraction->picks = picks;
	attraction->active = active;
}

void attraction_set_weight(struct attraction *attraction, uint32_t weight,
			   uint32_t scale)
{
	attraction->weight = (double)weight * scale / VML_SCALE_ONE;
}

static void sum_up(struct attraction *attraction, const struct total *total,
		   double kept, double seconds)
{
	double share = total->weight > 0 ? attraction->weight / total->weight :
					   0;

	attraction->picked = attraction->picked * kept + attraction->pending;
	attraction->fair = attraction->fair * kept + share * total->pending;
	attraction->load = attraction->load * kept +
			   attraction->active * seconds;
	attraction->fair_load = attraction->fair_load * kept +
				share * total->active * seconds;
	attraction->pending = 0;
}

static bool is_measure(const struct attraction *attraction,
		       const struct policy_params *params)
{
	return attraction->fair >= params->guard_connections / 2;
}

static double gain(const struct attraction *attraction)
{
	return attraction->picked / attraction->fair;
}

static int compare(const void *a, const void *b)
{
	return COMPARE(*(const double *)a, *(const double *)b);
}

/* The quantile of what others get for their weight; NAN: too few do. */
static double gain_of_others(const struct attraction *attraction,
			     const struct policy_params *params,
			     const double *gains, size_t n)
{
	bool among = is_measure(attraction, params);
	size_t others = n - among, at;

	if (others < LEAST_OTHERS)
		return NAN;
	at = (size_t)(QUANTILE * (double)others);
	/* It stands at that place itself, or before it. */
	if (among && gains[at] >= gain(attraction))
		at++;
	return gains[at];
}

/*
 * How many times the others' load its own is, for their weights, at least 1: one
 * that has more to do because it attracts more is no sink-hole. Connections take
 * as long there as elsewhere.
 */
static double load_ratio(const struct attraction *attraction,
			 const struct total *total)
{
	double load = total->load - attraction->load;
	double fair = total->fair_load - attraction->fair_load;
	double ratio = attraction->load * fair / (attraction->fair_load * load);

	return ratio > 1 ? ratio : 1;
}

static void judge(struct attraction *attraction,
		  const struct policy_params *params, const struct total *total,
		  double others)
{
	double load_of_others = total->load - attraction->load;
	double most;

	attraction->times = NAN;
	attraction->factor = 1;
	if (!params->attraction_limit || !(others > 0) ||
	    attraction->fair <= 0 || attraction->fair_load <= 0 ||
	    load_of_others < params->attraction_load)
		return;
	attraction->times = gain(attraction) / others;
	attraction->let = params->attraction_limit *
			  load_ratio(attraction, total);
	most = attraction->let * others * attraction->fair;
	most += params->attraction_deviations * sqrt(most);
	if (attraction->picked > most)
		attraction->factor = most / attraction->picked;
}

void attraction_step(struct member *members, size_t n,
		     const struct policy_params *params, double seconds,
		     double *room)
{
	double kept = exp(-seconds / params->attraction_memory);
	struct total total = {};
	size_t n_gains = 0;

	for (size_t i = 0; i < n; i++) {
		total.pending += members[i].attraction.pending;
		total.weight += members[i].attraction.weight;
		total.active += members[i].attraction.active;
	}
	for (size_t i = 0; i < n; i++) {
		struct attraction *attraction = &members[i].attraction;

		sum_up(attraction, &total, kept, seconds);
		total.load += attraction->load;
		total.fair_load += attraction->fair_load;
		if (is_measure(attraction, params))
			room[n_gains++] = gain(attraction);
	}
	if (n_gains)
		qsort(room, n_gains, sizeof(*room), compare);
	for (size_t i = 0; i < n; i++)
		judge(&members[i].attraction, params, &total,
		      gain_of_others(&members[i].attraction, params, room,
				     n_gains));
}

void attraction_cap(const struct attraction *attraction, uint32_t floor,
		    struct policy_verdict *verdict)
{
	uint32_t capped = (uint32_t)(attraction->factor * verdict->scale);

	if (!verdict->scale || attraction->factor >= 1)
		return;
	verdict->scale = MAX(capped, MIN(floor, verdict->scale));
	if (is_notable(attraction->factor))
		verdict_add(verdict, &(struct policy_reason){
			.type = POLICY_REASON_ATTRACTS,
			.of = attraction->times,
			.factor = attraction->factor });
}
