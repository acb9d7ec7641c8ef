/* SPDX-License-Identifier: Apache-2.0 */
/* Pools of target connections.
 * A wire is either kept (in its origin's list, watched by the loop) or out with one fetch.
 * Source: RFC 9112 §9.3, §9.6. */
#include "http/pool.h"

#include <stdlib.h>
#include <string.h>

#include "http/h2_target.h"
#include "rt/tls.h"

enum { BUCKETS = 256, MAX_KEPT = 1024 };

struct waiting { /* a fiber that leaves it to another to connect */
	struct waiting *next;
	struct waker waker;
};

struct origin {
	struct http_pool *pool;
	struct origin *next; /* in its bucket */
	struct wire *first, *last;
	struct h2_target *h2s;
	struct waiting *waiting; /* for what is being made */
	unsigned connecting;
	unsigned n_kept, users; /* users: fetches; both 0: it is freed */
	uint64_t hash;
	struct tls_context *tls;
	unsigned port;
	bool h2;
	bool spoke_h2;      /* when it was last connected to */
	struct timer timer; /* at the next expiry of a kept wire, or earlier */
	str host;
	char host_bytes[];
};

struct http_pool {
	struct http_local *local;
	struct origin *buckets[BUCKETS];
};

struct http_pool *http_pool_create(struct http_local *local)
{
	struct http_pool *p = calloc(1, sizeof *p);
	must(p);
	p->local = local;
	return p;
}

void http_pool_destroy(struct http_pool **pool)
{
	struct http_pool *p = *pool;
	*pool = NULL;
	http_pool_close_idle(p);
	for (size_t i = 0; i < BUCKETS; i++)
		must(!p->buckets[i]);
	free(p);
}

static void origin_free(struct origin *o)
{
	struct origin **at = &o->pool->buckets[o->hash % BUCKETS];
	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	timer_cancel(&o->timer);
	tls_release(&o->tls);
	free(o);
}

static void origin_free_if_unused(struct origin *o)
{
	if (!o->users && !o->n_kept)
		origin_free(o);
}

struct origin *origin_hold(struct http_pool *p, const struct http_origin *from)
{
	uint64_t hash = (from->host_hash ? from->host_hash : str_hash(from->host)) ^ from->port;
	struct origin **bucket = &p->buckets[hash % BUCKETS], *o = *bucket;
	for (; o; o = o->next)
		if (o->hash == hash && o->port == from->port && o->tls == from->tls &&
		    o->h2 == from->h2 && str_eq(o->host, from->host))
			break;
	if (!o) {
		o = calloc(1, sizeof *o + from->host.n);
		must(o);
		memcpy(o->host_bytes, from->host.p, from->host.n);
		o->host = str_from(o->host_bytes, from->host.n);
		o->port = from->port;
		o->h2 = from->h2;
		o->tls = from->tls;
		if (o->tls)
			tls_hold(o->tls);
		o->hash = hash;
		o->pool = p;
		o->next = *bucket;
		*bucket = o;
	}
	o->users++;
	return o;
}

void origin_release(struct origin **origin)
{
	struct origin *o = *origin;
	*origin = NULL;
	if (!o)
		return;
	o->users--;
	origin_free_if_unused(o);
}

void origin_share(struct origin *o) { o->users++; }
struct http_local *origin_local(const struct origin *o) { return o->pool->local; }
struct h2_target **origin_h2(struct origin *o) { return &o->h2s; }

static void unlink_wire(struct wire *w)
{
	struct origin *o = w->origin;
	*(w->prev ? &w->prev->next : &o->first) = w->next;
	*(w->next ? &w->next->prev : &o->last) = w->prev;
	w->prev = w->next = NULL;
	o->n_kept--;
	sock_on_ready(w->sock, NULL, NULL);
}

static void close_kept(struct wire *w)
{
	unlink_wire(w);
	wire_close(&w);
}

void http_pool_close_idle(struct http_pool *p)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct origin *o = p->buckets[i], *next; o; o = next) {
			next = o->next;
			o->users++;
			for (struct wire *w = o->first, *after; w; w = after) {
				after = w->next;
				close_kept(w);
			}
			h2_targets_close_idle(o->h2s);
			origin_release(&o);
		}
	}
}

