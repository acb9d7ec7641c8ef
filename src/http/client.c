/* SPDX-License-Identifier: Apache-2.0 */
/* One request to a target and the head of its answer.
 * A wire goes back to the pool only when both messages are over; in every other case it is closed.
 * Source: RFC 9110 §9.2.2; RFC 9112 §9.3, §9.5. */
#include "http/client.h"

#include <stdio.h>

#include "http/h1_body.h"
#include "http/pool.h"

static const struct h1_limits answer_limits = { .line = 7168, .head = 64 * 1024, .headers = 256 };

enum { MAX_INTERIM = 64, JOINED = 2048 };

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
	unsigned interim;    /* 1xx answers so far */

	/* the request on its way */
	str first; /* its head, then the first pieces of its body */
	str piece;
	bool streamed;       /* its body is a stream: what was read of it is gone */
	bool chunked, ended; /* ended: piece is the last of the body */
	int64_t left;        /* of a stream of known length */
	size_t put;          /* bytes that the kernel took */
	bool sent;           /* all of it */
	enum http_failure why;
};

struct http_timeouts http_timeouts_default(void)
{
	return (struct http_timeouts){ .connect_ms = 3000, .io_ms = 55000, .keep_ms = 60000 };
}

static err fail(struct fetch *f, enum http_failure why, enum err_code code)
{
	if (code != ERR_CANCELED)
		f->why = why;
	return FAIL(code);
}

static err io_failed(struct fetch *f, err e)
{
	return fail(f, e.code == ERR_TIMEOUT ? HTTP_READ_TIMEOUT : HTTP_UNEXPECTED_END, e.code);
}

static deadline io(const struct fetch *f)
{
	return h1_io_deadline(f->local, f->times.io_ms, f->until);
}

/* ---- the end ---- */

/* The answer's last byte has come: others may use the wire while this exchange goes on. */
static void answer_over(struct h1_body *b)
{
	struct fetch *f = (struct fetch *)b;
	const struct read_buf *buf = *h1_body_buf(b);
	if (!f->wire)
		return;
	if (f->sent && f->head.keep_alive && buf->at == buf->end)
		wire_keep(&f->wire, f->times.keep_ms);
	else
		wire_close(&f->wire);
}

static void fetch_end(void *arg)
{
	struct fetch *f = arg;
	wire_close(&f->wire);
	read_buf_give(f->local, &f->body.more);
	read_buf_give(f->local, &f->buf);
	origin_release(&f->origin);
	local_release(&f->local);
}

/* ---- the answer's head ---- */

/* Scans what is there; skips 1xx.  f->head.size tells whether the head is whole. */
static err scan(struct fetch *f)
{
	for (;;) {
		struct read_buf *b = f->buf;
		if (b->at == b->end)
			return DONE;
		err e = h1_response(f->arena, read_buf_window(b), &answer_limits, f->request->verb,
		                    f->response, &f->head);
		if (e.code)
			return fail(f, e.code == ERR_LIMIT ? HTTP_HEAD_TOO_BIG : HTTP_BAD_ANSWER,
			            e.code);
		if (f->head.size == 0)
			return DONE;
		bool odd = f->response->status == 101 || ++f->interim > MAX_INTERIM;
		if (f->response->status < 200 && odd) /* nobody asked for an upgrade */
			return fail(f, HTTP_BAD_ANSWER, ERR_SYNTAX);
		if (f->response->status >= 200)
			return DONE;
		b->at += f->head.size;
		f->head = (struct h1_head){ 0 };
	}
}

static void make_room(struct fetch *f)
{
	struct read_buf *b = f->buf;
	if (b->end < b->cap)
		return;
	if (b->at > 0) {
		memmove(b->bytes, b->bytes + b->at, b->end - b->at);
		b->end -= b->at;
		b->at = 0;
	} else {
		read_buf_grow(f->local, &f->buf, answer_limits.head + READ_BUF);
	}
}

static err took(struct fetch *f, size_t got)
{
	f->buf->end += got;
	return got ? scan(f) : DONE;
}

/* While the request is still going out: has the answer come?  Never waits. */
static err look_for_answer(struct fetch *f)
{
	size_t got;
	do {
		make_room(f);
		struct read_buf *b = f->buf;
		err e = sock_try_read(f->wire->sock, b->bytes + b->end, b->cap - b->end, &got);
		if (e.code)
			return io_failed(f, e);
		TRY(took(f, got));
	} while (got && f->head.size == 0);
	if (f->head.size == 0 && sock_ended(f->wire->sock))
		return fail(f, HTTP_UNEXPECTED_END, ERR_IO);
	return DONE;
}

static err read_head(struct fetch *f)
{
	while (f->head.size == 0) {
		size_t got;
		make_room(f);
		struct read_buf *b = f->buf;
		err e = sock_read(f->wire->sock, b->bytes + b->end, b->cap - b->end, &got, io(f));
		if (e.code)
			return io_failed(f, e);
		if (got == 0)
			return fail(f, HTTP_UNEXPECTED_END, ERR_IO);
		TRY(took(f, got));
	}
	return DONE;
}

