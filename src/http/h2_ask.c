/* SPDX-License-Identifier: Apache-2.0 */
/* A request to a target as a stream of HTTP/2, for client.c and client_send.c.
 * Its bytes are put piece by piece and its answer's come by the loop; whoever waits, waits for both.
 * Source: RFC 9113 §8.1, §8.3, §8.7. */
#include "http/h2_target.h"
#include "http/trailers.h"

enum { HEAD_BYTES = 64 * 1024, HEAD_FIELDS = 256, MAX_EARLY = 64, FIELD_OVERHEAD = 32 };

static struct h2_ask *ask_of(struct h2_stream *s) { return (struct h2_ask *)s; }

/* ---- what comes ---- */

bool h2_answer_field(struct h2_stream *s, str name, str value)
{
	struct h2_ask *a = ask_of(s);
	struct message *m = a->fetch->response;
	uint64_t n;
	if (s->whole)
		return h2_body_trailer(s, name, value, HEAD_BYTES);
	s->head_bytes += name.n + value.n + FIELD_OVERHEAD;
	if (s->head_bytes > HEAD_BYTES || m->headers.n >= HEAD_FIELDS) {
		a->bad = HTTP_HEAD_TOO_BIG;
		return false;
	}
	if (str_eq(name, S(":status"))) {
		m->status = str_to_u64(value, &n) && n <= 999 ? (unsigned)n : 0;
		return true;
	}
	if (str_eq(name, S("content-length")) && str_to_u64(value, &n) && n <= INT64_MAX)
		a->length = (int64_t)n;
	headers_add(s->arena, &m->headers, str_dup(s->arena, name), str_dup(s->arena, value));
	return header_value_ok(value);
}

/* 1xx answers are kept for the fiber: to pass them on may wait. */
void h2_answer_head(struct h2_stream *s)
{
	struct h2_ask *a = ask_of(s);
	struct message *m = a->fetch->response;
	if (m->status >= 200) {
		s->whole = true;
		return;
	}
	if (++a->n_early > MAX_EARLY || m->status < 100 || m->status == 101) {
		a->bad = HTTP_BAD_ANSWER;
		return;
	}
	struct early *e = *a->early_end = arena_new(s->arena, struct early);
	a->early_end = &e->next;
	e->message = *m;
	e->message.reason = http_reason(m->status);
	m->headers = (struct headers){ 0 };
	a->length = -1;
}

void h2_ask_closed(struct h2_stream *s, uint32_t code)
{
	ask_of(s)->code = code;
	wake(&s->arrived);
	wake(&s->went);
}

/* ---- what goes ---- */

/* The request target, as strictly written as HTTP/1.1's. */
static str path_of(struct fetch *f)
{
	const struct message *m = f->request;
	struct buf b = buf_in(f->arena);
	h1_write_target(&b, m);
	return buf_str(&b);
}

static err fill(struct fetch *f, const struct http_origin *o, struct h2_fields *to)
{
	const struct message *m = f->request;
	struct headers rest = { .v = arena_array(f->arena, struct header, m->headers.n + 1) };
	str host = fetch_host(f, o);
	for (size_t i = 0; i < m->headers.n; i++)
		if (!str_ieq(m->headers.v[i].name, S("Host")) &&
		    !str_ieq(m->headers.v[i].name, S("Expect")))
			rest.v[rest.n++] = m->headers.v[i];
	if (!header_name_ok(m->verb))
		return FAIL(ERR_SYNTAX);
	h2_field_add(to, S(":method"), m->verb);
	h2_field_add(to, S(":scheme"), o->tls ? S("https") : S("http"));
	h2_field_add(to, S(":authority"), host);
	h2_field_add(to, S(":path"), path_of(f));
	TRY(h2_fields_add(to, &rest));
	if (fetch_length(f) >= 0)
		h2_field_add(to, S("content-length"),
		             str_fmt(f->arena, "%lld", (long long)fetch_length(f)));
	if (m->takes_trailers)
		h2_field_add(to, S("te"), S("trailers"));
	return DONE;
}

static bool trailers_follow(const struct fetch *f)
{
	return f->ended && f->source && f->source->trailers.n;
}

static err head(struct fetch *f, const struct http_origin *o)
{
	struct h2_stream *s = &f->ask->stream;
	nghttp2_data_provider body = h2_provider();
	bool ends = f->ended && !f->piece.n && !trailers_follow(f);
	struct h2_fields fields = h2_fields(f->arena, f->request->headers.n + 7);
	if (fill(f, o, &fields).code)
		return fetch_fail(f, HTTP_REQUEST_BODY, ERR_SYNTAX);
	s->id = nghttp2_submit_request(s->h2->session, NULL, fields.v, fields.n,
	                               ends ? NULL : &body, s);
	if (s->id < 0)
		return fetch_fail(f, HTTP_UNEXPECTED_END, ERR_IO);
	s->submitted = true;
	return DONE;
}

