/* SPDX-License-Identifier: Apache-2.0 */
/* What this room keeps per loop: read buffers, target connections, the date.
 * It lives from its first use until http_pool_drain() and its last user, whichever comes later.
 * Source: house. */
#pragma once

#include "base/str.h"
#include "rt/loop.h"

enum { READ_BUF = 16 * 1024 };

struct read_buf {
	struct read_buf *next; /* in the pool */
	size_t cap;
	size_t at, end; /* bytes [at, end) were received and not yet used */
	char bytes[];
};

struct http_pool; /* pool.h */

struct http_local {
	struct loop *loop;
	struct read_buf *bufs;
	unsigned n_bufs;
	unsigned users;
	bool drained;
	int64_t date_s;
	char date[32];
	struct http_pool *pool;
};

struct http_local *local_hold(struct loop *);
void local_release(struct http_local **);

/* Of at least cap bytes; the usual size comes from the pool. */
struct read_buf *read_buf_take(struct http_local *, size_t cap);
void read_buf_give(struct http_local *, struct read_buf **);
/* A larger one with the same bytes in the same places. */
void read_buf_grow(struct http_local *, struct read_buf **, size_t cap);
static inline str read_buf_window(const struct read_buf *b)
{
	return str_from(b->bytes + b->at, b->end - b->at);
}

str http_date(struct http_local *); /* for the Date header; valid until the next second's */

/* A deadline for one read or write. */
static inline deadline http_io_deadline(const struct http_local *h, int64_t io_ms, deadline until)
{
	return deadline_min(until, (deadline){ loop_now_ms(h->loop) + io_ms });
}
