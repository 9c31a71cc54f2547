/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Servers, each of which shares its speed equally among its connections, and
 * what a director counts of these.
 */
#ifndef SELECTION_FLEET_H
#define SELECTION_FLEET_H

#include <linux/types.h>

/* How long a connection that has ended is inactive: 2 minutes of 100 ms. */
#define TIME_WAIT 1200.0

/**
 * struct server
 * @speed: the work that it does in a unit of time
 * @weight: what the director believes of that
 * @active: its connections
 * @inactive: those that ended within TIME_WAIT
 * @done: the work that was done for a connection that was always there
 * @since: the time of that
 * @open: its connections, a heap by when they end
 * @room: for how many there is memory
 */
struct server {
	double speed;
	s64 weight;
	s32 active;
	s32 inactive;
	double done;
	double since;
	struct connection {
		double end;	/* when that much is done */
		u32 number;
	} *open;
	size_t room;
};

/**
 * struct fleet
 * @n: number of servers
 * @servers: the servers
 * @leaves: the power of two from which on the servers are in @ends
 * @ends: when the next connection ends, of each server, and above two nodes
 *	the earlier of theirs; the root is 1
 * @ended: all that have ended, in this order
 * @n_ended: how many
 * @n_forgotten: how many of these were inactive for long enough
 */
struct fleet {
	u32 n;
	struct server *servers;
	u32 leaves;
	double *ends;
	struct ended {
		double at;
		struct server *server;
	} *ended;
	u32 n_ended;
	u32 n_forgotten;
};

/**
 * fleet_init - make servers, of speed and weight 1
 * @fleet: the fleet
 * @n: how many servers
 * @connections: how many connections there will be at most
 *
 * Return: 0, or -ENOMEM.
 */
int fleet_init(struct fleet *fleet, u32 n, u32 connections);
void fleet_free(struct fleet *fleet);

/**
 * fleet_open - give a server a connection
 * @fleet: the fleet
 * @server: one of its servers
 * @now: the time, which must not be after the next end
 * @work: of the connection
 * @number: of the connection
 *
 * Return: 0, or -ENOMEM.
 */
int fleet_open(struct fleet *fleet, struct server *server, double now,
	       double work, u32 number);

/* When the next connection ends, or INFINITY. */
double fleet_next_end(const struct fleet *fleet);

/* End it. Returns its number. */
u32 fleet_close(struct fleet *fleet);

/* Forget connections that have been inactive for long enough. */
void fleet_forget(struct fleet *fleet, double now);

#endif
