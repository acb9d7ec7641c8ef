/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a message that is being received, for server and client alike: framing over a sock.
 * Pieces are slices of the read buffer; what stands behind the body stays in it.
 * Source: RFC 9112 §6, §7. */
#pragma once

#include "http/h1.h"
#include "http/local.h"
#include "rt/sock.h"

struct h1_body {
	struct body_source source;
	struct http_local *local;
	struct sock *sock;
	struct read_buf **buf; /* its window: bytes behind the head, not yet used */
	struct read_buf *more; /* a second one, when the head leaves little room in the first */
	size_t base;           /* where the head ends in *buf */
	enum h1_framing framing;
	uint64_t left;
	struct h1_chunks chunks;
	struct arena *arena; /* where trailers go; NULL: they are dropped */
	struct buf trailer;
	str stash;  /* a piece that was found while looking for the end */
	bool asked; /* in vain: its silence counts since moved_ms */
	bool over;  /* the last byte of the body was received */
	err failed; /* and stays so */
	int64_t io_ms;
	int64_t moved_ms; /* when something last came, or the other direction moved */
	err (*before_wait)(struct h1_body *, deadline); /* NULL: nothing */
	void (*on_over)(struct h1_body *);              /* NULL: nothing; once */
	err (*meanwhile)(struct h1_body *, struct wait *,
	                 deadline); /* as wait() of its type; or NULL */
};

/* The head has been used up: the window begins behind it.  Fills in *body: none, what is at hand whole
 * as bytes (they live as long as the buffer), or else this stream. */
void h1_body_begin(struct h1_body *, const struct h1_head *, struct body *);

/* The buffer with the bytes that follow the body. */
struct read_buf **h1_body_buf(struct h1_body *);
