/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite in a folder: one writer thread, readers on the store_read lane, a listener for a second process.
 * A connection that reads is used by one job of the lane at a time, and kept for the next.
 * Source: sqlite.org/wal.html; house (docs/why/group_commit.md). */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "rt/fiber.h"
#include "store/sqlite_writer.h"

enum { POLL_MS = 250 };

struct reader {
	struct reader *next;
	struct lite conn;
};

struct sqlite {
	struct db db;
	struct arena *arena;
	const char *file;
	struct folder folder;
	struct writer writer;

	pthread_t listener; /* once there is somebody to be told */
	sem_t over;
	void (*heard)(void *arg);
	void *heard_arg;

	pthread_mutex_t lock;   /* guards what follows, and the arena */
	struct reader *readers; /* the idle ones */
};

static struct sqlite *of_db(struct db *db) { return (struct sqlite *)db; }

/* ---- writing ---- */
static err outer_tx(struct db *db, err (*fn)(struct db *, void *), void *arg)
{
	return writer_run(&of_db(db)->writer, fn, arg);
}

struct exec_call {
	const char *sql;
	struct db_args args;
	int64_t *changed;
};

static err run_exec(struct db *tx, void *arg)
{
	struct exec_call *c = arg;
	return tx->driver->exec(tx, c->sql, c->args, c->changed);
}

static err outer_exec(struct db *db, const char *sql, struct db_args args, int64_t *changed)
{
	struct exec_call call = { sql, args, changed };
	return outer_tx(db, run_exec, &call);
}

static bool outer_queue(struct db *db, uint64_t *waiting)
{
	*waiting = writer_waiting(&of_db(db)->writer);
	return true;
}

/* ---- reading ---- */
static struct reader *reader_take(struct sqlite *q)
{
	pthread_mutex_lock(&q->lock);
	struct reader *r = q->readers;
	if (r)
		q->readers = r->next;
	else
		r = arena_new(q->arena, struct reader);
	pthread_mutex_unlock(&q->lock);
	return r;
}

static void reader_give(struct sqlite *q, struct reader *r)
{
	pthread_mutex_lock(&q->lock);
	r->next = q->readers;
	q->readers = r;
	pthread_mutex_unlock(&q->lock);
}

struct query_call {
	struct sqlite *q;
	struct arena *arena;
	const char *sql;
	struct db_args args;
	struct db_rows *out;
	err result;
};

static void run_query(void *arg)
{
	struct query_call *c = arg;
	struct reader *r = reader_take(c->q);
	struct diag diag = { .arena = c->arena };
	c->result = r->conn.h ? DONE : lite_open(&r->conn, c->q->file, false, &diag);
	if (!c->result.code)
		c->result = lite_query(c->arena, &r->conn, c->sql, c->args, c->out);
	reader_give(c->q, r);
}

static err outer_query(struct arena *a, struct db *db, const char *sql, struct db_args args,
                       struct db_rows *out)
{
	struct query_call call = { of_db(db), a, sql, args, out, DONE };
	TRY(offload(LANE_STORE_READ, run_query, &call));
	return call.result;
}

/* ---- listening ---- */
/* The other process of a hand-over may have changed something. */
static void *listen_all(void *arg)
{
	struct sqlite *q = arg;
	pthread_setname_np(pthread_self(), "store-listen");
	for (;;) {
		int64_t at_ns = clock_mono_ns() + POLL_MS * INT64_C(1000000);
		struct timespec at = { at_ns / 1000000000, at_ns % 1000000000 };
		int rc;
		while ((rc = sem_clockwait(&q->over, CLOCK_MONOTONIC, &at)) && errno == EINTR)
			;
		if (!rc)
			return NULL;
		q->heard(q->heard_arg);
	}
}

static void start_listening(struct db *db, void (*fn)(void *), void *arg)
{
	struct sqlite *q = of_db(db);
	q->heard = fn;
	q->heard_arg = arg;
	q->listener = store_thread(listen_all, q);
}

/* ---- opening and closing ---- */
static int outer_lock(const struct db *db) { return ((const struct sqlite *)db)->folder.lock; }

static void close_rest(struct sqlite *q)
{
	folder_close(&q->folder);
	pthread_mutex_destroy(&q->lock);
	sem_destroy(&q->over);
	arena_destroy(&(struct arena *){ q->arena });
}

static void outer_close(struct db *db)
{
	struct sqlite *q = of_db(db);
	sem_post(&q->over);
	if (q->heard)
		pthread_join(q->listener, NULL);
	for (struct reader *r = q->readers; r; r = r->next)
		if (r->conn.h)
			lite_close(&r->conn);
	writer_close(&q->writer);
	close_rest(q);
}

static const struct driver outer = { .exec = outer_exec,
	                             .query = outer_query,
	                             .tx = outer_tx,
	                             .listen = start_listening,
	                             .queue = outer_queue,
	                             .lock = outer_lock,
	                             .close = outer_close };

err sqlite_open(const struct db_options *o, struct diag *diag, struct db **out)
{
	struct arena *a = arena_create(0, 0);
	struct sqlite *q = arena_new(a, struct sqlite);
	str folder = str_sub(o->location, S("sqlite:").n, STR_NPOS);
	*q = (struct sqlite){ .db.driver = &outer, .arena = a };
	q->file = str_z(a, str_fmt(a, "%.*s/gatehouse.db", STR(folder)));
	pthread_mutex_init(&q->lock, NULL);
	sem_init(&q->over, 0, 0);
	err e = folder_open(&q->folder, str_z(a, folder), o->lock, diag);
	if (!e.code)
		e = writer_open(&q->writer, q->file, &q->folder, diag);
	if (e.code) {
		close_rest(q);
		return e;
	}
	*out = &q->db;
	e = migrate(*out, diag);
	if (e.code)
		db_close(out);
	return e;
}
