/* SPDX-License-Identifier: Apache-2.0 */
/* The count of a compiled proxy's holders, and which statuses are a success.
 * Its arena holds all of it, the struct included, so the last one to let go frees it whole.
 * Source: house ("snapshots"). */
#include "flow/proxy.h"

#include <stdatomic.h>

void proxy_hold(const struct proxy *p)
{
	/* the count is the one part of a proxy that changes */
	atomic_fetch_add_explicit(&((struct proxy *)p)->holders, 1, memory_order_relaxed);
}

void proxy_release(const struct proxy *p)
{
	if (!p ||
	    atomic_fetch_sub_explicit(&((struct proxy *)p)->holders, 1, memory_order_acq_rel) != 1)
		return;
	struct arena *arena = p->arena;
	arena_destroy(&arena);
}

bool codes_have(const struct codes *c, unsigned status)
{
	for (size_t i = 0; i < c->n; i++)
		if (status >= c->v[i].from && status <= c->v[i].to)
			return true;
	return false;
}

bool target_succeeded(const struct target_properties *p, unsigned status)
{
	return p->success.n ? codes_have(&p->success, status) : status < 400;
}
