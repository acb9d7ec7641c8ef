/* SPDX-License-Identifier: Apache-2.0 */
/* Writing answers: the head and what is at hand of the body in one call, then the rest as it comes.
 * How an answer is framed decides here, and with it whether the connection can go on.
 * Source: RFC 9110 §8.6, §9.3.2, §15.4.5; RFC 9112 §6, §7.1, §9.6. */
#include <stdio.h>

#include "base/log.h"
#include "http/exchange.h"
#include "http/trailers.h"

enum { JOINED = 2048 };

struct out {
	struct exchange *x;
	struct message *m;
	struct h1_answer answer;
	deadline until;
	str head;  /* not yet written; a small body in memory stands behind it already */
	str bytes; /* a larger one */
	struct body_source *source; /* of the body that is sent, if it streams */
	int64_t left;               /* of a stream of known length */
	bool bodiless;
};

int64_t answer_length(const struct message *m, bool bodiless)
{
	int64_t n;
	if (m->status == 204)
		return -1;
	if (m->body.kind == BODY_BYTES)
		return (int64_t)m->body.bytes.n;
	if (m->body.kind == BODY_STREAM)
		return m->body.length;
	if (!bodiless)
		return 0;
	return str_to_i64(headers_get(&m->headers, S("Content-Length")), &n) && n >= 0 ? n : -1;
}

static void choose_framing(struct out *o)
{
	const struct message *m = o->m;
	const struct message *request = &o->x->request;
	if (o->answer.websocket) {
		o->answer.framing = H1_UNTIL_CLOSE;
		o->answer.length = -1;
		return;
	}
	bool head = str_eq(request->verb, S("HEAD"));
	o->bodiless = head || m->status == 204 || m->status == 304;
	o->answer.framing = H1_NO_BODY;
	o->left = o->answer.length = answer_length(m, o->bodiless);
	if (o->bodiless)
		return;
	o->answer.framing = H1_LENGTH;
	if (o->answer.length < 0)
		o->answer.framing = request->version >= 11 ? H1_CHUNKED : H1_UNTIL_CLOSE;
}

/* Beside an answer that streams, the rest of the request may still find its reader. */
static bool much_is_unread(const struct exchange *x, const struct message *m)
{
	const struct h1_body *b = &x->body;
	bool much = b->framing == H1_LENGTH && b->left > DRAIN_BYTES;
	return x->streams && !b->over && (b->failed.code || (much && m->body.kind != BODY_STREAM));
}

static void choose_connection(struct out *o)
{
	struct exchange *x = o->x;
	x->keep = x->head.keep_alive && !x->head.bad && !x->conn->server->last &&
	          !x->expects && /* whether the body still comes, only the client knows */
	          o->answer.framing != H1_UNTIL_CLOSE && !much_is_unread(x, o->m) &&
	          !headers_have_token(&o->m->headers, S("Connection"), S("close"));
	if (!x->keep)
		o->answer.connection = S("close");
	else if (x->request.version < 11)
		o->answer.connection = S("keep-alive");
}

static err write_head(struct out *o)
{
	struct buf b = buf_in(o->x->call.arena);
	o->answer.websocket = o->m->status == 101 && o->m->tunnel;
	choose_framing(o);
	choose_connection(o);
	o->answer.date = http_date(o->x->conn->server->local);
	if (o->m->status < 200 && !o->answer.websocket)
		return FAIL(ERR_SYNTAX);
	TRY(h1_write_response(&b, o->m, &o->answer));
	if (o->m->body.kind == BODY_BYTES && !o->bodiless && !o->answer.websocket)
		o->bytes = o->m->body.bytes;
	if (o->bytes.n <= JOINED) { /* one piece is sent at less cost than two */
		buf_add(&b, o->bytes);
		o->bytes = S("");
	}
	o->head = buf_str(&b);
	return DONE;
}

static struct iovec vec(str s) { return (struct iovec){ (void *)s.p, s.n }; }

/* A client that takes nothing for io_ms is given up; one that takes little is not.  While it is waited
 * for, the rest of the request goes on to the target. */
static err write_all(struct out *o, struct iovec *v, int n)
{
	const struct http_server *s = o->x->conn->server;
	struct sock *sock = o->x->conn->sock;
	fiber_pause();
	deadline until = http_io_deadline(s->local, s->conf.limits.io_ms, o->until);
	for (;;) {
		size_t put;
		TRY(sock_try_write(sock, v, n, &put));
		bool moved = put > 0;
		for (; n && put >= v->iov_len; v++, n--)
			put -= v->iov_len;
		if (!n)
			return DONE;
		v->iov_base = (char *)v->iov_base + put;
		v->iov_len -= put;
		if (moved) {
			until = http_io_deadline(s->local, s->conf.limits.io_ms, o->until);
			continue;
		}
		struct wait w = sock_wait(sock, READY_WRITE);
		TRY(body_wait(o->source, &w, until));
	}
}

static err put(struct out *o, struct iovec *v, int n)
{
	for (int i = 0; i < n; i++)
		o->x->call.bytes_out += v[i].iov_len;
	o->head = S("");
	return write_all(o, v, n);
}