/* ---- the request ---- */

/* Drops put bytes at the front. */
static void advance(struct iovec *v, int n, size_t put)
{
	for (int i = 0; i < n && put; i++) {
		size_t step = put < v[i].iov_len ? put : v[i].iov_len;
		v[i].iov_base = (char *)v[i].iov_base + step;
		v[i].iov_len -= step;
		put -= step;
	}
}

/* Sends all of v, unless the answer's head comes first: a target may refuse a body that it has not
 * read, and then reads no more of it. */
static err push(struct fetch *f, struct iovec *v, int n)
{
	size_t all = 0, put;
	for (int i = 0; i < n; i++)
		all += v[i].iov_len;
	for (;;) {
		err e = sock_try_write(f->wire->sock, v, n, &put);
		if (e.code) /* perhaps it said why before it closed */
			return f->put && !look_for_answer(f).code && f->head.size ? DONE
			                                                          : io_failed(f, e);
		f->put += put;
		all -= put;
		if (all == 0)
			return DONE;
		advance(v, n, put);
		if (put) /* try until it is refused */
			continue;
		struct wait w = sock_wait(f->wire->sock, READY_READ | READY_WRITE);
		e = wait_any(&w, 1, io(f));
		if (e.code)
			return io_failed(f, e);
		if (w.fired & READY_READ) {
			TRY(look_for_answer(f));
			if (f->head.size)
				return DONE;
		}
	}
}

static struct iovec vec(str s) { return (struct iovec){ (void *)s.p, s.n }; }

/* Sends f->first and f->piece, framed; and the end of the body, if it is known to be one. */
static err push_piece(struct fetch *f)
{
	char size[24];
	struct iovec v[4];
	int n = 0;
	bool last = f->ended || f->piece.n == 0;
	if (f->first.n)
		v[n++] = vec(f->first);
	if (f->chunked && f->piece.n) {
		v[n++] = (struct iovec){ size, (size_t)snprintf(size, sizeof size, "%zx\r\n",
			                                        f->piece.n) };
		v[n++] = vec(f->piece);
		v[n++] = vec(last ? S("\r\n0\r\n\r\n") : S("\r\n"));
	} else if (f->chunked) {
		v[n++] = vec(S("0\r\n\r\n"));
	} else if (f->piece.n) {
		v[n++] = vec(f->piece);
	}
	return push(f, v, n);
}

static err next_piece(struct fetch *f)
{
	struct body *b = &f->request->body;
	struct body_source *source = b->source;
	err e = body_read(b, &f->piece, f->until);
	if (e.code)
		return fail(f, HTTP_REQUEST_BODY, e.code);
	f->ended = f->piece.n == 0 || source->ended;
	if (f->chunked)
		return DONE;
	f->left -= (int64_t)f->piece.n;
	if (f->left < 0 || (f->ended && f->left > 0)) /* it is not as long as it was said to be */
		return fail(f, HTTP_REQUEST_BODY, ERR_SYNTAX);
	return DONE;
}

/* For Host, when nobody says what it is. */
static str origin_name(struct arena *a, const struct http_origin *o)
{
	bool ip6 = str_has(o->host, S(":"));
	str host = ip6 ? str_fmt(a, "[%.*s]", STR(o->host)) : o->host;
	return o->port == (o->tls ? 443 : 80) ? host : str_fmt(a, "%.*s:%u", STR(host), o->port);
}

static err write_head(struct fetch *f, const struct http_origin *o)
{
	struct message *m = f->request;
	struct buf b = buf_in(f->arena);
	struct body *body = &m->body;
	enum h1_framing framing = H1_LENGTH;
	int64_t length = body->kind == BODY_BYTES ? (int64_t)body->bytes.n : 0;
	str host = o->host_header;
	if (!str_given(host) && !str_given(headers_get(&m->headers, S("Host"))))
		host = origin_name(f->arena, o);
	if (body->kind == BODY_STREAM) {
		f->left = length = body->length;
		f->chunked = length < 0;
		framing = f->chunked ? H1_CHUNKED : H1_LENGTH;
	} else if (body->kind == BODY_NONE && !str_eq(m->verb, S("POST")) &&
	           !str_eq(m->verb, S("PUT")) && !str_eq(m->verb, S("PATCH"))) {
		framing =
			H1_NO_BODY; /* RFC 9110 §8.6: else the length is said, also when it is 0 */
		length = -1;
	}
	if (h1_write_request(&b, m, host, framing, length).code)
		return fail(f, HTTP_REQUEST_BODY, ERR_SYNTAX);
	if (body->kind == BODY_BYTES &&
	    body->bytes.n <= JOINED) /* one piece is sent at less cost than two */
		buf_add(&b, body->bytes);
	f->first = buf_str(&b);
	return DONE;
}

