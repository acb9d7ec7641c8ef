/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of streams: the head is submitted, and nghttp2 pulls the body out of the piece at hand.
 * The next piece is asked for when the last one is in frames: the client's windows set the pace.
 * Source: RFC 9113 §8.1, §8.2.2; RFC 9110 §8.6, §9.3.2, §15.4.5. */
#include <string.h>

#include "http/h1_class.h"
#include "http/h2.h"

/* A body in memory goes by slices; who does not take a pace of one in the time of a write is given up. */
enum { SLICE = 64 * 1024, PACE = 16 * 1024, INTERIM = 16 * 1024 };

struct fields {
	struct arena *arena;
	nghttp2_nv *v;
	size_t n;
};

static void add(struct fields *f, str name, str value)
{
	f->v[f->n++] = (nghttp2_nv){ (uint8_t *)name.p, (uint8_t *)(value.n ? value.p : ""), name.n,
		                     value.n, NGHTTP2_NV_FLAG_NONE };
}

/* RFC 9113 §8.2.1: no control characters, no white space at the ends. */
static str clean(struct arena *a, str value)
{
	value = str_trim(value);
	size_t ok = h1_value_span(value);
	if (ok == value.n)
		return value;
	char *p = arena_alloc(a, value.n, 1);
	memcpy(p, value.p, value.n);
	for (size_t i = ok; i < value.n; i++)
		if (!h1_is(p[i], H1_VALUE))
			p[i] = ' ';
	return str_trim(str_from(p, value.n));
}

static err add_all(struct fields *f, const struct headers *h)
{
	for (size_t i = 0; i < h->n; i++) {
		if (h1_of_connection(h->v[i].name)) /* RFC 9113 §8.2.2 */
			continue;
		if (!header_name_ok(h->v[i].name))
			return FAIL(ERR_SYNTAX);
		add(f, str_lower(f->arena, h->v[i].name), clean(f->arena, h->v[i].value));
	}
	return DONE;
}

static bool is_bodiless(const struct h2_stream *s, const struct message *m)
{
	return str_eq(s->request.verb, S("HEAD")) || m->status == 204 || m->status == 304;
}

static err head(struct h2_stream *s, const struct message *m, struct fields *f)
{
	struct arena *a = s->call.arena;
	int64_t length = answer_length(m, is_bodiless(s, m));
	if (m->status < 200 || m->status > 999)
		return FAIL(ERR_SYNTAX);
	*f = (struct fields){ .arena = a, .v = arena_array(a, nghttp2_nv, m->headers.n + 3) };
	add(f, S(":status"), str_fmt(a, "%u", m->status));
	TRY(add_all(f, &m->headers));
	if (length >= 0)
		add(f, S("content-length"), str_fmt(a, "%lld", (long long)length));
	if (!str_given(headers_get(&m->headers, S("Date"))))
		add(f, S("date"), http_date(s->h2->conn->server->local));
	return DONE;
}

/* nghttp2 asks for the next DATA frame's bytes. */
/* NOLINTNEXTLINE(readability-function-size): its parameters are nghttp2's */
static ssize_t read_piece(nghttp2_session *session, int32_t id, uint8_t *buf, size_t n,
                          uint32_t *flags, nghttp2_data_source *source, void *h2)
{
	struct h2_stream *s = nghttp2_session_get_stream_user_data(session, id);
	(void)source;
	if (!s) /* its fiber has gone in the middle of it */
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (s->piece.n == 0 && !s->final)
		return NGHTTP2_ERR_DEFERRED;
	if (n > s->piece.n)
		n = s->piece.n;
	if (n)
		memcpy(buf, s->piece.p, n);
	s->piece = str_sub(s->piece, n, STR_NPOS);
	h2_credit(h2, n, s->piece.n == 0);
	if (s->piece.n == 0 && s->final)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	else if (s->piece.n == 0)
		wake(&s->went);
	return (ssize_t)n;
}

struct out {
	struct h2_stream *s;
	struct fields *fields;
	struct body_source *source; /* of the body, if it streams */
	bool bodiless;
	deadline until;
};

