/* SPDX-License-Identifier: Apache-2.0 */
/* A body that comes: DATA frames wait in buffers until somebody reads them.
 * A stream's window opens only as its bytes are used, so that it holds no more than one window; the
 * connection's opens at once, so that one that is not read holds up no other.
 * Source: RFC 9113 §5.2, §6.9. */
#include <string.h>

#include "http/h2.h"
#include "http/trailers.h"

static struct h2_stream *stream_of(struct body_source *source)
{
	return (struct h2_stream *)((char *)source - offsetof(struct h2_stream, source));
}

static struct http_local *local_of(const struct h2_stream *s) { return s->h2->local; }
static int64_t now(const struct h2_stream *s) { return loop_now_ms(local_of(s)->loop); }

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
	s->asked_ms = now(s);
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
	void (*over)(struct h2_stream *) = s->over;
	s->source.ended = s->in_ended && !more;
	s->source.ready = more || s->in_ended || s->closed;
	if (!s->source.ended || !over)
		return;
	s->over = NULL;
	over(s);
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
		if (s->before_wait)
			s->before_wait(s);
		*there = false;
	}
	settle(s);
	return DONE;
}

/* By when the next bytes must come. */
static deadline silence(const struct h2_stream *s) { return (deadline){ s->asked_ms + s->io_ms }; }

static err wait_for_more(struct h2_stream *s, deadline until)
{
	struct wait w = { .fd = -1, .waker = &s->arrived };
	deadline by = deadline_min(until, silence(s));
	err e = s->meanwhile ? s->meanwhile(s, &w, by) : wait_any(&w, 1, by);
	/* While the other direction moves, this one may be quiet. */
	bool later =
		e.code == ERR_TIMEOUT && !deadline_passed(until) && !deadline_passed(silence(s));
	return later ? DONE : e;
}

static err h2_body_read(struct body_source *source, str *piece, deadline until)
{
	struct h2_stream *s = stream_of(source);
	s->asked_ms = now(s);
	for (bool there;;) {
		TRY(take(s, piece, &there));
		if (there)
			return DONE;
		TRY(wait_for_more(s, until));
	}
}

static err h2_body_try_read(struct body_source *source, str *piece, struct wait *w, deadline *until,
                            bool *waits)
{
	struct h2_stream *s = stream_of(source);
	bool there;
	if (!s->asked)
		s->asked_ms = now(s);
	TRY(take(s, piece, &there));
	*waits = s->asked = !there;
	*w = (struct wait){ .fd = -1, .waker = &s->arrived };
	*until = silence(s);
	return *waits && deadline_passed(*until) ? FAIL(ERR_TIMEOUT) : DONE;
}

static err h2_body_wait(struct body_source *source, struct wait *w, deadline until)
{
	struct h2_stream *s = stream_of(source);
	return s->meanwhile ? s->meanwhile(s, w, until) : wait_any(w, 1, until);
}
static const struct body_source_type type = { h2_body_read, h2_body_try_read, h2_body_wait };

bool h2_body_trailer(struct h2_stream *s, str name, str value, size_t limit)
{
	s->head_bytes += name.n + value.n;
	if (s->head_bytes > limit || !header_value_ok(value))
		return false;
	if (trailer_ok(name))
		headers_add(s->arena, &s->source.trailers, str_dup(s->arena, name),
		            str_dup(s->arena, value));
	return true;
}

/* What is there whole is bytes, unless trailers follow: only a stream carries them. */
void h2_body_begin(struct h2_stream *s, int64_t length, struct body *b)
{
	bool whole = s->in_ended && !s->source.trailers.n && (!s->first || !s->first->next);
	s->source.type = &type;
	if (whole && !s->first && length < 0)
		*b = (struct body){ .kind = BODY_NONE };
	else if (whole)
		*b = (struct body){ .kind = BODY_BYTES,
			            .bytes = s->first ? read_buf_window(s->first) : S("") };
	else
		*b = (struct body){ .kind = BODY_STREAM, .source = &s->source, .length = length };
	if (whole && s->first)
		s->first->at = s->first->end;
	settle(s);
}
