/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite in a folder: one writer thread that commits in groups, readers on the store_read lane.
 * A job is answered only when the COMMIT that holds it is on the disk; after a COMMIT that the disk refused
 * nothing is answered with success any more and the process ends.
 * Source: sqlite.org/wal.html; house (docs/why/group_commit.md). */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "rt/fiber.h"
#include "store/sqlite_conn.h"
#include "store/sqlite_folder.h"

enum { CHECKPOINT_PAGES = 2000, POLL_MS = 250, GRACE_STEPS = 100 /* of 10 ms */ };

struct job {
	struct job *next;
	err (*fn)(struct db *tx, void *arg);
	void *arg;
	err result;
	struct waker done;
};

struct reader {
	struct reader *next;
	struct lite conn;
};

struct sqlite {
	struct db db;
	struct arena *arena;
	const char *file;
	struct folder folder;

	pthread_t writer;
	struct db tx; /* what a job is given */
	struct lite conn;
	int wal_pages;
	bool broken;
	sem_t bell;

	pthread_t listener; /* once there is somebody to be told */
	sem_t over;
	void (*heard)(void *arg);
	void *heard_arg;

	pthread_mutex_t lock; /* guards what follows */
	struct job *head, **tail;
	uint64_t waiting;
	bool closing;
	struct reader *readers; /* the idle ones */
};

static struct sqlite *of_db(struct db *db) { return (struct sqlite *)db; }
static struct sqlite *of_tx(struct db *tx)
{
	return (struct sqlite *)((char *)tx - offsetof(struct sqlite, tx));
}

/* ---- inside a transaction ---- */
static err tx_exec(struct db *tx, const char *sql, struct db_args args, int64_t *changed)
{
	return lite_exec(&of_tx(tx)->conn, sql, args, changed);
}

static err tx_query(struct arena *a, struct db *tx, const char *sql, struct db_args args,
                    struct db_rows *out)
{
	return lite_query(a, &of_tx(tx)->conn, sql, args, out);
}

static err tx_tx(struct db *tx, err (*fn)(struct db *, void *), void *arg) { return fn(tx, arg); }

static err script(struct db *tx, const char *sql, struct diag *diag)
{
	sqlite3 *h = of_tx(tx)->conn.h;
	if (sqlite3_exec(h, sql, NULL, NULL, NULL) != SQLITE_OK)
		return diag_add(diag, ERR_STORE, 0, "the store's schema: %s", sqlite3_errmsg(h));
	return DONE;
}

/* ---- the writer ---- */
static err command(struct sqlite *q, const char *sql)
{
	return lite_exec(&q->conn, sql, DB_NO_ARGS, NULL);
}

static void answer(struct job *job)
{
	while (job) {
		struct job *next = job->next; /* the job is its caller's again once it is told */
		wake(&job->done);
		job = next;
	}
}

static void fail_all(struct job *job, enum err_code code)
{
	for (; job; job = job->next)
		if (!job->result.code)
			job->result = FAIL(code);
}

/* One job in its savepoint.  ERR_STORE in the answer: the whole transaction is gone. */
static err run_job(struct sqlite *q, struct job *job)
{
	TRY(command(q, "SAVEPOINT job"));
	job->result = job->fn(&q->tx, job->arg);
	if (sqlite3_get_autocommit(
		    q->conn.h)) /* SQLite itself rolled all back, e.g. for a full disk */
		return FAIL(ERR_STORE);
	if (job->result.code)
		TRY(command(q, "ROLLBACK TO job"));
	return command(q, "RELEASE job");
}

static err run_jobs(struct sqlite *q, struct job *group)
{
	TRY(command(q, "BEGIN IMMEDIATE"));
	for (struct job *job = group; job; job = job->next)
		TRY(run_job(q, job));
	return command(q, "COMMIT");
}

static err run_in_turn(struct sqlite *q, struct job *group)
{
	folder_begin(&q->folder);
	err e = run_jobs(q, group);
	folder_end(&q->folder);
	return e;
}

