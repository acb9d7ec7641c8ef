/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way, as client.c and client_send.c see it.  Of this room only.
 * It lives in the exchange's arena and ends with it.
 * Source: house. */
#pragma once

#include "http/client.h"
#include "http/h1_body.h"
#include "http/pool.h"

struct fetch;
struct h2_ask;
struct fetch_way { /* a wire of HTTP/1.1, or a stream of HTTP/2 among others */
	err (*head)(struct fetch *, const struct http_origin *); /* before anything else */
	void (*frame)(struct fetch *, bool first); /* the piece, and its end, become n_out */
	err (*put)(struct fetch *, bool *moved);   /* as much of that as goes now */
	struct wait (*writable)(struct fetch *), (*readable)(struct fetch *);
	err (*look)(struct fetch *); /* has the answer's head come?  Never waits */
	err (*read_head)(struct fetch *);
	void (*answer)(struct fetch *); /* its body begins */
	void (*end)(struct fetch *);
	struct sock *(*sock)(const struct fetch *);
};

struct fetch {
	struct h1_body body; /* of the answer; first: on_over() casts */
	struct arena *arena;
	struct http_local *local;
	struct origin *origin;
	const struct fetch_way *way; /* NULL: none yet, or no more */
	struct wire *wire;           /* HTTP/1.1 */
	struct h2_ask *ask;          /* HTTP/2 */
	struct read_buf *buf;
	struct http_timeouts times;
	deadline until;
	struct message *request, *response;
	bool answered;       /* the answer's head has come */
	struct h1_head head; /* of it, HTTP/1.1 */
	struct interim *interim;
	unsigned n_interim; /* 1xx answers so far */
	bool http10;

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
	int64_t length;      /* of a stream, -1: unknown */
	int64_t left;        /* of it */
	size_t put;          /* bytes that the kernel took */
	int64_t moved_ms;    /* when it last took some */
	bool sent;           /* all of it */
	bool tunnels;        /* rest is what the client says in its WebSocket */
	bool joined;         /* first holds the body, too */
	bool dropped;        /* the rest will not be sent: the target does not want it */
	bool reused;         /* the connection has served others */
	bool unseen;         /* the target said that it did not look at the request */
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
	return http_io_deadline(f->local, f->times.io_ms, f->until);
}

/* client.c */
extern const struct fetch_way h1_way;
err fetch_pass_on(struct fetch *, const struct message *interim) MUST_CHECK;
/* Does not wait for it. */
err fetch_look_for_answer(struct fetch *) MUST_CHECK;

/* client_send.c: HTTP/1.1's framing */
err h1_ask_head(struct fetch *, const struct http_origin *) MUST_CHECK;
void h1_ask_frame(struct fetch *, bool first);
err h1_ask_put(struct fetch *, bool *moved) MUST_CHECK;
/* what is at hand of the body is read; all goes out, or as much as can before the answer comes. */
err fetch_prepare(struct fetch *) MUST_CHECK;
err fetch_send(struct fetch *) MUST_CHECK;
/* Beside the answer: sends on while it waits for *own, and answers DONE then, or before. */
err fetch_wait(struct fetch *, struct wait *own, deadline) MUST_CHECK;
str fetch_host(struct fetch *, const struct http_origin *); /* STR_NONE: as the message says */
int64_t fetch_length(const struct fetch *);                 /* of the body; -1: not said */
