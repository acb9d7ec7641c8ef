/* SPDX-License-Identifier: Apache-2.0 */
/* Quota counters as they were a second ago, for the next start.
 * The key says whose a counter is: it is a digest that begins with organization and environment.
 * Source: house ("counters"). */
#pragma once

#include "base/vec.h"
#include "store/store.h"

struct counter_row {
	str key; /* 16 bytes */
	int64_t start_ms, expires_at_ms, used, exceeded;
	str slots; /* of a rolling window; STR_NONE: none */
};

struct counter_rows {
	struct counter_row *v;
	size_t n, cap;
};

/* Those whose window still runs at now, at most `most`. */
err counters_load(struct arena *, struct store *, int64_t now_ms, int64_t most,
                  struct counter_rows *out) MUST_CHECK;
err counters_save(struct store *, const struct counter_rows *) MUST_CHECK; /* inserts or replaces */
err counters_purge(struct store *, int64_t now_ms) MUST_CHECK; /* drops a thousand that are over */
