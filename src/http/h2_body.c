/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a request: DATA frames wait in buffers until the handler reads them.
 * A stream's window opens only as its bytes are used, so that it holds no more than one window; the
 * connection's opens at once, so that one that is not read holds up no other.
 * Source: RFC 9113 §5.2, §6.9. */
#include <string.h>

#include "http/h2.h"

static struct h2_stream *stream_of(struct body_source *source)
{
	return (struct h2_stream *)((char *)source - offsetof(struct h2_stream, source));
}

static struct http_local *local_of(const struct h2_stream *s) { return s->h2->conn->server->local; }

void h2_body_add(struct h2_stream *s, str bytes)
{
	while (bytes.n) {
		struct read_buf *b = s->last;
		if (!b || b->end == b->cap) {
			b = read_buf_take(local_of(s), READ_BUF);
			*(s->last ? &s->last->next : &s->first) = b;
			s->last = b;
		}
		size_t n = bytes.n < b->cap - b->end ? bytes.n : b->cap - b->end;
		memcpy(b->bytes + b->end, bytes.p, n);
		b->end += n;
		bytes = str_sub(bytes, n, STR_NPOS);
	}
	s->asked_ms = loop_now_ms(local_of(s)->loop);
	wake(&s->arrived);
}

static void give_first(struct h2_stream *s)
{
	struct read_buf *b = s->first;
	s->first = b->next;
	if (!s->first)
		s->last = NULL;
	read_buf_give(local_of(s), &b);
}

void h2_body_drop(struct h2_stream *s)
{
	while (s->first)
		give_first(s);
}

/* The piece that was given last is used: the client may send as much again. */
static void use(struct h2_stream *s)
{
	struct read_buf *b = s->first;
	if (b && b->at == b->end && (b->next || b->end == b->cap))
		give_first(s);
	else if (b && b->at == b->end)
		b->at = b->end = 0;
	if (!s->lent || s->closed)
		return;
	(void)nghttp2_session_consume_stream(s->h2->session, s->id, s->lent);
	s->lent = 0;
	h2_soon(s->h2);
}

static void settle(struct h2_stream *s)
{
	bool more = s->first && (s->first->at < s->first->end || s->first->next);
	s->source.ended = s->in_ended && !more;
	s->source.ready = more || s->in_ended || s->closed;
}

/* The client is told to send its body when the handler first waits for it (RFC 9110 §10.1.1). */
static void say_continue(struct h2_stream *s)
{
	nghttp2_nv status = { (uint8_t *)":status", (uint8_t *)"100", 7, 3, NGHTTP2_NV_FLAG_NONE };
	if (!s->expects || s->closed)
		return;
	s->expects = false;
	(void)nghttp2_submit_headers(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NULL, &status, 1,
	                             NULL);
	h2_soon(s->h2);
}

/* Without waiting: false: nothing is there yet. */
static err take(struct h2_stream *s, str *piece, bool *there)
{
	*piece = S("");
	*there = true;
	use(s);
	if (s->first && s->first->at < s->first->end) {
		*piece = read_buf_window(s->first);
		s->first->at = s->first->end;
		s->lent = piece->n;
	} else if (!s->in_ended) {
		if (s->closed)
			return FAIL(ERR_IO);
		say_continue(s);
		*there = false;
	}
	settle(s);
	return DONE;
}

/* By when the next bytes must come. */
static deadline silence(const struct h2_stream *s)
{
	return (deadline){ s->asked_ms + s->h2->conn->server->conf.limits.io_ms };
}

static err h2_body_read(struct body_source *source, str *piece, deadline until)
{
	struct h2_stream *s = stream_of(source);
	s->asked_ms = loop_now_ms(local_of(s)->loop);
	for (bool there;;) {
		TRY(take(s, piece, &there));
		if (there)
			return DONE;
		TRY(wait_waker(&s->arrived, deadline_min(until, silence(s))));
	}
}

static err h2_body_try_read(struct body_source *source, str *piece, struct wait *w, deadline *until,
                            bool *waits)
{
	struct h2_stream *s = stream_of(source);
	bool there;
	if (!s->asked)
		s->asked_ms = loop_now_ms(local_of(s)->loop);
	TRY(take(s, piece, &there));
	*waits = s->asked = !there;
	*w = (struct wait){ .fd = -1, .waker = &s->arrived };
	*until = silence(s);
	return *waits && deadline_passed(*until) ? FAIL(ERR_TIMEOUT) : DONE;
}
static const struct body_source_type type = { h2_body_read, h2_body_try_read, NULL };

void h2_body_begin(struct h2_stream *s)
{
	struct body *b = &s->request.body;
	if (s->in_ended && !s->first && s->length < 0)
		return;
	if (s->in_ended && (!s->first || !s->first->next)) {
		*b = (struct body){ .kind = BODY_BYTES,
			            .bytes = s->first ? read_buf_window(s->first) : S("") };
		return;
	}
	s->source.type = &type;
	settle(s);
	*b = (struct body){ .kind = BODY_STREAM, .source = &s->source, .length = s->length };
}
