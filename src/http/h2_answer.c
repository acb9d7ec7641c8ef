/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of HTTP/2: the head is submitted, and the body put piece by piece.
 * Trailers follow for a client that says that it takes them.
 * Source: RFC 9113 §8.1; RFC 9110 §6.5.1, §8.6, §9.3.2, §15.4.5. */
#include "http/h2_front.h"

/* A body in memory goes by slices; who does not take a pace of one in the time of a write is given up. */
enum { SLICE = 64 * 1024, PACE = 16 * 1024, INTERIM = 16 * 1024 };

static bool is_bodiless(const struct h2_call *c, const struct message *m)
{
	return str_eq(c->request.verb, S("HEAD")) || m->status == 204 || m->status == 304;
}

static err head(struct h2_call *c, const struct message *m, struct h2_fields *f)
{
	struct arena *a = c->call.arena;
	int64_t length = answer_length(m, is_bodiless(c, m));
	if (m->status < 200 || m->status > 999)
		return FAIL(ERR_SYNTAX);
	*f = h2_fields(a, m->headers.n + 3);
	h2_field_add(f, S(":status"), str_fmt(a, "%u", m->status));
	TRY(h2_fields_add(f, &m->headers));
	if (length >= 0)
		h2_field_add(f, S("content-length"), str_fmt(a, "%lld", (long long)length));
	if (!str_given(headers_get(&m->headers, S("Date"))))
		h2_field_add(f, S("date"), http_date(c->stream.h2->local));
	return DONE;
}

struct out {
	struct h2_stream *s;
	struct h2_call *call;
	struct h2_fields *fields;
	struct body_source *source; /* of the body, if it streams */
	deadline until;
};

static err submit(struct out *o, bool ends)
{
	struct h2_stream *s = o->s;
	nghttp2_data_provider provider = h2_provider();
	if (s->submitted)
		return DONE;
	if (nghttp2_submit_response(s->h2->session, s->id, o->fields->v, o->fields->n,
	                            ends ? NULL : &provider))
		return FAIL(ERR_IO);
	s->submitted = o->call->call.answered = true;
	return DONE;
}

static deadline io_deadline(const struct out *o)
{
	return http_io_deadline(o->s->h2->local, o->s->io_ms, o->until);
}

/* Until the piece is in frames, and with the last one the stream's end is sent.  While the client is
 * waited for, the rest of the request goes on to the target. */
static err wait_until_gone(struct out *o)
{
	struct h2_stream *s = o->s;
	deadline d = io_deadline(o);
	size_t before = s->piece.n;
	while (!h2_gone(s)) {
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

static const struct headers *trailers(const struct out *o)
{
	bool there = o->source && o->source->trailers.n && o->call->request.takes_trailers;
	return there ? &o->source->trailers : NULL;
}

static err put_slice(struct out *o, str piece, bool last)
{
	struct h2_stream *s = o->s;
	const struct headers *behind = last ? trailers(o) : NULL;
	if (s->closed)
		return FAIL(ERR_CANCELED);
	h2_put(s, piece, last, behind);
	TRY(submit(o, last && !piece.n && !behind));
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
	TRY(submit(o, false));
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
	struct h2_call *c = (struct h2_call *)((char *)interim - offsetof(struct h2_call, interim));
	struct h2_stream *s = &c->stream;
	struct h2_fields f = h2_fields(c->call.arena, m->headers.n + 1);
	(void)until;
	for (size_t i = 0; i < m->headers.n; i++)
		c->interim_bytes += m->headers.v[i].name.n + m->headers.v[i].value.n;
	if (c->interim_bytes > INTERIM)
		return DONE;
	h2_field_add(&f, S(":status"), str_fmt(c->call.arena, "%u", m->status));
	TRY(h2_fields_add(&f, &m->headers));
	if (s->closed ||
	    nghttp2_submit_headers(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NULL, f.v, f.n, NULL))
		return FAIL(ERR_CANCELED);
	h2_soon(s->h2);
	return DONE;
}

err h2_answer(struct http_call *call, struct message *m, deadline until)
{
	struct h2_call *c = (struct h2_call *)call;
	struct h2_fields fields;
	bool bodiless = is_bodiless(c, m);
	TRY(head(c, m, &fields));
	struct out o = { .s = &c->stream, .call = c, .fields = &fields, .until = until };
	err e = m->body.kind == BODY_STREAM && !bodiless
	                ? stream(&o, &m->body)
	                : put(&o, bodiless || m->body.kind == BODY_NONE ? S("") : m->body.bytes,
	                      true);
	call->bytes_out = c->stream.bytes_out;
	return e;
}
