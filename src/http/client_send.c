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
void h1_ask_frame(struct fetch *f, bool first)
{
	struct iovec *v = f->out;
	if (first)
		*v++ = vec(f->first);
	if (f->joined) {
		f->joined = false;
	} else if (f->chunked && f->piece.n) {
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
	f->body.moved_ms = loop_now_ms(f->local->loop);
	while (gone < f->n_out && put >= f->out[gone].iov_len)
		put -= f->out[gone++].iov_len;
	f->n_out -= gone;
	memmove(f->out, f->out + gone, sizeof *f->out * (size_t)f->n_out);
	if (f->n_out) {
		f->out->iov_base = (char *)f->out->iov_base + put;
		f->out->iov_len -= put;
	}
}

err h1_ask_put(struct fetch *f, bool *moved)
{
	size_t put;
	err e = sock_try_write(f->wire->sock, f->out, f->n_out, &put);
	*moved = put > 0;
	if (e.code)
		return fetch_io_failed(f, e);
	if (put)
		took(f, put);
	return DONE;
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
	if (f->answered && !source->ready && !source->type->try_read) {
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
		bool moved;
		if (!f->n_out) {
			TRY(next_piece(f, h));
			if (h->waits)
				return DONE;
			f->way->frame(f, false);
			f->moved_ms = loop_now_ms(f->local->loop);
			continue;
		}
		TRY(f->way->put(f, &moved));
		if (moved) {
			f->moved_ms = loop_now_ms(f->local->loop);
			f->sent = f->ended && !f->n_out;
			continue;
		}
		h->waits = true;
		h->w = f->way->writable(f);
		h->until = (deadline){ f->moved_ms + f->times.io_ms };
		return DONE;
	}
	return DONE;
}

static err wait_for_either(struct fetch *f, const struct hold_up *h)
{
	struct wait w[2] = { h->w, f->way->readable(f) };
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
	f->sent = false;
	f->way->frame(f, true);
	while (!f->sent && !f->answered) {
		err e = move(f, &h);
		if (e.code) { /* perhaps the target said why before it closed */
			enum http_failure why = f->why;
			bool said = f->put && why != HTTP_REQUEST_BODY && !f->way->look(f).code &&
			            f->answered;
			f->why = said ? HTTP_FAILED_NOT : why;
			f->dropped = true;
			return said ? DONE : e;
		}
		if (f->sent)
			break;
		TRY(f->way->look(f));
		if (!f->answered && h.waits)
			TRY(wait_for_either(f, &h));
		else
			fiber_pause();
	}
	return DONE;
}

err fetch_wait(struct fetch *f, struct wait *own, deadline until)
{
	struct hold_up h = { .until = NEVER };
	if ((f->wire || f->ask) && !f->sent && !f->dropped) {
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

/* The message's own, or else the origin's name. */
str fetch_host(struct fetch *f, const struct http_origin *o)
{
	str own = headers_get(&f->request->headers, S("Host"));
	if (str_given(o->host_header))
		return o->host_header;
	return str_given(own) ? own : origin_name(f->arena, o);
}

/* RFC 9110 §8.6: it is said, also when it is 0, where the method has a meaning for a body. */
int64_t fetch_length(const struct fetch *f)
{
	const struct message *m = f->request;
	if (f->streamed)
		return f->length;
	if (m->body.kind == BODY_BYTES)
		return (int64_t)m->body.bytes.n;
	return str_eq(m->verb, S("POST")) || str_eq(m->verb, S("PUT")) ||
	                       str_eq(m->verb, S("PATCH"))
	               ? 0
	               : -1;
}

err h1_ask_head(struct fetch *f, const struct http_origin *o)
{
	struct message *m = f->request;
	struct buf b = buf_in(f->arena);
	int64_t length = fetch_length(f);
	enum h1_framing framing = f->chunked ? H1_CHUNKED : length < 0 ? H1_NO_BODY : H1_LENGTH;
	if (h1_write_request(&b, m, fetch_host(f, o), framing, length, o->http10).code)
		return fetch_fail(f, HTTP_REQUEST_BODY, ERR_SYNTAX);
	f->joined = m->body.kind == BODY_BYTES && m->body.bytes.n <= JOINED;
	if (f->joined) /* one piece is sent at less cost than two */
		buf_add(&b, m->body.bytes);
	f->first = buf_str(&b);
	return DONE;
}

/* What goes with the head: what is at hand of the body. */
err fetch_prepare(struct fetch *f)
{
	struct body *body = &f->request->body;
	struct hold_up h;
	f->piece = body->kind == BODY_BYTES ? body->bytes : S("");
	f->streamed = body->kind == BODY_STREAM;
	f->left = f->length = f->streamed ? body->length : 0;
	f->chunked = f->streamed && f->length < 0;
	f->ended = !f->streamed;
	f->rest = *body;
	f->source = f->streamed ? body->source : NULL;
	return f->streamed && body->source->ready ? next_piece(f, &h) : DONE;
}
