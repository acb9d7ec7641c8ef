/* SPDX-License-Identifier: Apache-2.0 */
/* A client's HTTP/2 connection, and the requests on it.  Of this room only.
 * A call counts against its connection's limit until its fiber has returned, also when it was reset.
 * Source: RFC 9113; house ("the walk of a request"). */
#pragma once

#include "http/conn.h"
#include "http/h2.h"

struct h2_front {
	struct h2 h2; /* first: its end's functions cast */
	struct conn *conn;
	struct h2_call *ready, **ready_end; /* whole heads: their fibers are to be started */
	int64_t drain_ms;                   /* when it was told that the end is near */
	bool draining, goodbye;             /* the last GOAWAY is out */
};

struct h2_call {
	struct http_call call; /* first: h2_answer() casts */
	struct h2_stream stream;
	struct message request;
	struct h2_call *next_ready;
	struct fiber *fiber;

	/* the head */
	str target, scheme, authority;
	struct buf cookie;
	int64_t length; /* of the body, -1: not said */
	bool expects;
	struct interim interim;
	size_t interim_bytes;
	unsigned bad_status;
	const char *bad;
};

static inline struct h2_call *h2_call_of(struct h2_stream *s)
{
	return (struct h2_call *)((char *)s - offsetof(struct h2_call, stream));
}

static inline struct conn *h2_conn_of(const struct h2_stream *s)
{
	return ((struct h2_front *)s->h2)->conn;
}

/* h2_conn.c */
/* What came begins with the preface, or may yet: *more. */
bool h2_asked(const struct conn *, str window, bool *more);
void h2_front_begin(struct conn *);

/* h2_head.c */
bool h2_request_field(struct h2_stream *, str name, str value);
void h2_request_whole(struct h2_call *);

/* h2_stream.c */
struct h2_stream *h2_call_open(struct h2 *, int32_t id);
void h2_call_run(struct h2_call *);
void h2_call_closed(struct h2_stream *, uint32_t code);

/* h2_answer.c */
err h2_answer(struct http_call *, struct message *, deadline) MUST_CHECK;
err h2_interim(struct interim *, const struct message *, deadline) MUST_CHECK;
