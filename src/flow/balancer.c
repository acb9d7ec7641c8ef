/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing a server and counting its failures.
 * A choice takes at most two looks at every server, and never a lock.
 * Source: flow/balancer.h. */
#include "flow/balancer.h"

static bool is_in(const struct balancer *b, size_t i, uint64_t tried, int64_t now_ms)
{
	const struct balanced_server *s = &b->v[i];
	return s->enabled && !s->fallback && !(tried >> i & 1) &&
	       atomic_load_explicit(&s->out_until_ms, memory_order_relaxed) <= now_ms;
}

static unsigned share(const struct balancer *b, const struct balanced_server *s)
{
	return b->algorithm == BALANCE_WEIGHTED ? s->weight : 1;
}

/* By turns: of a round as long as all shares together, each server has its own stretch. */
static struct balanced_server *by_turns(struct balancer *b, uint64_t in)
{
	uint64_t all = 0;
	for (size_t i = 0; i < b->n; i++)
		if (in >> i & 1)
			all += share(b, &b->v[i]);
	if (!all)
		return NULL;
	uint64_t place = atomic_fetch_add_explicit(&b->turn, 1, memory_order_relaxed) % all;
	for (size_t i = 0; i < b->n; i++) {
		if (!(in >> i & 1))
			continue;
		if (place < share(b, &b->v[i]))
			return &b->v[i];
		place -= share(b, &b->v[i]);
	}
	return NULL;
}

/* The first of those with the fewest, from a place that moves on, so that idle ones share too. */
static struct balanced_server *by_connections(struct balancer *b, uint64_t in)
{
	struct balanced_server *best = NULL;
	uint64_t least = UINT64_MAX;
	uint64_t from = atomic_fetch_add_explicit(&b->turn, 1, memory_order_relaxed);
	for (size_t k = 0; k < b->n; k++) {
		size_t i = (size_t)((from + k) % b->n);
		uint64_t active = atomic_load_explicit(&b->v[i].active, memory_order_relaxed);
		if ((in >> i & 1) && active < least) {
			least = active;
			best = &b->v[i];
		}
	}
	return best;
}

static struct balanced_server *fallback(struct balancer *b, uint64_t tried)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].fallback && b->v[i].enabled && !(tried >> i & 1))
			return &b->v[i];
	return NULL;
}

struct balanced_server *balancer_pick(struct balancer *b, uint64_t tried, int64_t now_ms)
{
	must(b->v);
	struct balanced_server *spare = fallback(b, tried);
	uint64_t in = 0; /* looked at once: what others learn meanwhile must not change the sum */
	for (size_t i = 0; i < b->n; i++)
		in |= (uint64_t)is_in(b, i, tried, now_ms) << i;
	struct balanced_server *s =
		b->algorithm == BALANCE_LEAST_CONNECTIONS ? by_connections(b, in) : by_turns(b, in);
	return s ? s : spare;
}

void balancer_answered(struct balanced_server *s)
{
	/* the line is shared by all loops: it is written only when there is something to forget */
	if (atomic_load_explicit(&s->failures, memory_order_relaxed))
		atomic_store_explicit(&s->failures, 0, memory_order_relaxed);
}

void balancer_failed(const struct balancer *b, struct balanced_server *s, int64_t now_ms)
{
	if (!b->max_failures || s->fallback)
		return;
	if (atomic_fetch_add_explicit(&s->failures, 1, memory_order_relaxed) + 1 < b->max_failures)
		return;
	atomic_store_explicit(&s->failures, 0, memory_order_relaxed);
	atomic_store_explicit(&s->out_until_ms, b->disable_ms ? now_ms + b->disable_ms : INT64_MAX,
	                      memory_order_relaxed);
}

void balancer_restored(struct balanced_server *s)
{
	if (!atomic_load_explicit(&s->out_until_ms, memory_order_relaxed))
		return; /* the failures of calls in between still count */
	atomic_store_explicit(&s->failures, 0, memory_order_relaxed);
	atomic_store_explicit(&s->out_until_ms, 0, memory_order_relaxed);
}
