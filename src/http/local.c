/* SPDX-License-Identifier: Apache-2.0 */
/* The per-loop store of buffers and of the date.
 * A buffer in the pool is of the usual size; larger ones are made and freed as they are needed.
 * Source: RFC 9110 §5.6.7 for the date's form. */
#include "http/local.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "http/pool.h"

enum { MAX_POOLED = 128 };

struct http_local *local_hold(struct loop *l)
{
	void **slot = loop_slot(l, LOOP_SLOT_HTTP);
	struct http_local *h = *slot;
	if (!h) {
		h = calloc(1, sizeof *h);
		must(h);
		h->loop = l;
		h->pool = http_pool_create(h);
		*slot = h;
	}
	h->users++;
	return h;
}

void local_release(struct http_local **local)
{
	struct http_local *h = *local;
	*local = NULL;
	if (!h || --h->users || !h->drained)
		return;
	http_pool_destroy(&h->pool);
	for (struct read_buf *b; (b = h->bufs);) {
		h->bufs = b->next;
		free(b);
	}
	*loop_slot(h->loop, LOOP_SLOT_HTTP) = NULL;
	free(h);
}

void http_pool_drain(struct loop *l)
{
	if (!*loop_slot(l, LOOP_SLOT_HTTP))
		return;
	struct http_local *h = local_hold(l);
	http_pool_close_idle(h->pool);
	h->drained = true;
	local_release(&h);
}

struct read_buf *read_buf_take(struct http_local *h, size_t cap)
{
	struct read_buf *b = h->bufs;
	if (b && cap <= READ_BUF) {
		h->bufs = b->next;
		h->n_bufs--;
	} else {
		cap = cap < READ_BUF ? READ_BUF : cap;
		b = malloc(sizeof *b + cap);
		must(b);
		b->cap = cap;
	}
	b->next = NULL;
	b->at = b->end = 0;
	return b;
}

void read_buf_give(struct http_local *h, struct read_buf **buf)
{
	struct read_buf *b = *buf;
	*buf = NULL;
	if (!b)
		return;
	if (b->cap != READ_BUF || h->n_bufs >= MAX_POOLED) {
		free(b);
		return;
	}
	b->next = h->bufs;
	h->bufs = b;
	h->n_bufs++;
}

void read_buf_grow(struct http_local *h, struct read_buf **buf, size_t cap)
{
	struct read_buf *old = *buf, *b = read_buf_take(h, cap);
	memcpy(b->bytes, old->bytes, old->end);
	b->at = old->at;
	b->end = old->end;
	read_buf_give(h, buf);
	*buf = b;
}

str http_date(struct http_local *h)
{
	time_t s = (time_t)(loop_utc_ms(h->loop) / 1000);
	if (s != h->date_s) {
		struct tm tm;
		gmtime_r(&s, &tm);
		strftime(h->date, sizeof h->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		h->date_s = s;
	}
	return str_from(h->date, 29);
}
