/* SPDX-License-Identifier: Apache-2.0 */
/* The connections of store/pg_pool.h.
 * A connection that is given back goes to the first of its loop that waits.
 * Source: house. */
#include "store/pg_pool.h"

#include "base/log.h"
#include "rt/fiber.h"

enum { WAIT_MS = 10000 };

struct pg_turn { /* a fiber that waits for a connection */
	struct pg_turn *next;
	struct loop *loop;
	struct pg_conn *conn;
	bool given;
	struct waker waker;
};

struct pg_loop {
	struct pg_loop *next;
	struct loop *loop;
	unsigned n; /* connections out and idle */
};

static struct loop *my_loop(void) { return fiber_self() ? loop_self() : NULL; }

/* ---- with the lock held ---- */
static unsigned *count_locked(struct pg_pool *o, struct loop *loop)
{
	struct pg_loop *c = o->loops;
	while (c && c->loop != loop)
		c = c->next;
	if (!c) {
		c = arena_new(o->arena, struct pg_loop);
		*c = (struct pg_loop){ o->loops, loop, 0 };
		o->loops = c;
	}
	return &c->n;
}

static struct pg_conn *idle_locked(struct pg_pool *o, struct loop *loop)
{
	for (struct pg_conn **at = &o->idle; *at; at = &(*at)->next) {
		struct pg_conn *p = *at;
		if (p->loop == loop) {
			*at = p->next;
			return p;
		}
	}
	return NULL;
}

static struct pg_conn *unused_locked(struct pg_pool *o, struct loop *loop)
{
	struct pg_conn *p = o->unused;
	if (p)
		o->unused = p->next;
	else
		p = arena_new(o->arena, struct pg_conn);
	p->loop = loop;
	(*count_locked(o, loop))++;
	return p;
}

static void turn_leave_locked(struct pg_pool *o, struct pg_turn *t)
{
	for (struct pg_turn **at = &o->turns; *at; at = &(*at)->next) {
		if (*at == t) {
			*at = t->next;
			return;
		}
	}
}

static void turn_join_locked(struct pg_pool *o, struct pg_turn *t)
{
	struct pg_turn **at = &o->turns;
	while (*at)
		at = &(*at)->next;
	*at = t;
}

static struct pg_conn *next_locked(struct pg_pool *o, struct loop *loop)
{
	struct pg_conn *p = idle_locked(o, loop);
	bool room = !loop || *count_locked(o, loop) < o->max;
	return p || !room ? p : unused_locked(o, loop);
}

/* ---- without ---- */
/* A connection of this loop's, perhaps not yet connected; waits its turn. */
static err slot_take(struct pg_pool *o, struct pg_conn **out)
{
	struct pg_turn t = { .loop = my_loop() };
	pthread_mutex_lock(&o->lock);
	*out = next_locked(o, t.loop);
	if (!*out)
		turn_join_locked(o, &t);
	pthread_mutex_unlock(&o->lock);
	if (*out)
		return DONE;
	err e = wait_waker(&t.waker, deadline_in(WAIT_MS));
	pthread_mutex_lock(&o->lock);
	if (!t.given)
		turn_leave_locked(o, &t);
	pthread_mutex_unlock(&o->lock);
	*out = t.conn;
	return t.given ? DONE : e.code == ERR_TIMEOUT ? FAIL(ERR_LIMIT) : e;
}

void pg_pool_give(struct pg_pool *o, struct pg_conn *p)
{
	if (p->c && p->broken)
		pg_disconnect(p);
	pthread_mutex_lock(&o->lock);
	struct pg_turn *t = o->turns;
	while (t && t->loop != p->loop)
		t = t->next;
	if (t) {
		turn_leave_locked(o, t);
		t->conn = p;
		t->given = true;
		wake(&t->waker);
	} else {
		struct pg_conn **list = p->c ? &o->idle : &o->unused;
		if (!p->c)
			(*count_locked(o, p->loop))--;
		p->next = *list;
		*list = p;
	}
	pthread_mutex_unlock(&o->lock);
}

err pg_pool_take(struct pg_pool *o, struct pg_conn **out)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	err e = slot_take(o, out);
	if (!e.code && (*out)->c && !pg_is_alive(*out))
		pg_disconnect(*out);
	if (!e.code && !(*out)->c) {
		e = pg_connect(*out, o->url, &diag);
		if (e.code) {
			log_error("store_connect", LOG_STR("error", diag_text(a, &diag)));
			pg_pool_give(o, *out);
		}
	}
	arena_destroy(&a);
	return e;
}

/* ---- start and end ---- */
void pg_pool_init(struct pg_pool *o, struct arena *a, const char *url, unsigned max)
{
	*o = (struct pg_pool){ .arena = a, .url = url, .max = max };
	pthread_mutex_init(&o->lock, NULL);
}

void pg_pool_finish(struct pg_pool *o)
{
	for (struct pg_conn *p = o->idle; p; p = p->next)
		pg_disconnect(p);
	pthread_mutex_destroy(&o->lock);
}
