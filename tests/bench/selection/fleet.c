/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "fleet.h"

int fleet_init(struct fleet *fleet, u32 n, u32 connections)
{
	*fleet = (struct fleet){ .n = n, .leaves = 1 };
	while (fleet->leaves < n)
		fleet->leaves *= 2;
	fleet->servers = calloc(n, sizeof(*fleet->servers));
	fleet->ends = calloc(2 * (size_t)fleet->leaves, sizeof(*fleet->ends));
	fleet->ended = calloc(connections, sizeof(*fleet->ended));
	if (!fleet->servers || !fleet->ends || !fleet->ended) {
		fleet_free(fleet);
		return -ENOMEM;
	}
	for (u32 i = 0; i < n; i++)
		fleet->servers[i] = (struct server){ .speed = 1, .weight = 1 };
	for (u32 i = 0; i < 2 * fleet->leaves; i++)
		fleet->ends[i] = INFINITY;
	return 0;
}

void fleet_free(struct fleet *fleet)
{
	for (u32 i = 0; fleet->servers && i < fleet->n; i++)
		free(fleet->servers[i].open);
	free(fleet->servers);
	free(fleet->ends);
	free(fleet->ended);
}

static void server_advance(struct server *server, double now)
{
	if (server->active)
		server->done += (now - server->since) * server->speed /
				server->active;
	server->since = now;
}

static double server_next_end(const struct server *server)
{
	if (!server->active)
		return INFINITY;
	return server->since + (server->open[0].end - server->done) *
			       server->active / server->speed;
}

static void fleet_update(struct fleet *fleet, const struct server *server)
{
	u32 i = fleet->leaves + (u32)(server - fleet->servers);

	fleet->ends[i] = server_next_end(server);
	for (i /= 2; i; i /= 2)
		fleet->ends[i] = fmin(fleet->ends[2 * i],
				      fleet->ends[2 * i + 1]);
}

static int server_make_room(struct server *server)
{
	size_t room = server->room ? 2 * server->room : 64;
	struct connection *open;

	if ((size_t)server->active < server->room)
		return 0;
	open = realloc(server->open, room * sizeof(*open));
	if (!open)
		return -ENOMEM;
	server->open = open;
	server->room = room;
	return 0;
}

static void server_push(struct server *server, struct connection connection)
{
	struct connection *open = server->open;
	s32 i = server->active++;

	for (; i && open[(i - 1) / 2].end > connection.end; i = (i - 1) / 2)
		open[i] = open[(i - 1) / 2];
	open[i] = connection;
}

static struct connection server_pop(struct server *server)
{
	struct connection *open = server->open;
	struct connection first = open[0];
	struct connection last = open[--server->active];
	s32 i = 0;

	for (;;) {
		s32 child = 2 * i + 1;

		if (child + 1 < server->active &&
		    open[child + 1].end < open[child].end)
			child++;
		if (child >= server->active || open[child].end >= last.end)
			break;
		open[i] = open[child];
		i = child;
	}
	open[i] = last;
	return first;
}

int fleet_open(struct fleet *fleet, struct server *server, double now,
	       double work, u32 number)
{
	int ret = server_make_room(server);

	if (ret)
		return ret;
	server_advance(server, now);
	server_push(server, (struct connection){
		.end = server->done + work,
		.number = number,
	});
	fleet_update(fleet, server);
	return 0;
}

double fleet_next_end(const struct fleet *fleet)
{
	return fleet->ends[1];
}

/* The leaf that has the root's end. */
static struct server *fleet_next_server(const struct fleet *fleet)
{
	u32 i = 1;

	while (i < fleet->leaves) {
		i *= 2;
		i += fleet->ends[i + 1] < fleet->ends[i];
	}
	return &fleet->servers[i - fleet->leaves];
}

u32 fleet_close(struct fleet *fleet)
{
	struct server *server = fleet_next_server(fleet);
	double now = fleet_next_end(fleet);
	struct connection connection;

	server_advance(server, now);
	connection = server_pop(server);
	server->inactive++;
	fleet->ended[fleet->n_ended++] = (struct ended){ now, server };
	fleet_update(fleet, server);
	return connection.number;
}

void fleet_forget(struct fleet *fleet, double now)
{
	while (fleet->n_forgotten < fleet->n_ended) {
		const struct ended *ended = &fleet->ended[fleet->n_forgotten];

		if (ended->at > now - TIME_WAIT)
			break;
		ended->server->inactive--;
		fleet->n_forgotten++;
	}
}