static str last_chunk(const struct out *o)
{
	const struct headers *h = &o->source->trailers;
	if (!h->n || !o->x->request.takes_trailers)
		return S("0\r\n\r\n");
	return trailers_last_chunk(o->x->call.arena, h);
}

/* A piece in the answer's framing, with the head if that is still to go, and the end if it is known. */
static err put_piece(struct out *o, str piece, bool last)
{
	char size[24];
	struct iovec v[5] = { vec(o->head), vec(piece) };
	str end = last ? last_chunk(o) : S("");
	if (o->answer.framing != H1_CHUNKED)
		return put(o, v, 2);
	if (piece.n == 0) {
		v[1] = vec(end);
		return put(o, v, 2);
	}
	v[1] = (struct iovec){ size, (size_t)snprintf(size, sizeof size, "%zx\r\n", piece.n) };
	v[2] = vec(piece);
	v[3] = vec(S("\r\n"));
	v[4] = vec(end);
	return put(o, v, last ? 5 : 4);
}

static err count(struct out *o, size_t n, bool last)
{
	if (o->answer.framing != H1_LENGTH)
		return DONE;
	o->left -= (int64_t)n;
	return o->left < 0 || (last && o->left > 0) ? FAIL(ERR_IO) : DONE;
}

static err stream(struct out *o, struct body *b)
{
	struct body_source *source = o->source = b->source;
	if (!source->ready) { /* who waits for the first piece need not wait for the head */
		struct iovec head = vec(o->head);
		TRY(put(o, &head, 1));
	}
	for (bool last = false; !last;) {
		str piece;
		TRY(body_read(b, &piece, o->until));
		last = piece.n == 0 || source->ended;
		TRY(count(o, piece.n, last));
		TRY(put_piece(o, piece, last));
	}
	return DONE;
}

static err answer(struct exchange *x, struct message *m, deadline until)
{
	struct out o = { .x = x, .m = m, .until = until };
	err e = write_head(&o);
	if (e.code)
		return e;
	if (o.answer.websocket) {
		struct body raw = { BODY_STREAM, S(""), m->tunnel, -1 };
		sock_cancels(x->conn->sock, fiber_self(), false); /* it may close its half */
		x->streams = true;
		e = stream(&o, &raw);
	} else if (m->body.kind == BODY_STREAM && !o.bodiless) {
		e = stream(&o, &m->body);
	} else {
		struct iovec v[2] = { vec(o.head), vec(o.bytes) };
		e = put(&o, v, o.bytes.n ? 2 : 1);
	}
	x->call.answered = x->call.bytes_out > 0;
	if (e.code)
		x->keep = false;
	return e;
}

struct message *server_error_answer(const struct http_server *s, struct arena *a, unsigned status,
                                    const char *what)
{
	const struct http_server_conf *conf = &s->conf;
	struct message *m = message_response(a, status);
	str type = S("text/plain"), text;
	if (conf->error_body)
		text = conf->error_body(a, status, what, &type);
	else
		text = str_fmt(a, "%s\n", what);
	message_set_content(a, m, text, type);
	headers_set(a, &m->headers, S("Connection"), S("close"));
	return m;
}

static struct message *error_message(struct exchange *x, unsigned status, const char *what)
{
	return server_error_answer(x->conn->server, x->call.arena, status, what);
}

err answer_refusal(struct exchange *x, unsigned status, const char *what)
{
	return answer(x, error_message(x, status, what), NEVER);
}

void answer_at_once(struct exchange *x, unsigned status, const char *what)
{
	struct out o = { .x = x, .m = error_message(x, status, what) };
	size_t written;
	if (status == 503)
		headers_set(x->call.arena, &o.m->headers, S("Retry-After"), S("1"));
	if (write_head(&o).code)
		return;
	struct iovec v[2] = { vec(o.head), vec(o.bytes) };
	if (sock_try_write(x->conn->sock, v, 2, &written).code ||
	    written < v[0].iov_len + v[1].iov_len)
		log_debug("refusal_not_sent", LOG_INT("status", status));
}

err h1_interim(struct interim *interim, const struct message *m, deadline until)
{
	struct exchange *x =
		(struct exchange *)((char *)interim - offsetof(struct exchange, interim));
	struct out o = { .x = x, .until = until };
	struct h1_answer plain = { .framing = H1_NO_BODY, .length = -1 };
	struct buf b = buf_in(x->call.arena);
	TRY(h1_write_response(&b, m, &plain));
	struct iovec v = vec(buf_str(&b));
	err e = write_all(&o, &v, 1);
	if (e.code) /* a part of it may be out: nothing can follow */
		sock_shutdown(x->conn->sock);
	return e;
}

err http_answer(struct http_call *call, struct message *response, deadline until)
{
	must(!call->answered);
	return call->answer(call, response, until);
}

err h1_answer(struct http_call *call, struct message *response, deadline until)
{
	struct exchange *x = (struct exchange *)call;
	err e = answer(x, response, until);
	if (call->answered) /* what runs after the last byte is not the client's to cancel */
		sock_cancels(x->conn->sock, NULL, false);
	return e;
}