static err submit(struct out *o)
{
	struct h2_stream *s = o->s;
	nghttp2_session *session = s->h2->session;
	nghttp2_data_provider provider = { .read_callback = read_piece };
	if (s->submitted) {
		(void)nghttp2_session_resume_data(session, s->id); /* it may be under way */
		return DONE;
	}
	if (nghttp2_submit_response(session, s->id, o->fields->v, o->fields->n,
	                            o->bodiless ? NULL : &provider))
		return FAIL(ERR_IO);
	s->submitted = s->call.answered = true;
	return DONE;
}

static deadline io_deadline(const struct out *o)
{
	const struct http_server *server = o->s->h2->conn->server;
	return h1_io_deadline(server->local, server->conf.limits.io_ms, o->until);
}

/* Until the piece is in frames, and with the last one the stream's end is sent.  While the client is
 * waited for, the rest of the request goes on to the target. */
static err wait_until_gone(struct out *o)
{
	struct h2_stream *s = o->s;
	deadline d = io_deadline(o);
	size_t before = s->piece.n;
	while (!s->out_ended && (s->final || s->piece.n)) {
		struct wait w = { .fd = -1, .waker = &s->went };
		if (s->closed)
			return FAIL(ERR_CANCELED);
		err e = body_wait(o->source, &w, d);
		bool paced = before - s->piece.n >= PACE;
		if (e.code && (e.code != ERR_TIMEOUT || !paced || deadline_passed(o->until)))
			return e;
		if (paced) {
			before = s->piece.n;
			d = io_deadline(o);
		}
	}
	return DONE;
}

static err put_slice(struct out *o, str piece, bool last)
{
	struct h2_stream *s = o->s;
	if (s->closed)
		return FAIL(ERR_CANCELED);
	s->piece = piece;
	s->final = last;
	TRY(submit(o));
	h2_soon(s->h2);
	return wait_until_gone(o);
}

static err put(struct out *o, str piece, bool last)
{
	do {
		str slice = str_sub(piece, 0, SLICE);
		piece = str_sub(piece, slice.n, STR_NPOS);
		TRY(put_slice(o, slice, last && piece.n == 0));
	} while (piece.n);
	return DONE;
}

/* Who waits for the first piece need not wait for the head. */
static err put_head(struct out *o)
{
	if (o->s->closed)
		return FAIL(ERR_CANCELED);
	TRY(submit(o));
	h2_soon(o->s->h2);
	return DONE;
}

static err stream(struct out *o, struct body *b)
{
	struct body_source *source = o->source = b->source;
	int64_t left = b->length;
	if (!source->ready)
		TRY(put_head(o));
	for (bool last = false; !last;) {
		str piece;
		TRY(body_read(b, &piece, o->until));
		last = piece.n == 0 || source->ended;
		if (left >= 0) {
			if ((uint64_t)left < piece.n || (last && (uint64_t)left > piece.n))
				return FAIL(ERR_IO);
			left -= (int64_t)piece.n;
		}
		TRY(put(o, piece, last));
	}
	return DONE;
}

/* nghttp2 keeps the order, and holds what the client does not take: beyond INTERIM bytes they are dropped. */
err h2_interim(struct interim *interim, const struct message *m, deadline until)
{
	struct h2_stream *s =
		(struct h2_stream *)((char *)interim - offsetof(struct h2_stream, interim));
	struct arena *a = s->call.arena;
	struct fields f = { .arena = a, .v = arena_array(a, nghttp2_nv, m->headers.n + 1) };
	(void)until;
	for (size_t i = 0; i < m->headers.n; i++)
		s->interim_bytes += m->headers.v[i].name.n + m->headers.v[i].value.n;
	if (s->interim_bytes > INTERIM)
		return DONE;
	add(&f, S(":status"), str_fmt(a, "%u", m->status));
	TRY(add_all(&f, &m->headers));
	if (s->closed ||
	    nghttp2_submit_headers(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NULL, f.v, f.n, NULL))
		return FAIL(ERR_CANCELED);
	h2_soon(s->h2);
	return DONE;
}

err h2_answer(struct http_call *call, struct message *m, deadline until)
{
	struct h2_stream *s = (struct h2_stream *)call;
	struct fields fields;
	TRY(head(s, m, &fields));
	struct out o = { .s = s, .fields = &fields, .bodiless = is_bodiless(s, m), .until = until };
	if (m->body.kind == BODY_STREAM && !o.bodiless)
		return stream(&o, &m->body);
	return put(&o, o.bodiless || m->body.kind == BODY_NONE ? S("") : m->body.bytes, true);
}