/* What is sent first: the head, and what is at hand of the body. */
static err prepare(struct fetch *f, const struct http_origin *o)
{
	struct body *body = &f->request->body;
	TRY(write_head(f, o));
	f->piece = body->kind == BODY_BYTES && body->bytes.n > JOINED ? body->bytes : S("");
	f->streamed = body->kind == BODY_STREAM;
	f->ended = !f->streamed;
	if (f->streamed && body->source->ready)
		return next_piece(f);
	return DONE;
}

static err send_request(struct fetch *f)
{
	if (f->piece.n || f->ended) {
		TRY(push_piece(f));
	} else { /* the body has to be waited for: the head goes ahead */
		struct iovec head = vec(f->first);
		TRY(push(f, &head, 1));
	}
	f->first = S("");
	while (!f->ended && f->head.size == 0) {
		TRY(next_piece(f));
		TRY(push_piece(f));
		if (!f->ended && f->head.size == 0)
			TRY(look_for_answer(f));
	}
	f->sent = f->head.size == 0;
	return DONE;
}

/* ---- the whole ---- */

static enum http_failure connect_failure(enum err_code code)
{
	switch (code) {
	case ERR_TIMEOUT:
		return HTTP_CONNECT_TIMEOUT;
	case ERR_NOT_FOUND:
	case ERR_LIMIT:
		return HTTP_RESOLVE;
	case ERR_SYNTAX:
		return HTTP_TLS;
	case ERR_DENIED:
		return HTTP_DENIED;
	default:
		return HTTP_CONNECT_REFUSED;
	}
}

static err get_wire(struct fetch *f, bool fresh)
{
	f->wire = fresh ? NULL : wire_take(f->origin);
	if (f->wire)
		return DONE;
	deadline until = h1_io_deadline(f->local, f->times.connect_ms, f->until);
	err e = wire_connect(f->origin, until, &f->wire);
	return e.code ? fail(f, connect_failure(e.code), e.code) : DONE;
}

/* RFC 9110 §9.2.2 */
static bool may_be_sent_twice(const struct fetch *f)
{
	static const str verbs[] = { S_INIT("GET"),    S_INIT("HEAD"),    S_INIT("PUT"),
		                     S_INIT("DELETE"), S_INIT("OPTIONS"), S_INIT("TRACE") };
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (str_eq(f->request->verb, verbs[i]))
			return !f->streamed;
	return false;
}

/* A kept wire that turns out dead: nothing came, and nothing went out or it may go out again. */
static bool may_retry(const struct fetch *f, err e)
{
	return e.code == ERR_IO && f->why == HTTP_UNEXPECTED_END && f->wire && f->wire->reused &&
	       f->buf->end == 0 && (f->put == 0 || may_be_sent_twice(f));
}

static err try_once(struct fetch *f, bool fresh)
{
	str first = f->first;
	TRY(get_wire(f, fresh));
	err e = send_request(f);
	if (!e.code)
		e = read_head(f);
	if (e.code)
		f->first = first;
	return e;
}

static struct http_timeouts usual_times(const struct http_timeouts *t)
{
	struct http_timeouts usual = http_timeouts_default();
	return (struct http_timeouts){
		.connect_ms = t->connect_ms ? t->connect_ms : usual.connect_ms,
		.io_ms = t->io_ms ? t->io_ms : usual.io_ms,
		.keep_ms = t->keep_ms ? t->keep_ms : usual.keep_ms,
	};
}

static struct fetch *fetch_begin(struct arena *a, const struct http_origin *o,
                                 struct message *request, deadline until)
{
	struct fetch *f = arena_new(a, struct fetch);
	f->arena = a;
	f->local = local_hold(loop_self());
	f->origin = origin_hold(f->local->pool, o);
	f->buf = read_buf_take(f->local, READ_BUF);
	f->times = usual_times(&o->times);
	f->until = until;
	f->request = request;
	f->response = arena_new(a, struct message);
	arena_defer(a, fetch_end, f);
	return f;
}

static void answer_begin(struct fetch *f)
{
	struct h1_body *b = &f->body;
	f->buf->at += f->head.size;
	b->local = f->local;
	b->sock = f->wire->sock;
	b->buf = &f->buf;
	b->io_ms = f->times.io_ms;
	b->on_over = answer_over;
	f->request = NULL;
	h1_body_begin(b, &f->head, &f->response->body);
}

err http_fetch(struct arena *a, const struct http_origin *o, struct message *request,
               deadline until, struct message **response, enum http_failure *why)
{
	struct fetch *f = fetch_begin(a, o, request, until);
	err e = prepare(f, o);
	if (!e.code)
		e = try_once(f, false);
	if (e.code && may_retry(f, e)) {
		wire_close(&f->wire);
		f->why = HTTP_FAILED_NOT;
		e = try_once(f, true);
	}
	*why = f->why;
	if (e.code) {
		wire_close(&f->wire);
		return e;
	}
	if (o->peer_ip)
		*o->peer_ip = str_dup(a, sock_peer_ip(f->wire->sock));
	answer_begin(f);
	*response = f->response;
	return DONE;
}
