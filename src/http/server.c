/* SPDX-License-Identifier: Apache-2.0 */
/* The listening side: accepting within limits, draining, ending.
 * A server is freed when its owner has closed it and its last connection is gone.
 * Source: accept(2), house. */
#include "http/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "http/h1_conn.h"
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

static void accept_again(void *arg);

static void try_later(struct http_server *s, int64_t ms)
{
	timer_set(s->local->loop, &s->retry, deadline_in(ms), accept_again, s);
}

/* The kernel's queue, or another loop, has those who come meanwhile. */
static void pause_accepting(struct http_server *s)
{
	s->paused = true;
	watch_remove(&s->watch);
}

static size_t connections(struct http_server *s)
{
	return atomic_load_explicit(&s->n_conns, memory_order_relaxed);
}

/* Whose the next connection is.  One that moves costs two loops a turn, so a difference of an eighth stays. */
static struct http_server *with_fewest(struct http_server *s)
{
	struct http_server *best = s;
	size_t mine = connections(s), fewest = mine;
	for (size_t i = 0; i < s->n_peers; i++) {
		size_t n = connections(s->peers[i]);
		if (n < fewest) {
			fewest = n;
			best = s->peers[i];
		}
	}
	return mine - fewest > mine / 8 ? best : s;
}

/* Who is banned comes no further. */
static void take(struct http_server *s, int fd, const struct sockaddr_storage *peer)
{
	struct ban *ban = s->conf.ban;
	uint64_t from = ban ? ban_key(peer) : 0;
	if (ban && ban_has(ban, from, loop_now_ms(s->local->loop))) {
		close(fd);
		return;
	}
	struct http_server *to = with_fewest(s);
	struct conn *c = conn_make(to, fd);
	c->from = from;
	if (to == s)
		h1_conn_begin(c);
	else
		loop_post(to->local->loop, h1_conn_begin, c);
}

/* The edge is used until EAGAIN, a few dozen at a time, so that those who are in are served meanwhile. */
static void accept_some(struct http_server *s)
{
	for (int i = 0;; i++) {
		if (connections(s) >= s->conf.limits.max_connections) {
			pause_accepting(s);
			return;
		}
		if (i == ACCEPT_AT_ONCE) {
			try_later(s, 0);
			return;
		}
		struct sockaddr_storage peer;
		socklen_t n = sizeof peer;
		int fd = accept4(s->watch.fd, (struct sockaddr *)&peer, &n,
		                 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			take(s, fd, &peer);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		           errno == ENOMEM) {
			log_warn("accept_failed", LOG_Z("why", strerror(errno)));
			pause_accepting(s);
			try_later(s, RETRY_MS);
			return;
		} else if (errno == EAGAIN || errno == EBADF || errno == EINVAL) {
			return;
		} /* else: one that was gone before it was taken */
	}
}

static void on_listener(struct watch *w, unsigned ready)
{
	(void)ready;
	accept_some((struct http_server *)w);
}

/* What waits in the queue makes an edge of watch_add(), too. */
static err accept_now(struct http_server *s)
{
	s->paused = false;
	if (!s->watch.loop)
		return watch_add(s->local->loop, &s->watch);
	accept_some(s);
	return DONE;
}

static void accept_again(void *arg)
{
	if (accept_now(arg).code)
		try_later(arg, RETRY_MS);
}

err http_server_accept(struct http_server *s)
{
	s->draining = s->last = false;
	return accept_now(s);
}

void http_servers_balance(struct http_server *const *servers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		servers[i]->peers = servers;
		servers[i]->n_peers = n;
	}
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

static void lost(struct http_server *s)
{
	if (s->closed && !connections(s))
		server_free(s);
	else if (s->paused && !s->retry.place)
		try_later(s, 0);
}

struct http_server *http_serve(struct loop *l, int fd, struct tls_context *tls,
                               const struct http_server_conf *conf)
{
	struct http_server *s = calloc(1, sizeof *s);
	must(s && conf->handle && conf->limits.max_connections > 0);
	s->watch = (struct watch){ .fd = fd, .fn = on_listener, .shared = true };
	s->conf = *conf;
	s->lost = lost;
	s->local = local_hold(l);
	s->tls = tls;
	if (tls)
		tls_hold(tls);
	if (tls && conf->h2)
		tls_offer_h2(tls);
	return s;
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
		if (c->protocol->last)
			c->protocol->last(c);
}

void http_server_drain(struct http_server *s)
{
	if (s->draining)
		return;
	if (s->watch.loop)
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
		c->protocol->cancel(c);
	}
	s->n_conns--;
	lost(s);
}
