/* SPDX-License-Identifier: Apache-2.0 */
/* A pool of connections per loop, and one without bound for plain threads.
 * A connection serves one transaction at a time and never leaves its loop.
 * Source: house. */
#pragma once

#include <pthread.h>

#include "store/pg_conn.h"

struct pg_pool {
	struct arena *arena;
	const char *url;
	unsigned max; /* connections a loop */

	pthread_mutex_t lock;          /* guards what follows, and the arena */
	struct pg_conn *idle, *unused; /* unused: not connected */
	struct pg_turn *turns;         /* in order */
	struct pg_loop *loops;
};

void pg_pool_init(struct pg_pool *, struct arena *, const char *url, unsigned max);
void pg_pool_finish(struct pg_pool *); /* all are given back */

/* A connection of this loop's, connected; waits its turn.  ERR_LIMIT: it did not come; ERR_STORE. */
err pg_pool_take(struct pg_pool *, struct pg_conn **) MUST_CHECK;
void pg_pool_give(struct pg_pool *, struct pg_conn *);
