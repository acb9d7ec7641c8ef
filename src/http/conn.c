/* SPDX-License-Identifier: Apache-2.0 */
/* A connection whatever is spoken on it: opened, lingering, closed; and the arenas of its server's exchanges.
 * Once it lingers or is closed, its protocol hears of it no more.
 * Source: RFC 9112 §9.6. */
#include "http/conn.h"

#include <stdlib.h>

enum { FIRST_BLOCK = 8 * 1024, LINGER_MS = 2000 };

static const struct protocol silence = { .cancel = conn_close };

struct conn *conn_make(struct http_server *s, int fd)
{
	struct conn *c = calloc(1, sizeof *c);
	must(c);
	c->server = s;
	c->protocol = &silence;
	c->fd = fd;
	atomic_fetch_add_explicit(&s->n_conns, 1, memory_order_relaxed);
	return c;
}

bool conn_open(struct conn *c)
{
	struct http_server *s = c->server;
	c->sock = sock_accepted(s->local->loop, c->fd, s->tls);
	c->next = s->conns;
	if (c->next)
		c->next->prev = c;
	s->conns = c;
	s->accepted++;
	if (!s->closed)
		return true;
	conn_close(c); /* accepted before its server's end, and on its way here since */
	return false;
}

void conn_speak(struct conn *c, const struct protocol *protocol, void (*ready)(void *, unsigned))
{
	c->protocol = protocol;
	sock_on_ready(c->sock, ready, c);
}

void conn_arm(struct conn *c, int64_t ms, void (*time_up)(void *))
{
	struct loop *l = c->server->local->loop;
	timer_set(l, &c->timer, (deadline){ loop_now_ms(l) + ms }, time_up, c);
}

void conn_close(struct conn *c)
{
	struct http_server *s = c->server;
	*(c->prev ? &c->prev->next : &s->conns) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	timer_cancel(&c->timer);
	if (c->protocol->finish)
		c->protocol->finish(c);
	read_buf_give(s->local, &c->in);
	sock_close(&c->sock);
	free(c);
	atomic_fetch_sub_explicit(&s->n_conns, 1, memory_order_relaxed);
	s->lost(s);
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

static void on_ready(void *arg, unsigned ready)
{
	if (ready & (READY_READ | READY_HUP | READY_BROKEN))
		throw_away(arg);
}

static void time_up(void *conn) { conn_close(conn); }

void conn_linger(struct conn *c)
{
	if (c->protocol->finish)
		c->protocol->finish(c);
	conn_speak(c, &silence, on_ready);
	sock_shutdown(c->sock);
	conn_arm(c, LINGER_MS, time_up);
	throw_away(c);
}

struct arena *server_arena(struct http_server *s)
{
	if (s->n_arenas)
		return s->arenas[--s->n_arenas];
	return arena_create(FIRST_BLOCK, s->conf.limits.arena_cap);
}

void server_give_arena(struct http_server *s, struct arena **arena)
{
	struct arena *a = *arena;
	if (s->n_arenas == KEPT_ARENAS || s->closed) {
		arena_destroy(arena);
		return;
	}
	*arena = NULL;
	arena_reset(a);
	s->arenas[s->n_arenas++] = a;
}