static bool disk_failed(struct sqlite *q)
{
	int rc = sqlite3_extended_errcode(q->conn.h) & 0xff;
	return rc == SQLITE_IOERR || rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
}

static void commit_group(struct sqlite *q, struct job *group)
{
	if (q->broken) {
		fail_all(group, ERR_STORE);
	} else if (run_in_turn(q, group).code) {
		q->broken = disk_failed(q);
		if (q->broken)
			log_error("store_broken", LOG_Z("error", sqlite3_errmsg(q->conn.h)),
			          LOG_Z("file", q->file),
			          LOG_Z("meaning", "the disk refused a commit; the server stops"));
		if (!sqlite3_get_autocommit(q->conn.h))
			(void)!command(q, "ROLLBACK").code;
		fail_all(group, ERR_STORE);
	}
	answer(group);
}

static int log_grew(void *arg, sqlite3 *h, const char *name, int pages)
{
	(void)h;
	(void)name;
	((struct sqlite *)arg)->wal_pages = pages;
	return SQLITE_OK;
}

/* Between groups, by the writer itself: a thread of its own never catches up with a busy writer. */
static void checkpoint(struct sqlite *q)
{
	if (q->wal_pages < CHECKPOINT_PAGES || q->broken)
		return;
	int rc = sqlite3_wal_checkpoint_v2(q->conn.h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc == SQLITE_OK || rc == SQLITE_BUSY)
		return;
	q->broken = (rc & 0xff) == SQLITE_IOERR;
	log_error("store_checkpoint", LOG_Z("error", sqlite3_errmsg(q->conn.h)),
	          LOG_Z("file", q->file));
}

static struct job *take_all(struct sqlite *q, bool *closing)
{
	pthread_mutex_lock(&q->lock);
	struct job *group = q->head;
	q->head = NULL;
	q->tail = &q->head;
	q->waiting = 0;
	*closing = q->closing;
	pthread_mutex_unlock(&q->lock);
	return group;
}

/* After a failed sync nobody knows what the disk holds: callers get their error, then it ends. */
static void end_process(struct sqlite *q)
{
	for (int i = 0; i < GRACE_STEPS; i++) {
		bool closing;
		struct job *group = take_all(q, &closing);
		fail_all(group, ERR_STORE);
		answer(group);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ 0, 10000000 }, NULL);
	}
	dprintf(STDERR_FILENO,
	        "gatehouse: %s: the disk refused a write; stopped, nothing was answered with "
	        "success since\n",
	        q->file);
	_exit(70);
}

static void *write_all(void *arg)
{
	struct sqlite *q = arg;
	bool closing = false;
	pthread_setname_np(pthread_self(), "store-write");
	while (!closing) {
		while (sem_wait(&q->bell) != 0)
			;
		for (struct job *group; (group = take_all(q, &closing));) {
			commit_group(q, group);
			if (q->broken)
				end_process(q);
			checkpoint(q);
		}
	}
	return NULL;
}

static void submit(struct sqlite *q, struct job *job)
{
	pthread_mutex_lock(&q->lock);
	bool ring = q->head == NULL;
	*q->tail = job;
	q->tail = &job->next;
	q->waiting++;
	pthread_mutex_unlock(&q->lock);
	if (ring)
		sem_post(&q->bell);
}

/* ---- outside of transactions ---- */
static err lite_tx(struct db *db, err (*fn)(struct db *, void *), void *arg)
{
	struct job job = { .fn = fn, .arg = arg };
	submit(of_db(db), &job);
	wait_end(&job.done);
	return job.result;
}

struct exec_call {
	const char *sql;
	struct db_args args;
	int64_t *changed;
};

static err run_exec(struct db *tx, void *arg)
{
	struct exec_call *c = arg;
	return tx_exec(tx, c->sql, c->args, c->changed);
}

static err outer_exec(struct db *db, const char *sql, struct db_args args, int64_t *changed)
{
	struct exec_call call = { sql, args, changed };
	return lite_tx(db, run_exec, &call);
}

