/* SPDX-License-Identifier: Apache-2.0 */
/* Sending a request: the head and what is at hand of the body in one call, then the body as it comes.
 * It goes on beside the answer, as far as the target takes it and until the answer is over.
 * Source: RFC 9110 §8.6; RFC 9112 §7.1, §9.5. */
#include <stdio.h>

#include "http/fetch.h"
#include "http/trailers.h"

enum { JOINED = 2048, AT_ONCE = 16 };

static struct iovec vec(str s) { return (struct iovec){ (void *)s.p, s.n }; }

static str last_chunk(struct fetch *f)
{
	const struct headers *h = &f->source->trailers;
	return h->n ? trailers_last_chunk(f->arena, h) : S("0\r\n\r\n");
}

/* What goes out next: first, the piece, and the end of the body if the piece is known to be the last. */
static void frame(struct fetch *f, str first)
{
	struct iovec *v = f->out;
	if (first.n)
		*v++ = vec(first);
	if (f->chunked && f->piece.n) {
		int n = snprintf(f->size, sizeof f->size, "%zx\r\n", f->piece.n);
		*v++ = (struct iovec){ f->size, (size_t)n };
		*v++ = vec(f->piece);
		*v++ = vec(S("\r\n"));
		if (f->ended)
			*v++ = vec(last_chunk(f));
	} else if (f->chunked && f->ended) {
		*v++ = vec(last_chunk(f));
	} else if (f->piece.n) {
		*v++ = vec(f->piece);
	}
	f->n_out = (int)(v - f->out);
	f->sent = f->ended && !f->n_out;
}

static void took(struct fetch *f, size_t put)
{
	int gone = 0;
	f->put += put;
	f->body.moved_ms = f->moved_ms = loop_now_ms(f->local->loop);
	while (gone < f->n_out && put >= f->out[gone].iov_len)
		put -= f->out[gone++].iov_len;
	f->n_out -= gone;
	memmove(f->out, f->out + gone, sizeof *f->out * (size_t)f->n_out);
	if (f->n_out) {
		f->out->iov_base = (char *)f->out->iov_base + put;
		f->out->iov_len -= put;
	}
	f->sent = f->ended && !f->n_out;
}

/* What has to come before more of the request can go. */
struct hold_up {
	bool waits, by_source;
	struct wait w;
	deadline until;
};

static err next_piece(struct fetch *f, struct hold_up *h)
{
	struct body_source *source =
		f->rest.source; /* only a stream has more than the first piece */
	if (f->head.size && !source->ready && !source->type->try_read) {
		f->dropped = true; /* to wait for it alone would hold up the answer */
		return DONE;
	}
	h->until = f->until;
	err e = body_try_read(&f->rest, &f->piece, &h->w, &h->until, &h->waits);
	if (e.code)
		return fetch_fail(f, HTTP_REQUEST_BODY, e.code);
	h->by_source = h->waits;
	if (h->waits)
		return DONE;
	f->ended = f->piece.n == 0 || source->ended;
	f->left -= (int64_t)f->piece.n;
	if (!f->chunked && !f->tunnels && (f->left < 0 || (f->ended && f->left > 0)))
		return fetch_fail(f, HTTP_REQUEST_BODY,
		                  ERR_SYNTAX); /* not as long as it was said */
	return DONE;
}

/* Moves what can be moved without waiting, and no more than others can wait for. */
static err move(struct fetch *f, struct hold_up *h)
{
	*h = (struct hold_up){ .until = NEVER };
	for (int i = 0; i < AT_ONCE && !f->sent && !f->dropped; i++) {
		size_t put;
		if (!f->n_out) {
			TRY(next_piece(f, h));
			if (h->waits)
				return DONE;
			frame(f, S(""));
			f->moved_ms = loop_now_ms(f->local->loop);
			continue;
		}
		err e = sock_try_write(f->wire->sock, f->out, f->n_out, &put);
		if (e.code)
			return fetch_io_failed(f, e);
		if (put) {
			took(f, put);
			continue;
		}
		h->waits = true;
		h->w = sock_wait(f->wire->sock, READY_WRITE);
		h->until = (deadline){ f->moved_ms + f->times.io_ms };
		return DONE;
	}
	return DONE;
}

static err wait_for_either(struct fetch *f, const struct hold_up *h)
{
	struct wait w[2] = { h->w, sock_wait(f->wire->sock, READY_READ) };
	err e = wait_any(w, 2, deadline_min(h->until, f->until));
	if (e.code && h->by_source)
		return fetch_fail(f, HTTP_REQUEST_BODY, e.code);
	return e.code ? fetch_io_failed(f, e) : DONE;
}

err fetch_send(struct fetch *f)
{
	struct hold_up h;
	f->moved_ms = loop_now_ms(f->local->loop);
	f->dropped = false;
	frame(f, f->first);
	while (!f->sent && !f->head.size) {
		err e = move(f, &h);
		if (e.code) { /* perhaps the target said why before it closed */
			enum http_failure why = f->why;
			bool said = f->put && why != HTTP_REQUEST_BODY &&
			            !fetch_look_for_answer(f).code && f->head.size;
			f->why = said ? HTTP_FAILED_NOT : why;
			f->dropped = true;
			return said ? DONE : e;
		}
		if (f->sent)
			break;
		TRY(fetch_look_for_answer(f));
		if (!f->head.size && h.waits)
			TRY(wait_for_either(f, &h));
		else
			fiber_pause();
	}
	return DONE;
}

err fetch_wait(struct fetch *f, struct wait *own, deadline until)
{
	struct hold_up h = { .until = NEVER };
	if (f->wire && !f->sent && !f->dropped) {
		err e = move(f, &h);
		if (e.code && f->why == HTTP_REQUEST_BODY)
			return e;
		if (f->sent && f->tunnels) /* the client has closed its half */
			sock_shutdown(f->wire->sock);
		f->dropped |= e.code != 0; /* it takes no more; what it says still counts */
		if (!h.waits && !f->sent && !f->dropped) {
			fiber_pause();
			return DONE;
		}
	}
	if (!h.waits)
		return wait_any(own, 1, until);
	struct wait w[2] = { *own, h.w };
	err e = wait_any(w, 2, deadline_min(until, h.until));
	own->fired = w[0].fired;
	if (e.code != ERR_TIMEOUT || deadline_passed(until))
		return e;
	f->dropped = !h.by_source; /* the target may stop to listen and go on to speak */
	return h.by_source ? e : DONE;
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
	if (h1_write_request(&b, m, host, framing, length, o->http10).code)
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
	struct hold_up h;
	TRY(write_head(f, o));
	f->piece = body->kind == BODY_BYTES && body->bytes.n > JOINED ? body->bytes : S("");
	f->streamed = body->kind == BODY_STREAM;
	f->ended = !f->streamed;
	f->rest = *body;
	f->source = body->source;
	return f->streamed && body->source->ready ? next_piece(f, &h) : DONE;
}
