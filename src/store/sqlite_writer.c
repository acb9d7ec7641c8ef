/* SPDX-License-Identifier: Apache-2.0 */
/* The writer of store/sqlite_writer.h.
 * After a COMMIT that the disk refused nothing is answered with success any more and the process ends.
 * Source: sqlite.org/wal.html; house (docs/why/group_commit.md). */
#include "store/sqlite_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "rt/fiber.h"

enum { CHECKPOINT_PAGES = 2000, GRACE_STEPS = 100 /* of 10 ms */ };

struct writer_job {
	struct writer_job *next;
	err (*fn)(struct db *tx, void *arg);
	void *arg;
	err result;
	struct waker done;
};

/* ---- inside a transaction ---- */
static struct writer *of_tx(struct db *tx)
{
	return (struct writer *)((char *)tx - offsetof(struct writer, tx));
}

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

/* ---- groups ---- */
static err command(struct writer *w, const char *sql)
{
	return lite_exec(&w->conn, sql, DB_NO_ARGS, NULL);
}

static void answer(struct writer_job *job)
{
	while (job) {
		struct writer_job *next =
			job->next; /* the job is its caller's again once it is told */
		wake(&job->done);
		job = next;
	}
}

static void fail_all(struct writer_job *job, enum err_code code)
{
	for (; job; job = job->next)
		if (!job->result.code)
			job->result = FAIL(code);
}

/* One job in its savepoint.  ERR_STORE in the answer: the whole transaction is gone. */
static err run_job(struct writer *w, struct writer_job *job)
{
	TRY(command(w, "SAVEPOINT job"));
	job->result = job->fn(&w->tx, job->arg);
	if (sqlite3_get_autocommit(
		    w->conn.h)) /* SQLite itself rolled all back, e.g. for a full disk */
		return FAIL(ERR_STORE);
	if (job->result.code)
		TRY(command(w, "ROLLBACK TO job"));
	return command(w, "RELEASE job");
}

static err run_jobs(struct writer *w, struct writer_job *group)
{
	TRY(command(w, "BEGIN IMMEDIATE"));
	for (struct writer_job *job = group; job; job = job->next)
		TRY(run_job(w, job));
	return command(w, "COMMIT");
}

static err run_in_turn(struct writer *w, struct writer_job *group)
{
	folder_begin(w->folder);
	err e = run_jobs(w, group);
	folder_end(w->folder);
	return e;
}

static bool disk_failed(struct writer *w)
{
	int rc = sqlite3_extended_errcode(w->conn.h) & 0xff;
	return rc == SQLITE_IOERR || rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
}

static void commit_group(struct writer *w, struct writer_job *group)
{
	if (w->broken) {
		fail_all(group, ERR_STORE);
	} else if (run_in_turn(w, group).code) {
		w->broken = disk_failed(w);
		if (w->broken)
			log_error("store_broken", LOG_Z("error", sqlite3_errmsg(w->conn.h)),
			          LOG_Z("file", w->file),
			          LOG_Z("meaning", "the disk refused a commit; the server stops"));
		if (!sqlite3_get_autocommit(w->conn.h))
			(void)!command(w, "ROLLBACK").code;
		fail_all(group, ERR_STORE);
	}
	answer(group);
}

static int log_grew(void *arg, sqlite3 *h, const char *name, int pages)
{
	(void)h;
	(void)name;
	((struct writer *)arg)->wal_pages = pages;
	return SQLITE_OK;
}

/* Between groups, by the writer itself: a thread of its own never catches up with a busy writer. */
static void checkpoint(struct writer *w)
{
	if (w->wal_pages < CHECKPOINT_PAGES || w->broken)
		return;
	int rc = sqlite3_wal_checkpoint_v2(w->conn.h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc == SQLITE_OK || rc == SQLITE_BUSY)
		return;
	w->broken = (rc & 0xff) == SQLITE_IOERR;
	log_error("store_checkpoint", LOG_Z("error", sqlite3_errmsg(w->conn.h)),
	          LOG_Z("file", w->file));
}

