/* SPDX-License-Identifier: Apache-2.0 */
/* One request of HTTP/1: from a whole head through its handler to what is left of it.
 * Nothing of it outlives exchange_drop() but the bytes that came behind it.
 * Source: RFC 9112 §9.3.2 (pipelining), RFC 9110 §10.1.1 (100 Continue). */
#include "http/exchange.h"

/* The client is told to send its body when the handler first waits for it. */
static err say_continue(struct h1_body *b, deadline until)
{
	struct exchange *x = (struct exchange *)((char *)b - offsetof(struct exchange, body));
	str text = S("HTTP/1.1 100 Continue\r\n\r\n");
	if (!x->expects)
		return DONE;
	x->expects = false;
	struct iovec v = { (void *)text.p, text.n };
	return sock_write(b->sock, &v, 1, http_io_deadline(b->local, b->io_ms, until));
}

/* What would follow a 101; read only if there is one.  How long both may be silent, the answer minds. */
static void tunnel_begin(struct exchange *x)
{
	struct h1_head raw = { .framing = H1_UNTIL_CLOSE };
	struct body unused;
	x->body.io_ms = INT32_MAX;
	h1_body_begin(&x->body, &raw, &unused);
	x->call.tunnel = &x->body.source;
}

static void body_begin(struct exchange *x)
{
	struct conn *c = x->conn;
	struct h1_body *b = &x->body;
	c->in->at += x->head.size;
	if (x->head.framing == H1_NO_BODY && !x->head.websocket)
		return;
	b->local = c->server->local;
	b->sock = c->sock;
	b->buf = &c->in;
	b->io_ms = c->server->conf.limits.io_ms;
	if (x->head.websocket) {
		tunnel_begin(x);
		return;
	}
	x->expects = x->head.expect_continue;
	b->before_wait = say_continue;
	b->arena = x->call.arena;
	x->streams = true;
	h1_body_begin(b, &x->head, &x->request.body);
	if (b->over)
		x->expects = false;
}

bool exchange_rest_is_read(struct exchange *x)
{
	struct body_source *rest = &x->body.source;
	while (x->keep && x->streams && !rest->ended) {
		str piece;
		struct wait unused;
		deadline until;
		bool waits;
		if (rest->type->try_read(rest, &piece, &unused, &until, &waits).code)
			x->keep = false;
		else if (waits)
			return false;
		x->keep &= (x->rest += piece.n) <= DRAIN_BYTES;
	}
	return true;
}

void exchange_drop(struct exchange *x)
{
	struct conn *c = x->conn;
	struct arena *a = x->call.arena;
	if (x->body.more) {
		read_buf_give(c->server->local, &c->in);
		c->in = x->body.more;
	}
	server_give_arena(c->server, &a);
}

void exchange_run(struct exchange *x)
{
	struct conn *c = x->conn;
	if (x->head.bad) {
		if (answer_refusal(x, x->head.bad_status, x->head.bad).code)
			x->keep = false;
		c->in->at = 0; /* whatever came is unread: linger */
		return;
	}
	c->fiber = fiber_self();
	/* Who asked for the connection's end may have closed its half already and still listen;
	 * anybody else who closes is gone. */
	sock_cancels(c->sock, c->fiber, x->head.keep_alive);
	if (!c->server->closed)
		c->server->conf.handle(&x->call);
	sock_cancels(c->sock, NULL, false);
	if (!x->call.answered && answer_refusal(x, 500, "the request was not answered").code)
		x->keep = false;
	c->fiber = NULL;
}

static struct exchange *exchange_new(struct conn *c)
{
	struct http_server *s = c->server;
	struct arena *a = server_arena(s);
	struct exchange *x = arena_new(a, struct exchange);
	x->conn = c;
	x->call = (struct http_call){ .arena = a,
		                      .loop = s->local->loop,
		                      .sock = c->sock,
		                      .request = &x->request,
		                      .arg = s->conf.arg,
		                      .answer = h1_answer };
	return x;
}

struct exchange *exchange_read(struct conn *c)
{
	struct exchange *x = exchange_new(c);
	x->head.seen = c->scanned;
	err e = h1_request(x->call.arena, read_buf_window(c->in), &c->server->conf.limits.head,
	                   &x->request, &x->head);
	if (!e.code && x->head.size == 0) {
		struct arena *a = x->call.arena;
		c->scanned = x->head.seen;
		server_give_arena(c->server, &a);
		return NULL;
	}
	c->scanned = 0;
	x->call.received_start_ms = c->head_start_ms;
	x->call.received_end_ms = loop_utc_ms(x->call.loop);
	x->interim.pass = h1_interim;
	if (x->request.version >= 11) /* RFC 9110 §15.2: not to HTTP/1.0 */
		x->call.interim = &x->interim;
	if (!e.code)
		body_begin(x);
	return x;
}

struct exchange *exchange_refused(struct conn *c, unsigned status, const char *what)
{
	struct exchange *x = exchange_new(c);
	x->head.bad_status = status;
	x->head.bad = what;
	c->scanned = 0;
	return x;
}
