/* SPDX-License-Identifier: Apache-2.0 */
/* Sending a request: the head and what is at hand of the body in one call, then the body as it comes.
 * Nothing more is sent once the answer's head is there.
 * Source: RFC 9110 §8.6; RFC 9112 §7.1, §9.5. */
#include <stdio.h>

#include "http/fetch.h"

enum { JOINED = 2048 };

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
			return f->put && !fetch_look_for_answer(f).code && f->head.size
			               ? DONE
			               : fetch_io_failed(f, e);
		f->put += put;
		all -= put;
		if (all == 0)
			return DONE;
		advance(v, n, put);
		if (put) /* try until it is refused */
			continue;
		struct wait w = sock_wait(f->wire->sock, READY_READ | READY_WRITE);
		e = wait_any(&w, 1, fetch_io(f));
		if (e.code)
			return fetch_io_failed(f, e);
		if (w.fired & READY_READ) {
			TRY(fetch_look_for_answer(f));
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
		return fetch_fail(f, HTTP_REQUEST_BODY, e.code);
	f->ended = f->piece.n == 0 || source->ended;
	if (f->chunked)
		return DONE;
	f->left -= (int64_t)f->piece.n;
	if (f->left < 0 || (f->ended && f->left > 0)) /* it is not as long as it was said to be */
		return fetch_fail(f, HTTP_REQUEST_BODY, ERR_SYNTAX);
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
		return fetch_fail(f, HTTP_REQUEST_BODY, ERR_SYNTAX);
	if (body->kind == BODY_BYTES &&
	    body->bytes.n <= JOINED) /* one piece is sent at less cost than two */
		buf_add(&b, body->bytes);
	f->first = buf_str(&b);
	return DONE;
}

/* What is sent first: the head, and what is at hand of the body. */
err fetch_prepare(struct fetch *f, const struct http_origin *o)
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

err fetch_send(struct fetch *f)
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
			TRY(fetch_look_for_answer(f));
	}
	f->sent = f->head.size == 0;
	return DONE;
}