static void frame(struct fetch *f, bool first)
{
	struct h2_stream *s = &f->ask->stream;
	(void)first;
	h2_put(s, f->piece, f->ended, trailers_follow(f) ? &f->source->trailers : NULL);
	f->ask->left = f->piece.n;
	f->n_out = 1;
	h2_soon(s->h2);
}

static err closed(struct fetch *f)
{
	const struct h2_ask *a = f->ask;
	if (a->stream.malformed || a->code == NGHTTP2_PROTOCOL_ERROR)
		return fetch_fail(f, HTTP_BAD_ANSWER, ERR_SYNTAX);
	f->unseen = a->code == NGHTTP2_REFUSED_STREAM;
	return fetch_fail(f, HTTP_UNEXPECTED_END, ERR_IO);
}

static err put(struct fetch *f, bool *moved)
{
	struct h2_ask *a = f->ask;
	struct h2_stream *s = &a->stream;
	bool gone = h2_gone(s);
	*moved = gone || s->piece.n < a->left;
	a->left = s->piece.n;
	f->put = s->bytes_out;
	if (gone)
		f->n_out = 0;
	else if (s->closed)
		return closed(f);
	if (*moved)
		s->asked_ms = loop_now_ms(f->local->loop);
	return DONE;
}

static struct wait on(struct waker *w) { return (struct wait){ .fd = -1, .waker = w }; }
static struct wait writable(struct fetch *f) { return on(&f->ask->stream.went); }
static struct wait readable(struct fetch *f) { return on(&f->ask->stream.arrived); }

static err look(struct fetch *f)
{
	struct h2_ask *a = f->ask;
	for (struct early *e; (e = a->early);) {
		a->early = e->next;
		if (!a->early)
			a->early_end = &a->early;
		TRY(fetch_pass_on(f, &e->message));
	}
	if (a->bad)
		return fetch_fail(f, a->bad, ERR_SYNTAX);
	f->answered = a->stream.whole;
	return f->answered || !a->stream.closed ? DONE : closed(f);
}

static err read_head(struct fetch *f)
{
	for (;;) {
		struct wait w = readable(f);
		TRY(look(f));
		if (f->answered)
			return DONE;
		err e = wait_any(&w, 1, fetch_io(f));
		if (e.code)
			return fetch_io_failed(f, e);
	}
}

/* ---- the end ---- */

static err meanwhile(struct h2_stream *s, struct wait *w, deadline until)
{
	return fetch_wait(ask_of(s)->fetch, w, until);
}

/* The end of an answer ends the sending. */
static void over(struct h2_stream *s)
{
	struct fetch *f = ask_of(s)->fetch;
	f->dropped = true;
}

static void answer(struct fetch *f)
{
	struct h2_ask *a = f->ask;
	struct message *m = f->response;
	bool bodiless = str_eq(f->request->verb, S("HEAD")) || m->status == 204 || m->status == 304;
	m->reason = http_reason(m->status);
	a->stream.meanwhile = meanwhile;
	a->stream.over = over;
	if (bodiless)
		over(&a->stream);
	else
		h2_body_begin(&a->stream, a->length, &m->body);
}

static void end(struct fetch *f)
{
	struct h2_ask *a = f->ask;
	struct h2_stream *s = &a->stream;
	struct h2 *h = s->h2;
	f->ask = NULL;
	if (!s->closed && s->submitted) {
		if (!s->out_ended || !s->in_ended)
			(void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, s->id,
			                                NGHTTP2_CANCEL);
		(void)nghttp2_session_set_stream_user_data(h->session, s->id, NULL);
	}
	if (f->why == HTTP_READ_TIMEOUT &&
	    h->heard_ms < loop_now_ms(h->local->loop) - f->times.io_ms / 2)
		((struct h2_target *)h)->leaving = true; /* perhaps nobody is there any more */
	h2_remove_stream(s);
	h2_soon(h);
}

static struct sock *sock_of(const struct fetch *f) { return f->ask->stream.h2->sock; }

static const struct fetch_way way = { .head = head,
	                              .frame = frame,
	                              .put = put,
	                              .writable = writable,
	                              .readable = readable,
	                              .look = look,
	                              .read_head = read_head,
	                              .answer = answer,
	                              .end = end,
	                              .sock = sock_of };

void h2_ask_begin(struct fetch *f, struct h2_target *t)
{
	struct h2_ask *a = f->ask = arena_new(f->arena, struct h2_ask);
	f->way = &way;
	a->fetch = f;
	a->length = -1;
	a->early_end = &a->early;
	a->stream.arena = f->arena;
	a->stream.io_ms = f->times.io_ms;
	*f->response = (struct message){ .kind = MESSAGE_RESPONSE, .version = 20 };
	h2_add_stream(&t->h2, &a->stream);
}
