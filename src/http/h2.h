/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/2 connection and its streams, as the h2_ files see them.  Of this room only.
 * nghttp2 is fed and emptied by the loop and never waits; a fiber starts, and a connection ends, only
 * when nghttp2 has returned.
 * Source: RFC 9113; house ("waiting"). */
#pragma once

#include <nghttp2/nghttp2.h>

#include "http/conn.h"

struct h2 {
	struct conn *conn;
	nghttp2_session *session;
	struct h2_stream
		*streams; /* of those that nghttp2 has closed the ones whose fiber still runs */
	struct h2_stream *ready, **ready_end; /* whole heads: their fibers are to be started */
	unsigned n_streams;                   /* in streams */
	struct read_buf *out;                 /* NULL while there is nothing in it */
	str pending;                          /* of nghttp2: a frame that did not fit into out */
	struct timer turn;
	int64_t calm, calm_ms;  /* h2_flood.c: what is left of the allowance, and as of when */
	int64_t head_ms;        /* since when a head is on its way */
	int64_t idle_ms;        /* since when no stream is open */
	int64_t moved_ms;       /* when the peer last took bytes */
	int64_t drain_ms;       /* when it was told that the end is near */
	bool in_head, dead;     /* dead: it ends with its last fiber */
	bool busy;              /* in the loop's own code, which settles everything at its end */
	bool draining, goodbye; /* the last GOAWAY is out */
};

struct h2_stream {             /* in its exchange's arena, like all it points to */
	struct http_call call; /* first: h2_answer() casts */
	struct message request;
	struct h2 *h2;
	struct h2_stream *prev, *next, *next_ready;
	struct fiber *fiber;
	struct waker arrived, went; /* bytes; both: it is closed */
	int32_t id;
	bool whole;  /* the head */
	bool closed; /* by nghttp2 */

	/* the head */
	size_t head_bytes;
	str target, scheme, authority;
	struct buf cookie;
	int64_t length; /* of the body, -1: not said */
	bool expects;
	struct interim interim;
	size_t interim_bytes;
	unsigned bad_status;
	const char *bad;

	/* the request's body: what was received and is not yet read */
	struct body_source source;
	struct read_buf *first, *last;
	size_t lent;      /* bytes of the piece that was given last: its window is still closed */
	int64_t asked_ms; /* since when it is asked for bytes in vain, or they last came */
	bool asked, in_ended;

	/* the answer */
	str piece;      /* of the body, not yet in a frame */
	bool final;     /* nothing follows piece */
	bool submitted; /* the head, at least */
	bool out_ended; /* END_STREAM has been sent */
};

/* h2_conn.c */
bool h2_asked(const struct conn *, str window,
              bool *more); /* begins with the preface, or may yet */
void h2_begin(struct conn *);
void h2_ready(struct conn *);
void h2_time_up(struct conn *);
void h2_drain(struct conn *);
void h2_cancel(struct conn *); /* its server ends */
void h2_soon(struct h2 *);     /* what nghttp2 has to say goes out, now or at the next turn */
void h2_pong(struct h2 *);
void h2_dead(struct h2 *);
void h2_free(struct h2 **);

/* h2_out.c: false: the connection is broken */
bool h2_pump(struct h2 *);

/* h2_frames.c */
void h2_session_new(struct h2 *);

/* h2_flood.c */
void h2_calm_begin(struct h2 *);
void h2_charge(struct h2 *, const nghttp2_frame_hd *); /* a frame that came */
void h2_credit(struct h2 *, size_t data, bool whole);  /* DATA that went */

/* h2_head.c */
void h2_field(struct h2_stream *, str name, str value);
void h2_head_whole(struct h2_stream *);
void h2_bad(struct h2_stream *, unsigned status, const char *what);

/* h2_body.c */
void h2_body_add(struct h2_stream *, str bytes);
void h2_body_begin(struct h2_stream *);
void h2_body_drop(struct h2_stream *);

/* h2_stream.c */
struct h2_stream *h2_stream_open(struct h2 *, int32_t id);
void h2_stream_drop(struct h2_stream *); /* one without a fiber */
void h2_stream_run(struct h2_stream *);
void h2_stream_cancel(struct h2_stream *);

/* h2_answer.c */
err h2_answer(struct http_call *, struct message *, deadline) MUST_CHECK;
err h2_interim(struct interim *, const struct message *, deadline) MUST_CHECK;
