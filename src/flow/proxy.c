/* SPDX-License-Identifier: Apache-2.0 */
/* The count of a compiled proxy's holders.
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
