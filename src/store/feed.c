/* SPDX-License-Identifier: Apache-2.0 */
/* Changes: made under one lock row, numbered in commit order, told to caches and consumers.
 * Nobody hears of a change before it is committed; a reader that missed rows is told that it lost some.
 * Source: house ("a change"). */
#include <string.h>
#include <time.h>

#include "rt/fiber.h"
#include "store/inside.h"

enum { CHANGES_AT_ONCE = 1000, CHANGES_KEPT = 100000 };

#define KIND_NAME(k) #k,
static const char *const kind_names[FEED_N] = { FEED_KINDS(KIND_NAME) };

struct feed_reader {
	struct feed_reader *next;
	struct store *store;
	void (*wake)(void *arg);
	void *arg;
	int64_t done; /* guarded by the feed's lock */
};

struct feed_wait {
	struct feed_wait *next;
	int64_t seq;
	bool over;
	struct waker waker;
};

static void raise_to(_Atomic(int64_t) *at, int64_t seq)
{
	int64_t was = atomic_load(at);
	while (was < seq && !atomic_compare_exchange_weak(at, &was, seq))
		;
}

/* ---- making a change ---- */
struct steps {
	struct store_step *v;
	size_t n;
};

static err number_change(struct db *tx, struct change *c)
{
	struct db_rows rows;
	struct arena *a = arena_create(256, 0);
	err e = one_row(a, tx, "UPDATE feed_head SET seq = seq + 1 WHERE id = 1 RETURNING seq",
	                DB_NO_ARGS, &rows);
	if (!e.code)
		c->seq = rows.v[0].i;
	arena_destroy(&a);
	return e;
}

static err run_step(struct db *tx, const struct store_step *step)
{
	struct change *c = step->change;
	TRY(number_change(tx, c));
	c->at_ms = clock_ms();
	TRY(step->fn(tx, step->arg)); /* it may still name what it changed */
	TRY(db_exec(tx,
	            "INSERT INTO change (seq, at_ms, kind, org, env, name) VALUES ($1, $2, $3, $4, "
	            "$5, $6)",
	            DB_ARGS(DB_I(c->seq), DB_I(c->at_ms), DB_T(str_from_z(kind_names[c->kind])),
	                    DB_T(c->org), DB_T(c->env), DB_T(c->name)),
	            NULL));
	TRY(db_exec(tx, "DELETE FROM change WHERE seq <= $1", DB_ARGS(DB_I(c->seq - CHANGES_KEPT)),
	            NULL));
	return db_exec(tx, "SELECT pg_notify('gatehouse', $1)", DB_ARGS(DB_T(S("change"))), NULL);
}

static err run_steps(struct db *tx, void *arg)
{
	struct steps *all = arg;
	for (size_t i = 0; i < all->n; i++)
		TRY(run_step(tx, &all->v[i]));
	return DONE;
}

static void tell_readers(struct store *st, const struct change *c)
{
	raise_to(&st->feed.head, c->seq);
	pthread_mutex_lock(&st->feed.lock);
	for (struct feed_reader *r = st->feed.readers; r; r = r->next)
		r->wake(r->arg);
	pthread_mutex_unlock(&st->feed.lock);
}

err store_changes(struct store *st, struct store_step *v, size_t n)
{
	TRY(db_tx(st->db, run_steps, &(struct steps){ v, n }));
	for (size_t i = 0; i < n; i++) {
		cache_changed(st, v[i].change);
		raise_to(&st->feed.committed, v[i].change->seq);
		tell_readers(st, v[i].change);
	}
	return DONE;
}

err store_change(struct store *st, struct change *c, err (*fn)(struct db *, void *), void *arg)
{
	return store_changes(st, &(struct store_step){ c, fn, arg }, 1);
}

/* ---- consumers ---- */
int64_t feed_head(struct store *st) { return atomic_load(&st->feed.head); }

struct feed_reader *feed_attach(struct store *st, void (*wake_fn)(void *), void *arg)
{
	pthread_mutex_lock(&st->feed.lock);
	struct feed_reader *r = arena_new(st->arena, struct feed_reader);
	*r = (struct feed_reader){ st->feed.readers, st, wake_fn, arg, feed_head(st) };
	st->feed.readers = r;
	pthread_mutex_unlock(&st->feed.lock);
	return r;
}

/* With the lock held: is seq applied by all? */
static bool applied(const struct feed *f, int64_t seq)
{
	for (const struct feed_reader *r = f->readers; r; r = r->next)
		if (r->done < seq)
			return false;
	return true;
}

static void wake_waits(struct feed *f)
{
	for (struct feed_wait *w = f->waits; w; w = w->next) {
		if (!w->over && applied(f, w->seq)) {
			w->over = true;
			wake(&w->waker);
		}
	}
}

void feed_done(struct feed_reader *r, int64_t seq)
{
	struct feed *f = &r->store->feed;
	pthread_mutex_lock(&f->lock);
	if (r->done < seq)
		r->done = seq;
	wake_waits(f);
	pthread_mutex_unlock(&f->lock);
}