static struct reader *reader_take(struct sqlite *q)
{
	pthread_mutex_lock(&q->lock);
	struct reader *r = q->readers;
	if (r)
		q->readers = r->next;
	else
		r = arena_new(q->arena, struct reader); /* the arena is guarded too */
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

static pthread_t start_thread(void *(*fn)(void *), struct sqlite *q)
{
	pthread_t t;
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	must(pthread_create(&t, NULL, fn, q) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return t;
}

static void start_listening(struct db *db, void (*fn)(void *), void *arg)
{
	struct sqlite *q = of_db(db);
	q->heard = fn;
	q->heard_arg = arg;
	q->listener = start_thread(listen_all, q);
}

static int lite_lock(const struct db *db) { return ((const struct sqlite *)db)->folder.lock; }

static bool lite_queue(struct db *db, uint64_t *waiting)
{
	struct sqlite *q = of_db(db);
	pthread_mutex_lock(&q->lock);
	*waiting = q->waiting;
	pthread_mutex_unlock(&q->lock);
	return true;
}

static void finish(struct db *db)
{
	struct sqlite *q = of_db(db);
	sem_post(&q->over);
	if (q->heard)
		pthread_join(q->listener, NULL);
	pthread_mutex_lock(&q->lock);
	q->closing = true;
	pthread_mutex_unlock(&q->lock);
	sem_post(&q->bell);
	pthread_join(q->writer, NULL);
	for (struct reader *r = q->readers; r; r = r->next)
		if (r->conn.h)
			lite_close(&r->conn);
	sqlite3_busy_timeout(q->conn.h, 0); /* a successor that is at work shall not be held up */
	sqlite3_wal_checkpoint_v2(q->conn.h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	lite_close(&q->conn);
	folder_close(&q->folder);
	pthread_mutex_destroy(&q->lock);
	sem_destroy(&q->bell);
	sem_destroy(&q->over);
	arena_destroy(&(struct arena *){ q->arena });
}

/* ---- opening ---- */
static err touch(const char *file, struct diag *diag)
{
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC,
	              0600); /* SQLite's log takes this mode over */
	if (fd < 0)
		return diag_add(diag, ERR_IO, 0, "%s: %s", file, strerror(errno));
	close(fd);
	return DONE;
}

static void start_writer(struct sqlite *q)
{
	q->tail = &q->head;
	pthread_mutex_init(&q->lock, NULL);
	sem_init(&q->bell, 0, 0);
	sem_init(&q->over, 0, 0);
	sqlite3_wal_hook(q->conn.h, log_grew, q);
	q->writer = start_thread(write_all, q);
}

static const struct dialect words = { "TEXT", "INTEGER", "BLOB", " STRICT" };
static const struct driver outer = { .exec = outer_exec,
	                             .query = outer_query,
	                             .tx = lite_tx,
	                             .listen = start_listening,
	                             .queue = lite_queue,
	                             .lock = lite_lock,
	                             .close = finish,
	                             .dialect = &words,
	                             .script = script };
static const struct driver inner = {
	.exec = tx_exec, .query = tx_query, .tx = tx_tx, .dialect = &words, .script = script
};

err sqlite_open(const struct db_options *o, struct diag *diag, struct db **out)
{
	struct arena *a = arena_create(0, 0);
	struct sqlite *q = arena_new(a, struct sqlite);
	str folder = str_sub(o->location, S("sqlite:").n, STR_NPOS);
	*q = (struct sqlite){ .db.driver = &outer, .tx.driver = &inner, .arena = a };
	q->file = str_z(a, str_fmt(a, "%.*s/gatehouse.db", STR(folder)));
	err e = folder_open(&q->folder, str_z(a, folder), o->lock, diag);
	if (!e.code)
		e = touch(q->file, diag);
	if (!e.code)
		e = lite_open(&q->conn, q->file, true, diag);
	if (e.code) {
		folder_close(&q->folder);
		arena_destroy(&a);
		return e;
	}
	start_writer(q);
	*out = &q->db;
	e = migrate(*out, diag);
	if (e.code)
		db_close(out);
	return e;
}
