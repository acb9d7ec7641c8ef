/* SPDX-License-Identifier: Apache-2.0 */
/* A connection from one request to the next: the loop reads heads and minds the clock, a fiber runs each
 * exchange.
 * While a fiber has it (CONN_BUSY), nothing here touches it.
 * Source: RFC 9112 §9.3 to §9.6. */
#include "http/h1_conn.h"

#include "http/exchange.h"
#include "http/h2_front.h"

enum { RESTING = 1024 };

static void advance(struct conn *);
static void time_up(void *);

static bool rest(struct conn *c, struct exchange *x)
{
	if (c->state == CONN_RESTING)
		return true;
	if (c->server->n_resting == RESTING)
		return false;
	c->server->n_resting++;
	c->state = CONN_RESTING;
	c->resting = x;
	conn_arm(c, c->server->conf.limits.head_ms, time_up);
	return true;
}

static void rested(struct conn *c)
{
	c->server->n_resting -= c->resting != NULL;
	c->resting = NULL;
}

/* Waits for the rest of the request, if there are not too many who do; or for the next one; or ends. */
static void go_on(struct exchange *x)
{
	struct conn *c = x->conn;
	struct http_server *s = c->server;
	bool read = exchange_rest_is_read(x);
	if (!read && !s->closed && rest(c, x))
		return;
	bool keep = read && x->keep && !s->closed, all_read = !x->streams || x->body.over;
	exchange_drop(x);
	rested(c);
	size_t left = c->in->end - c->in->at;
	c->served = true;
	if (!keep && (s->closed || sock_ended(c->sock) || (all_read && !left))) {
		conn_close(c);
	} else if (!keep) {
		conn_linger(c);
	} else if (left) {
		memmove(c->in->bytes, c->in->bytes + c->in->at, left);
		c->in->at = 0;
		c->in->end = left;
		advance(c);
	} else {
		read_buf_give(s->local, &c->in);
		advance(c);
	}
}

static void run(void *arg)
{
	exchange_run(arg);
	go_on(arg);
}

static void start(struct exchange *x)
{
	struct conn *c = x->conn;
	c->state = CONN_BUSY;
	timer_set(x->call.loop, &c->timer, NEVER, NULL, NULL); /* set anew before it could be due */
	if (!fiber_start(x->call.loop, run, x).code)
		return;
	answer_at_once(x, 503, "too many requests are running");
	exchange_drop(x);
	conn_linger(c);
}

/* Whether what came is enough to begin: an exchange, or another protocol. */
static bool begun(struct conn *c)
{
	bool more;
	if (h2_asked(c, read_buf_window(c->in), &more)) {
		if (!more)
			h2_front_begin(c);
		return !more;
	}
	struct exchange *x = exchange_read(c);
	if (x)
		start(x);
	return x != NULL;
}

/* A head that is not whole yet, or nothing: by when the next byte must come. */
static void wait_for_head(struct conn *c, bool first_bytes)
{
	const struct http_limits *limits = &c->server->conf.limits;
	if (!c->in)
		conn_arm(c, c->served ? limits->idle_ms : limits->head_ms, time_up);
	else if (first_bytes)
		conn_arm(c, limits->head_ms, time_up);
}

static void make_room(struct conn *c)
{
	struct http_local *local = c->server->local;
	if (!c->in)
		c->in = read_buf_take(local, READ_BUF);
	else if (c->in->end == c->in->cap) /* the scanner refuses a head long before this is full */
		read_buf_grow(local, &c->in, c->server->conf.limits.head.head + READ_BUF);
}

/* One read.  False: there is nothing to read now, or the connection is gone. */
static bool read_some(struct conn *c)
{
	size_t got = 0;
	make_room(c);
	struct read_buf *b = c->in;
	bool was_empty = b->end == 0;
	err e = sock_try_read(c->sock, b->bytes + b->end, b->cap - b->end, &got);
	if (e.code || (!got && sock_ended(c->sock))) {
		conn_close(c);
		return false;
	}
	b->end += got;
	if (was_empty && got)
		c->head_start_ms = loop_utc_ms(c->server->local->loop);
	if (b->end == 0)
		read_buf_give(c->server->local, &c->in);
	if (!got)
		wait_for_head(c, false);
	return got > 0;
}

static void advance(struct conn *c)
{
	bool first = true;
	c->state = CONN_WAITING;
	if (c->in) { /* pipelined: the next request is here already, or begins here */
		c->head_start_ms = loop_utc_ms(c->server->local->loop);
		if (begun(c))
			return;
		wait_for_head(c, true);
		first = false;
	}
	while (read_some(c)) {
		if (begun(c))
			return;
		wait_for_head(c, first);
		first = false;
	}
}

static void shake_hands(struct conn *c)
{
	bool done;
	if (sock_try_handshake(c->sock, &done).code)
		conn_close(c);
	else if (done && str_eq(sock_tls_protocol(c->sock), S("h2")))
		h2_front_begin(c);
	else if (done)
		advance(c);
}

static void on_ready(void *arg, unsigned ready)
{
	struct conn *c = arg;
	if (c->state == CONN_HANDSHAKE) { /* it may wait for either direction */
		shake_hands(c);
		return;
	}
	if (!(ready & (READY_READ | READY_HUP | READY_BROKEN)))
		return;
	if (c->state == CONN_RESTING) {
		go_on(c->resting);
	} else if (c->state == CONN_WAITING &&
	           c->in) { /* the rest of a head: its clock runs already */
		while (read_some(c))
			if (begun(c))
				return;
	} else if (c->state == CONN_WAITING) {
		advance(c);
	}
}

static void time_up(void *arg)
{
	struct conn *c = arg;
	if (c->state == CONN_WAITING && c->in)
		start(exchange_refused(c, 408, "the request's head did not come in time"));
	else if (c->state != CONN_BUSY)
		conn_close(c);
}

static void cancel(struct conn *c)
{
	if (c->state != CONN_BUSY)
		conn_close(c);
	else if (c->fiber)
		fiber_cancel(c->fiber);
}

static void finish(struct conn *c)
{
	if (c->resting)
		exchange_drop(c->resting);
	rested(c);
}

static const struct protocol h1 = { .cancel = cancel, .finish = finish };

void h1_conn_begin(void *arg)
{
	struct conn *c = arg;
	if (!conn_open(c))
		return;
	c->state = c->server->tls ? CONN_HANDSHAKE : CONN_WAITING;
	conn_speak(c, &h1, on_ready);
	conn_arm(c, c->server->conf.limits.head_ms, time_up);
}