static struct writer_job *take_all(struct writer *w, bool *closing)
{
	pthread_mutex_lock(&w->lock);
	struct writer_job *group = w->head;
	w->head = NULL;
	w->tail = &w->head;
	w->waiting = 0;
	*closing = w->closing;
	pthread_mutex_unlock(&w->lock);
	return group;
}

/* After a failed sync nobody knows what the disk holds: callers get their error, then it ends. */
static void end_process(struct writer *w)
{
	for (int i = 0; i < GRACE_STEPS; i++) {
		bool closing;
		struct writer_job *group = take_all(w, &closing);
		fail_all(group, ERR_STORE);
		answer(group);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ 0, 10000000 }, NULL);
	}
	dprintf(STDERR_FILENO,
	        "gatehouse: %s: the disk refused a write; stopped, nothing was answered with "
	        "success since\n",
	        w->file);
	_exit(70);
}

static void *write_all(void *arg)
{
	struct writer *w = arg;
	bool closing = false;
	pthread_setname_np(pthread_self(), "store-write");
	while (!closing) {
		while (sem_wait(&w->bell) != 0)
			;
		for (struct writer_job *group; (group = take_all(w, &closing));) {
			commit_group(w, group);
			if (w->broken)
				end_process(w);
			checkpoint(w);
		}
	}
	return NULL;
}

static void submit(struct writer *w, struct writer_job *job)
{
	pthread_mutex_lock(&w->lock);
	bool ring = w->head == NULL;
	*w->tail = job;
	w->tail = &job->next;
	w->waiting++;
	pthread_mutex_unlock(&w->lock);
	if (ring)
		sem_post(&w->bell);
}

err writer_run(struct writer *w, err (*fn)(struct db *, void *), void *arg)
{
	struct writer_job job = { .fn = fn, .arg = arg };
	submit(w, &job);
	wait_end(&job.done);
	return job.result;
}

uint64_t writer_waiting(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	uint64_t n = w->waiting;
	pthread_mutex_unlock(&w->lock);
	return n;
}

/* ---- opening and closing ---- */
static const struct dialect words = { "TEXT", "INTEGER", "BLOB", " STRICT" };
static const struct driver inside = {
	.exec = tx_exec, .query = tx_query, .tx = tx_tx, .dialect = &words, .script = script
};

static err touch(const char *file, struct diag *diag)
{
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC,
	              0600); /* SQLite's log takes this mode over */
	if (fd < 0)
		return diag_add(diag, ERR_IO, 0, "%s: %s", file, strerror(errno));
	close(fd);
	return DONE;
}

pthread_t store_thread(void *(*fn)(void *), void *arg)
{
	pthread_t t;
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	must(pthread_create(&t, NULL, fn, arg) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return t;
}

err writer_open(struct writer *w, const char *file, struct folder *folder, struct diag *diag)
{
	w->tx.driver = &inside;
	w->file = file;
	w->folder = folder;
	w->tail = &w->head;
	TRY(touch(file, diag));
	TRY(lite_open(&w->conn, file, true, diag));
	pthread_mutex_init(&w->lock, NULL);
	sem_init(&w->bell, 0, 0);
	sqlite3_wal_hook(w->conn.h, log_grew, w);
	w->thread = store_thread(write_all, w);
	return DONE;
}

void writer_close(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->closing = true;
	pthread_mutex_unlock(&w->lock);
	sem_post(&w->bell);
	pthread_join(w->thread, NULL);
	sqlite3_busy_timeout(w->conn.h, 0); /* a successor that is at work shall not be held up */
	sqlite3_wal_checkpoint_v2(w->conn.h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	lite_close(&w->conn);
	pthread_mutex_destroy(&w->lock);
	sem_destroy(&w->bell);
}