void feed_detach(struct feed_reader **rp)
{
	struct feed_reader *r = *rp;
	if (!r)
		return;
	struct feed *f = &r->store->feed;
	pthread_mutex_lock(&f->lock);
	for (struct feed_reader **at = &f->readers; *at; at = &(*at)->next) {
		if (*at == r) {
			*at = r->next;
			break;
		}
	}
	wake_waits(f);
	pthread_mutex_unlock(&f->lock);
	*rp = NULL;
}

static enum feed_kind kind_of(str name)
{
	int k = 0;
	while (k < FEED_N && !str_eq(name, str_from_z(kind_names[k])))
		k++;
	return (enum feed_kind)k; /* FEED_N: of a later release */
}

static err changes_after(struct arena *a, struct store *st, int64_t seq, struct list *out)
{
	struct db_rows rows;
	TRY(db_query(a, st->db,
	             "SELECT seq, at_ms, kind, org, env, name FROM change WHERE seq > $1 ORDER BY "
	             "seq LIMIT $2",
	             DB_ARGS(DB_I(seq), DB_I(CHANGES_AT_ONCE)), &rows));
	struct change *v = arena_array(a, struct change, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		const struct db_value *c = db_row(&rows, i);
		v[i] = (struct change){ c[0].i, c[1].i, kind_of(c[2].s), c[3].s, c[4].s, c[5].s };
	}
	*out = (struct list){ v, rows.n };
	return DONE;
}

err feed_next(struct arena *a, struct feed_reader *r, struct list *changes, bool *lost)
{
	pthread_mutex_lock(&r->store->feed.lock);
	int64_t done = r->done;
	pthread_mutex_unlock(&r->store->feed.lock);
	*lost = false;
	*changes = (struct list){ 0 };
	if (feed_head(r->store) <= done)
		return DONE;
	TRY(changes_after(a, r->store, done, changes));
	*lost = changes->n && ((struct change *)changes->v)[0].seq != done + 1;
	return DONE;
}

/* ---- waiting ---- */
static void wait_leave(struct feed *f, struct feed_wait *w)
{
	pthread_mutex_lock(&f->lock);
	for (struct feed_wait **at = &f->waits; *at; at = &(*at)->next) {
		if (*at == w) {
			*at = w->next;
			break;
		}
	}
	pthread_mutex_unlock(&f->lock);
}

static bool wait_join(struct feed *f, struct feed_wait *w)
{
	pthread_mutex_lock(&f->lock);
	bool ready = applied(f, w->seq);
	if (!ready) {
		w->next = f->waits;
		f->waits = w;
	}
	pthread_mutex_unlock(&f->lock);
	return !ready;
}

err feed_wait(struct store *st, int64_t seq, deadline d)
{
	struct feed_wait w = { .seq = seq };
	if (!wait_join(&st->feed, &w))
		return DONE;
	err e = DONE;
	if (fiber_self())
		e = wait_waker(&w.waker, d);
	else
		wait_end(&w.waker); /* a plain thread: tools and tests */
	wait_leave(&st->feed, &w);
	return e;
}

err feed_settle(struct store *st, deadline d)
{
	return feed_wait(st, atomic_load(&st->feed.committed), d);
}

/* ---- other nodes ---- */
/* On the listener's thread: what others changed is forgotten here before our consumers hear of it. */
static void listen_once(void *arg)
{
	struct store *st = arg;
	struct arena *a = arena_create(0, 0);
	struct list changes;
	do {
		if (changes_after(a, st, st->feed.read, &changes).code)
			break;
		atomic_store(&st->feed.heard_ms, clock_mono_ns() / 1000000);
		const struct change *v = changes.v;
		if (changes.n && v[0].seq != st->feed.read + 1)
			cache_forget_all(st);
		for (size_t i = 0; i < changes.n; i++)
			cache_changed(st, &v[i]);
		if (changes.n) {
			st->feed.read = v[changes.n - 1].seq;
			tell_readers(st, &v[changes.n - 1]);
		}
	} while (changes.n == CHANGES_AT_ONCE);
	arena_destroy(&a);
}

err feed_open(struct store *st)
{
	struct db_rows rows;
	struct arena *a = arena_create(256, 0);
	pthread_mutex_init(&st->feed.lock, NULL);
	err e = one_row(a, st->db, "SELECT seq FROM feed_head WHERE id = 1", DB_NO_ARGS, &rows);
	if (!e.code) {
		st->feed.read = rows.v[0].i;
		atomic_store(&st->feed.head, rows.v[0].i);
		atomic_store(&st->feed.committed, rows.v[0].i);
		atomic_store(&st->feed.heard_ms, clock_mono_ns() / 1000000);
		db_listen(st->db, listen_once, st);
	}
	arena_destroy(&a);
	return e;
}

void feed_close(struct store *st) { pthread_mutex_destroy(&st->feed.lock); }
