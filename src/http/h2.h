/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/2 connection and its streams, at either end of it.  Of this room only.
 * nghttp2 is fed and emptied by the loop and never waits; a fiber starts, and a connection ends, only
 * when nghttp2 has returned.
 * Source: RFC 9113; house ("waiting"). */
#pragma once

#include <nghttp2/nghttp2.h>

#include "http/local.h"
#include "http/message.h"
#include "rt/sock.h"

struct h2;
struct h2_stream;

struct h2_end { /* what a server's end and a client's do each in its own way */
	struct h2_stream *(*opened)(struct h2 *, int32_t id);   /* by the peer; NULL: refuse it */
	bool (*field)(struct h2_stream *, str name, str value); /* false: reset it */
	void (*head)(struct h2_stream *);
	void (*closed)(struct h2_stream *, uint32_t code);
	void (*frame)(struct h2 *, const nghttp2_frame_hd *);
	void (*fed)(struct h2 *);    /* nghttp2 has returned */
	void (*settle)(struct h2 *); /* the clock, or the end; called last: h may be gone */
};

struct h2 {
	const struct h2_end *end;
	struct http_local *local;
	struct sock *sock;
	nghttp2_session *session;
	struct h2_stream
		*streams;     /* of those that nghttp2 has closed the ones whose fiber still runs */
	unsigned n_streams;   /* in streams */
	struct read_buf *out; /* NULL while there is nothing in it */
	str pending;          /* of nghttp2: a frame that did not fit into out */
	struct timer turn;
	int64_t calm, calm_ms;     /* h2_flood.c: what is left of the allowance, and as of when */
	uint8_t frame_head[9];     /* of the frame that is being counted, as far as it came */
	size_t frame_got, payload; /* how far; what is still to come of the frame's payload */
	bool flooded;
	int64_t head_ms;    /* since when a head is on its way */
	size_t head_bytes;  /* of it, decoded */
	int64_t idle_ms;    /* since when no stream is open */
	int64_t heard_ms;   /* when the peer last said something */
	int64_t moved_ms;   /* when the peer last took bytes */
	bool in_head, dead; /* dead: it ends with its last stream */
	bool busy;          /* in the loop's own code, which settles everything at its end */
};

struct h2_stream { /* in its exchange's arena, like all it points to */
	struct h2 *h2;
	struct h2_stream *prev, *next;
	struct arena *arena;
	struct waker arrived, went; /* bytes; both: it is closed */
	int32_t id;
	bool whole;     /* the head that came */
	bool closed;    /* by nghttp2 */
	bool malformed; /* what came on it */
	size_t head_bytes;
	int64_t io_ms;

	/* the body that comes: what was received and is not yet read */
	struct body_source source;
	struct read_buf *first, *last;
	size_t lent;      /* bytes of the piece that was given last: its window is still closed */
	int64_t asked_ms; /* since when it is asked for bytes in vain, or they last came */
	bool asked, in_ended;
	void (*before_wait)(struct h2_stream *); /* NULL: nothing */
	err (*meanwhile)(struct h2_stream *, struct wait *,
	                 deadline);       /* as wait() of its type; or NULL */
	void (*over)(struct h2_stream *); /* its last byte is used; NULL: nothing; once */

	/* the body that goes */
	str piece;                      /* not yet in a frame */
	const struct headers *trailers; /* behind the last piece; NULL: none */
	bool final;                     /* nothing follows piece */
	bool submitted;                 /* the head, at least */
	bool out_ended;                 /* END_STREAM has been sent */
	uint64_t bytes_out;
};

/* h2_link.c */
void h2_begin(struct h2 *, const struct h2_end *, struct http_local *, struct sock *);
void h2_finish(struct h2 *);
void h2_feed(struct h2 *, str bytes);
void h2_work(struct h2 *); /* reads and writes what can be; h may be gone */
void h2_soon(struct h2 *); /* what nghttp2 has to say goes out, now or at the next turn */
void h2_dead(struct h2 *, uint32_t code); /* nobody listens any more */
void h2_turn(struct h2 *);                /* work at the next turn */
void h2_add_stream(struct h2 *, struct h2_stream *);
void h2_remove_stream(struct h2_stream *);

/* h2_out.c: false: the connection is broken */
bool h2_pump(struct h2 *);

/* h2_frames.c */
void h2_session_new(struct h2 *, bool server);

/* h2_flood.c */
void h2_calm_begin(struct h2 *);
void h2_count(struct h2 *, str bytes);            /* the frames that come in them */
void h2_charge_reset(struct h2 *, uint32_t code); /* of a stream, by us */
/* A head or DATA that went; whole: all that there was, not what a tiny window let through. */
void h2_credit(struct h2 *, size_t data, bool whole);
bool h2_bears(struct h2 *,
              ssize_t received); /* what nghttp2 said to it; false: the connection ends */

/* h2_body.c: what comes */
void h2_body_add(struct h2_stream *, str bytes);
bool h2_body_trailer(struct h2_stream *, str name, str value, size_t limit); /* false: too much */
void h2_body_begin(struct h2_stream *, int64_t length, struct body *);
void h2_body_drop(struct h2_stream *);

/* h2_put.c: what goes */
struct h2_fields {
	struct arena *arena;
	nghttp2_nv *v;
	size_t n;
};
struct h2_fields h2_fields(struct arena *, size_t room);
void h2_field_add(struct h2_fields *, str name, str value);
err h2_fields_add(struct h2_fields *, const struct headers *) MUST_CHECK;
nghttp2_data_provider h2_provider(void);
/* The next piece of the body; last: nothing but the trailers (NULL: none) follows it. */
void h2_put(struct h2_stream *, str piece, bool last, const struct headers *trailers);
static inline bool h2_gone(const struct h2_stream *s) /* what was put is in frames */
{
	return s->out_ended || (!s->final && s->piece.n == 0);
}
