/* SPDX-License-Identifier: Apache-2.0 */
/* A loop's timers: a heap of four children a node, keyed by milliseconds.
 * A key is never later than its timer: one that is moved later stays where it is and is looked at
 * again when its old time comes, so that a deadline per wait costs no heap operation.
 * Source: house (docs/why/loop.md). */
#include "rt/inside.h"

static void put(struct loop *l, size_t i, struct heap_entry e)
{
	l->heap[i] = e;
	e.timer->place = i + 1;
}

static void sift_up(struct loop *l, size_t i, struct heap_entry e)
{
	while (i > 0) {
		size_t parent = (i - 1) / 4;
		if (l->heap[parent].key_ms <= e.key_ms)
			break;
		put(l, i, l->heap[parent]);
		i = parent;
	}
	put(l, i, e);
}

static void sift_down(struct loop *l, size_t i, struct heap_entry e)
{
	for (;;) {
		size_t first = 4 * i + 1, least = first;
		if (first >= l->n_timers)
			break;
		for (size_t c = first + 1; c < first + 4 && c < l->n_timers; c++)
			if (l->heap[c].key_ms < l->heap[least].key_ms)
				least = c;
		if (e.key_ms <= l->heap[least].key_ms)
			break;
		put(l, i, l->heap[least]);
		i = least;
	}
	put(l, i, e);
}

void timer_set(struct loop *l, struct timer *t, deadline d, void (*fn)(void *), void *arg)
{
	t->fn = fn;
	t->arg = arg;
	t->at_ms = d.mono_ms;
	struct heap_entry e = { d.mono_ms, t };
	if (t->place) {
		must(t->loop == l);
		if (e.key_ms < l->heap[t->place - 1].key_ms)
			sift_up(l, t->place - 1, e);
		return;
	}
	if (d.mono_ms == INT64_MAX)
		return;
	t->loop = l;
	l->heap = rt_grow(l->heap, l->n_timers, &l->cap_timers, sizeof *l->heap);
	sift_up(l, l->n_timers++, e);
}

void timer_cancel(struct timer *t)
{
	if (!t->place)
		return;
	struct loop *l = t->loop;
	size_t i = t->place - 1;
	t->place = 0;
	struct heap_entry last = l->heap[--l->n_timers];
	if (last.timer == t)
		return;
	if (i > 0 && last.key_ms < l->heap[(i - 1) / 4].key_ms)
		sift_up(l, i, last);
	else
		sift_down(l, i, last);
}

/* Bounded by the number there is at the start: a callback that sets a timer in the past comes again
 * in the next turn, after the descriptors. */
void timers_run(struct loop *l)
{
	for (size_t left = l->n_timers; left > 0 && l->n_timers > 0; left--) {
		struct heap_entry e = l->heap[0];
		if (e.key_ms > l->now_ms)
			return;
		int64_t at = e.timer->at_ms;
		bool moved = at > e.key_ms && at < INT64_MAX;
		if (moved) { /* even if it is due by now: for the order */
			e.key_ms = at;
			sift_down(l, 0, e);
			continue;
		}
		timer_cancel(e.timer);
		if (at < INT64_MAX)
			e.timer->fn(e.timer->arg);
	}
}
