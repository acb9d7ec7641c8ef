/* SPDX-License-Identifier: Apache-2.0 */
/* How counters of several processes become one: each brings what it counted since it last did, and takes the sum.
 * Nothing is counted twice: what is handed in is no longer unsaved, and comes back if it was not saved.
 * Source: house ("counters"). */
#include <string.h>

#include "policy/counters_inside.h"
#include "store/counters.h"

enum { BYTES = COUNTER_SLOTS * sizeof(uint64_t) };

static bool is_rolling(const struct counter_row *r) { return r->slots.n == BYTES; }

/* What the row has in the slot of this number; 0: outside of its window. */
static uint64_t slot_of(const struct counter_row *r, int64_t slot)
{
	uint64_t n = 0;
	if (is_rolling(r) && slot >= 0 && slot <= r->start_ms && slot > r->start_ms - COUNTER_SLOTS)
		memcpy(&n, r->slots.p + slot % COUNTER_SLOTS * (int64_t)sizeof n, sizeof n);
	return n;
}

static void add_window(struct counter_row *t, const struct counter_row *m)
{
	int64_t length = m->expires_at_ms - m->start_ms;
	bool from_future = t->start_ms - m->expires_at_ms >= length; /* a clock that was wrong */
	if (t->expires_at_ms <= m->start_ms || from_future) {
		*t = *m;
		return;
	}
	if (t->start_ms >= m->expires_at_ms) /* what was counted then is over */
		return;
	if (m->start_ms < t->start_ms) {
		t->start_ms = m->start_ms;
		t->expires_at_ms = m->expires_at_ms;
	}
	t->used += m->used;
	t->exceeded += m->exceeded;
}

static void add_rolling(struct arena *a, struct counter_row *t, const struct counter_row *m)
{
	int64_t apart = m->start_ms - t->start_ms;
	if (!is_rolling(t) || apart >= COUNTER_SLOTS || apart <= -COUNTER_SLOTS) {
		*t = *m;
		return;
	}
	struct counter_row sum = apart > 0 ? *m : *t;
	uint64_t slots[COUNTER_SLOTS] = { 0 };
	sum.used = 0;
	sum.exceeded = t->exceeded + m->exceeded;
	for (int64_t s = sum.start_ms; s >= 0 && s > sum.start_ms - COUNTER_SLOTS; s--) {
		slots[s % COUNTER_SLOTS] = slot_of(t, s) + slot_of(m, s);
		sum.used += (int64_t)slots[s % COUNTER_SLOTS];
	}
	sum.slots = str_dup(a, str_from((const char *)slots, sizeof slots));
	*t = sum;
}

void counter_add(struct arena *a, struct counter_row *total, const struct counter_row *more)
{
	if (is_rolling(more))
		add_rolling(a, total, more);
	else
		add_window(total, more);
}

void counter_take_unsaved(struct arena *a, struct counter *c, struct counter_row *more)
{
	*more = (struct counter_row){
		.key = str_dup(a, str_from((const char *)c->key.bytes, sizeof c->key.bytes)),
		.start_ms = c->start_ms,
		.expires_at_ms = c->expires_at_ms,
		.used = (int64_t)c->unsaved,
		.exceeded = (int64_t)c->exceeded_unsaved,
		.slots = STR_NONE,
	};
	c->unsaved = c->exceeded_unsaved = 0;
	if (!c->slots)
		return;
	more->slots = str_dup(a, str_from((const char *)c->slots->unsaved, BYTES));
	memset(c->slots->unsaved, 0, BYTES);
}

static bool is_same_window(const struct counter *c, const struct counter_row *r)
{
	return r->expires_at_ms > c->start_ms && r->start_ms < c->expires_at_ms;
}

void counter_give_back(struct counter *c, const struct counter_row *more)
{
	if (!c->slots && !is_same_window(c, more))
		return;
	c->unsaved += (uint64_t)more->used;
	c->exceeded_unsaved += (uint64_t)more->exceeded;
	for (int64_t s = c->start_ms; c->slots && s >= 0 && s > c->start_ms - COUNTER_SLOTS; s--)
		c->slots->unsaved[s % COUNTER_SLOTS] += slot_of(more, s);
}

/* used of a rolling window is added up when it is asked for. */
void counter_adopt(struct counter *c, const struct counter_row *total)
{
	if (!c->slots && !is_same_window(c, total))
		return;
	c->exceeded = (uint64_t)total->exceeded + c->exceeded_unsaved;
	if (!c->slots) {
		c->start_ms = total->start_ms;
		c->expires_at_ms = total->expires_at_ms;
		c->used = (uint64_t)total->used + c->unsaved;
		return;
	}
	for (int64_t s = c->start_ms; s >= 0 && s > c->start_ms - COUNTER_SLOTS; s--)
		c->slots->used[s % COUNTER_SLOTS] =
			slot_of(total, s) + c->slots->unsaved[s % COUNTER_SLOTS];
}
