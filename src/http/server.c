/* SPDX-License-Identifier: Apache-2.0 */
/* The listening side: accepting within limits, draining, ending.
 * A server is freed when its owner has closed it and its last connection is gone.
 * Source: accept(2), house. */
#include "http/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "http/h2.h"
#include "rt/tls.h"

enum { ACCEPT_AT_ONCE = 64, RETRY_MS = 100 };

struct http_limits http_limits_default(void)
{
	return (struct http_limits){
		.head = { .line = 7168, .head = 32 * 1024, .headers = 128 },
		.head_ms = 20000,
		.idle_ms = 60000,
		.io_ms = 55000,
		.max_connections = 50000,
		.streams = 128,
		.arena_cap = 16 << 20,
	};
}

static void accept_some(void *arg);

static void try_later(struct http_server *s)
{
	log_warn("accept_failed", LOG_Z("why", strerror(errno)));
	s->paused = true;
	timer_set(s->local->loop, &s->retry, deadline_in(RETRY_MS), accept_some, s);
}

/* The edge is used until EAGAIN, a few dozen at a time, so that those who are in are served meanwhile. */
static void accept_some(void *arg)
{
	struct http_server *s = arg;
	s->paused = false;
	for (int i = 0; !s->draining; i++) {
		if (s->n_conns >= s->conf.limits.max_connections) {
			s->paused = true; /* the kernel's queue holds the others */
			return;
		}
		if (i == ACCEPT_AT_ONCE) {
			timer_set(s->local->loop, &s->retry, deadline_in(0), accept_some, s);
			return;
		}
		int fd = accept4(s->watch.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			conn_open(s, fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		           errno == ENOMEM) {
			try_later(s);
			return;
		} else if (errno == EAGAIN || errno == EBADF || errno == EINVAL) {
			return;
		} /* else: one that was gone before it was taken */
	}
}

static void on_listener(struct watch *w, unsigned ready)
{
	struct http_server *s = (struct http_server *)w;
	(void)ready;
	if (!s->paused)
		accept_some(s);
}

err http_serve(struct loop *l, int fd, struct tls_context *tls, const struct http_server_conf *conf,
               struct http_server **out)
{
	struct http_server *s = calloc(1, sizeof *s);
	must(s && conf->handle && conf->limits.max_connections > 0);
	s->watch = (struct watch){ .fd = fd, .fn = on_listener, .shared = true };
	err e = watch_add(l, &s->watch);
	if (e.code) {
		free(s);
		return e;
	}
	s->conf = *conf;
	s->local = local_hold(l);
	s->tls = tls;
	if (tls)
		tls_hold(tls);
	if (tls && conf->h2)
		tls_offer_h2(tls);
	*out = s;
	return DONE;
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

static void server_free(struct http_server *s)
{
	while (s->n_arenas)
		arena_destroy(&s->arenas[--s->n_arenas]);
	timer_cancel(&s->retry);
	tls_release(&s->tls);
	local_release(&s->local);
	free(s);
}

void server_ended_conn(struct http_server *s)
{
	if (s->closed && s->n_conns == 0)
		server_free(s);
	else if (s->paused && !s->retry.place)
		timer_set(s->local->loop, &s->retry, deadline_in(0), accept_some, s);
}

void http_server_use_tls(struct http_server *s, struct tls_context *tls)
{
	if (tls)
		tls_hold(tls);
	if (tls && s->conf.h2)
		tls_offer_h2(tls);
	tls_release(&s->tls);
	s->tls = tls;
}

void http_server_say_last(struct http_server *s)
{
	s->last = true;
	for (struct conn *c = s->conns; c; c = c->next)
		if (c->state == CONN_H2)
			h2_drain(c);
}

void http_server_drain(struct http_server *s)
{
	if (s->draining)
		return;
	if (!s->paused)
		accept_some(s); /* who is in the queue already was promised an answer */
	s->draining = true;
	http_server_say_last(s);
	timer_cancel(&s->retry);
	watch_remove(&s->watch);
}

struct http_connections http_server_connections(const struct http_server *s)
{
	return (struct http_connections){ s->n_conns, s->accepted };
}

bool http_server_idle(const struct http_server *s) { return s->n_conns == 0; }

void http_server_close(struct http_server **server)
{
	struct http_server *s = *server;
	*server = NULL;
	if (!s)
		return;
	s->n_conns++; /* so that it does not end under our feet */
	http_server_drain(s);
	s->closed = true;
	for (struct conn *c = s->conns, *next; c; c = next) {
		next = c->next;
		if (c->state == CONN_H2)
			h2_cancel(c);
		else if (c->state != CONN_BUSY)
			conn_close(c);
		else if (c->fiber)
			fiber_cancel(c->fiber);
	}
	s->n_conns--;
	server_ended_conn(s);
}
