/* SPDX-License-Identifier: Apache-2.0 */
/* A connection between requests: the loop reads heads, minds the clock, lingers, closes.
 * While a fiber has it (CONN_BUSY), nothing here touches it.
 * Source: RFC 9112 §9.3 to §9.6. */
#include "http/h2_front.h"

#include <stdlib.h>

static struct loop *loop_of(const struct conn *c) { return c->server->local->loop; }

static void arm(struct conn *c, int64_t ms)
{
	timer_set(loop_of(c), &c->timer, (deadline){ loop_now_ms(loop_of(c)) + ms }, conn_time_up,
	          c);
}

void conn_close(struct conn *c)
{
	struct http_server *s = c->server;
	*(c->prev ? &c->prev->next : &s->conns) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	timer_cancel(&c->timer);
	h2_front_free(&c->h2);
	if (c->resting)
		exchange_drop(c->resting);
	conn_rested(c);
	read_buf_give(s->local, &c->in);
	sock_close(&c->sock);
	free(c);
	atomic_fetch_sub_explicit(&s->n_conns, 1, memory_order_relaxed);
	server_ended_conn(s);
}

/* Closing at once with bytes unread would reset the connection, and the answer with it
 * (RFC 9112 §9.6): our half is closed, and what comes in is read a while. */
static void throw_away(struct conn *c)
{
	struct read_buf *b = c->in ? c->in : (c->in = read_buf_take(c->server->local, READ_BUF));
	size_t got;
	do {
		if (sock_try_read(c->sock, b->bytes, b->cap, &got).code)
			break;
		c->lingered += (unsigned)got;
	} while (got && c->lingered < DRAIN_BYTES);
	read_buf_give(c->server->local, &c->in);
	if (sock_ended(c->sock) || c->lingered >= DRAIN_BYTES)
		conn_close(c);
}

void conn_linger(struct conn *c)
{
	c->state = CONN_LINGERING;
	sock_shutdown(c->sock);
	arm(c, LINGER_MS);
	throw_away(c);
}

bool conn_rest(struct conn *c, struct exchange *x)
{
	if (c->state == CONN_RESTING)
		return true;
	if (c->server->n_resting == RESTING)
		return false;
	c->server->n_resting++;
	c->state = CONN_RESTING;
	c->resting = x;
	arm(c, c->server->conf.limits.head_ms);
	return true;
}

void conn_rested(struct conn *c)
{
	c->server->n_resting -= c->resting != NULL;
	c->resting = NULL;
}

void conn_time_up(void *arg)
{
	struct conn *c = arg;
	if (c->state == CONN_H2)
		h2_time_up(c);
	else if (c->state == CONN_WAITING && c->in)
		exchange_refuse(c, 408, "the request's head did not come in time");
	else if (c->state != CONN_BUSY)
		conn_close(c);
}

/* A head that is not whole yet, or nothing: by when the next byte must come. */
static void wait_for_head(struct conn *c, bool first_bytes)
{
	const struct http_limits *limits = &c->server->conf.limits;
	if (!c->in)
		arm(c, c->served ? limits->idle_ms : limits->head_ms);
	else if (first_bytes)
		arm(c, limits->head_ms);
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
		c->head_start_ms = loop_utc_ms(loop_of(c));
	if (b->end == 0)
		read_buf_give(c->server->local, &c->in);
	if (!got)
		wait_for_head(c, false);
	return got > 0;
}

void conn_advance(struct conn *c)
{
	bool first = true;
	c->state = CONN_WAITING;
	if (c->in) { /* pipelined: the next request is here already, or begins here */
		c->head_start_ms = loop_utc_ms(loop_of(c));
		if (exchange_scan(c) == SCAN_STARTED)
			return;
		wait_for_head(c, true);
		first = false;
	}
	while (read_some(c)) {
		if (exchange_scan(c) == SCAN_STARTED)
			return;
		wait_for_head(c, first);
		first = false;
	}
}

static void on_ready(void *arg, unsigned ready)
{
	struct conn *c = arg;
	bool done;
	if (c->state == CONN_H2) {
		h2_work(&c->h2->h2);
		return;
	}
	/* A handshake may wait for either direction. */
	if (c->state != CONN_HANDSHAKE && !(ready & (READY_READ | READY_HUP | READY_BROKEN)))
		return;
	switch (c->state) {
	case CONN_HANDSHAKE:
		if (sock_try_handshake(c->sock, &done).code)
			conn_close(c);
		else if (done && str_eq(sock_tls_protocol(c->sock), S("h2")))
			h2_front_begin(c);
		else if (done)
			conn_advance(c);
		break;
	case CONN_WAITING:
		if (c->in) { /* the rest of a head: its clock runs already */
			while (read_some(c))
				if (exchange_scan(c) == SCAN_STARTED)
					return;
		} else {
			conn_advance(c);
		}
		break;
	case CONN_RESTING:
		exchange_go_on(c->resting);
		break;
	case CONN_LINGERING:
		throw_away(c);
		break;
	case CONN_BUSY:
	case CONN_H2:
		break;
	}
}

struct conn *conn_make(struct http_server *s, int fd)
{
	struct conn *c = calloc(1, sizeof *c);
	must(c);
	c->server = s;
	c->fd = fd;
	atomic_fetch_add_explicit(&s->n_conns, 1, memory_order_relaxed);
	return c;
}

void conn_begin(void *arg)
{
	struct conn *c = arg;
	struct http_server *s = c->server;
	c->sock = sock_accepted(s->local->loop, c->fd, s->tls);
	c->next = s->conns;
	if (c->next)
		c->next->prev = c;
	s->conns = c;
	s->accepted++;
	if (s->closed) { /* accepted for it before its end, and on its way here since */
		conn_close(c);
		return;
	}
	c->state = s->tls ? CONN_HANDSHAKE : CONN_WAITING;
	sock_on_ready(c->sock, on_ready, c);
	arm(c, s->conf.limits.head_ms);
}