/* A kept wire stirs: its target closed it, or says something that nobody asked for.  (TLS may have had
 * something to say to itself: then there is nothing to read.) */
static void stirred(void *arg, unsigned ready)
{
	struct wire *w = arg;
	struct origin *o = w->origin;
	char byte;
	size_t got = 0;
	if (!(ready & (READY_READ | READY_HUP | READY_BROKEN)))
		return;
	if (!sock_try_read(w->sock, &byte, 1, &got).code && got == 0 && !sock_ended(w->sock))
		return;
	close_kept(w);
	origin_free_if_unused(o);
}

/* From the oldest on; what is kept longer than others may stand behind them, so all are looked at. */
static void expire(void *arg)
{
	struct origin *o = arg;
	int64_t now = loop_now_ms(o->pool->local->loop), next_ms = INT64_MAX;
	for (struct wire *w = o->last, *before; w; w = before) {
		before = w->prev;
		if (w->expires_ms <= now)
			close_kept(w);
		else if (w->expires_ms < next_ms)
			next_ms = w->expires_ms;
	}
	if (o->first)
		timer_set(o->pool->local->loop, &o->timer, (deadline){ next_ms }, expire, o);
	origin_free_if_unused(o);
}

struct wire *wire_take(struct origin *o)
{
	struct wire *w = o->first;
	if (w)
		unlink_wire(w);
	return w;
}

/* As many streams go on one connection, one fiber makes it, and the others take their places on it. */
err origin_wait(struct origin *o, deadline until, bool *waited)
{
	struct waiting w = { .next = o->waiting };
	*waited = o->connecting && (o->h2 || o->spoke_h2);
	if (!*waited)
		return DONE;
	o->waiting = &w;
	err e = wait_waker(&w.waker, until);
	struct waiting **at = &o->waiting;
	while (*at && *at != &w)
		at = &(*at)->next;
	if (*at)
		*at = w.next;
	return e;
}

static err connect(struct origin *o, deadline until, struct sock **out, bool *h2)
{
	struct sock *s;
	TRY(sock_connect(o->host, o->port, o->tls, *h2, until, &s));
	*h2 = o->tls ? str_eq(sock_tls_protocol(s), S("h2")) : o->h2;
	if (o->h2 && !*h2) {
		sock_close(&s);
		return FAIL(ERR_SYNTAX);
	}
	*out = s;
	o->spoke_h2 = *h2;
	return DONE;
}

err origin_connect(struct origin *o, deadline until, struct sock **out, bool *h2)
{
	o->connecting++;
	err e = connect(o, until, out, h2);
	o->connecting--;
	for (struct waiting *w = o->waiting; w; w = w->next)
		wake(&w->waker);
	o->waiting = NULL;
	return e;
}

struct wire *wire_new(struct origin *o, struct sock *s)
{
	struct wire *w = calloc(1, sizeof *w);
	must(w);
	w->sock = s;
	w->origin = o;
	return w;
}

void wire_keep(struct wire **wire, int64_t keep_ms)
{
	struct wire *w = *wire;
	struct origin *o = w->origin;
	struct http_local *local = o->pool->local;
	char byte;
	size_t got;
	/* What was told already is not told again: an end that came with the answer shows only here. */
	if (local->drained || keep_ms <= 0 || sock_try_read(w->sock, &byte, 1, &got).code || got ||
	    sock_ended(w->sock)) {
		wire_close(wire);
		return;
	}
	*wire = NULL;
	if (o->n_kept >= MAX_KEPT)
		close_kept(o->last);
	w->expires_ms = loop_now_ms(local->loop) + keep_ms;
	w->next = o->first;
	*(o->first ? &o->first->prev : &o->last) = w;
	o->first = w;
	o->n_kept++;
	sock_on_ready(w->sock, stirred, w);
	if (!o->timer.place || o->timer.at_ms > w->expires_ms)
		timer_set(local->loop, &o->timer, (deadline){ w->expires_ms }, expire, o);
}

void wire_close(struct wire **wire)
{
	struct wire *w = *wire;
	*wire = NULL;
	if (!w)
		return;
	sock_close(&w->sock);
	free(w);
}
