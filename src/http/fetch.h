/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way, as client.c and client_send.c see it.  Of this room only.
 * It lives in the exchange's arena and ends with it.
 * Source: house. */
#pragma once

#include "http/client.h"
#include "http/h1_body.h"
#include "http/pool.h"

struct fetch {
	struct h1_body body; /* of the answer; first: on_over() casts */
	struct arena *arena;
	struct http_local *local;
	struct origin *origin;
	struct wire *wire;
	struct read_buf *buf;
	struct http_timeouts times;
	deadline until;
	struct message *request, *response;
	struct h1_head head; /* of the answer, once head.size is not 0 */
	struct interim *interim;
	unsigned n_interim; /* 1xx answers so far */

	/* the request on its way */
	str first;                  /* its head, and a small body in memory */
	str piece;                  /* what was read last of its body */
	struct body rest;           /* what follows the piece */
	struct body_source *source; /* of the body, if it streams */
	struct iovec out[5];        /* first and piece, framed: what the kernel has yet to take */
	int n_out;
	char size[24];       /* of the chunk in out */
	bool streamed;       /* its body is a stream: what was read of it is gone */
	bool chunked, ended; /* ended: piece is the last of the body */
	int64_t left;        /* of a stream of known length */
	size_t put;          /* bytes that the kernel took */
	int64_t moved_ms;    /* when it last took some */
	bool sent;           /* all of it */
	bool tunnels;        /* rest is what the client says in its WebSocket */
	bool dropped;        /* the rest will not be sent: the target does not want it */
	enum http_failure why;
};

static inline err fetch_fail(struct fetch *f, enum http_failure why, enum err_code code)
{
	if (code != ERR_CANCELED)
		f->why = why;
	return FAIL(code);
}

static inline err fetch_io_failed(struct fetch *f, err e)
{
	return fetch_fail(f, e.code == ERR_TIMEOUT ? HTTP_READ_TIMEOUT : HTTP_UNEXPECTED_END,
	                  e.code);
}

/* For the next read or write. */
static inline deadline fetch_io(const struct fetch *f)
{
	return h1_io_deadline(f->local, f->times.io_ms, f->until);
}

/* client.c: while the request is still going out: has the answer's head come?  Does not wait for it. */
err fetch_look_for_answer(struct fetch *) MUST_CHECK;

/* client_send.c: what goes first is made ready; all goes out, or as much as can before the answer comes. */
err fetch_prepare(struct fetch *, const struct http_origin *) MUST_CHECK;
err fetch_send(struct fetch *) MUST_CHECK;
/* Beside the answer: sends on while it waits for *own, and answers DONE then, or before. */
err fetch_wait(struct fetch *, struct wait *own, deadline) MUST_CHECK;
