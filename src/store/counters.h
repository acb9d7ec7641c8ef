/* SPDX-License-Identifier: Apache-2.0 */
/* Quota counters as they were a second ago: what a start begins with, and where several processes meet.
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
/* Adds what was counted since the last time: in one transaction each row is read, add()ed to and written, so that
 * processes that count the same count together.  *totals: the rows as they stand then, in the order of more.  A row
 * that was not there begins as more's window with nothing in it.  add() may run on another thread, and anew. */
typedef void counter_adder(struct arena *, struct counter_row *total,
                           const struct counter_row *more);
err counters_add(struct arena *, struct store *, const struct counter_rows *more, counter_adder *,
                 struct counter_rows *totals) MUST_CHECK;
/* Drops up to a thousand that are over; *gone 0: nothing left to do. */
err counters_purge(struct store *, int64_t now_ms, int64_t *gone) MUST_CHECK;
