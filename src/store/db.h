/* SPDX-License-Identifier: Apache-2.0 */
/* The database in six functions, and two drivers behind them: SQLite in a folder, PostgreSQL by URL.
 * One SQL text serves both (docs/why/one_sql_text.md).  Only store/ includes this.
 * Source: house; sqlite.org C API, PostgreSQL 15 libpq. */
#pragma once

#include "base/clock.h"
#include "base/diag.h"

struct db;

/* Parameter i of a statement is written $1, $2, ... and bound by that name. */
struct db_value {
	enum { DB_NULL, DB_INT, DB_TEXT, DB_BLOB } kind;
	int64_t i;
	str s;
};
#define DB_I(v) ((struct db_value){ .kind = DB_INT, .i = (int64_t)(v) })
static inline struct db_value db_text(str s) /* STR_NONE is NULL */
{
	return (struct db_value){ .kind = s.p ? DB_TEXT : DB_NULL, .s = s };
}
#define DB_T(v) db_text(v)
#define DB_B(v) ((struct db_value){ .kind = DB_BLOB, .s = (v) })
#define DB_NONE ((struct db_value){ .kind = DB_NULL })

struct db_args {
	const struct db_value *v;
	size_t n;
};
#define DB_ARGS(...)                                           \
	((struct db_args){ (struct db_value[]){ __VA_ARGS__ }, \
	                   sizeof((struct db_value[]){ __VA_ARGS__ }) / sizeof(struct db_value) })
#define DB_NO_ARGS ((struct db_args){ NULL, 0 })

struct db_rows { /* row r, column c is at v[r * columns + c]; all of it in the caller's arena */
	struct db_value *v;
	size_t n, columns;
};
static inline const struct db_value *db_row(const struct db_rows *r, size_t i)
{
	return r->v + i * r->columns;
}

struct db_options {
	str location;         /* "sqlite:FOLDER" or "postgres://..." */
	unsigned connections; /* PostgreSQL: at most so many a loop (0: 8) */
	int lock;             /* SQLite: the folder's, from db_lock() of another process; 0: none */
};

/* Locks (SQLite), connects, migrates.  Findings say in one line why it cannot start. */
err db_open(const struct db_options *, struct diag *, struct db **out) MUST_CHECK;
void db_close(struct db **); /* waits for what is queued */

/* One statement.  A unique index answers ERR_CONFLICT, anything else of the database ERR_STORE.
 * Inside a transaction they are given its db, and trouble ends it: fn returns it.  Outside, each is a
 * transaction of its own.  sql is a literal: what is prepared is kept by its address.
 * ERR_SYNTAX: a text is not UTF-8, or holds a NUL. */
err db_exec(struct db *, const char *sql, struct db_args,
            int64_t *changed) MUST_CHECK; /* changed: NULL is fine */
err db_query(struct arena *, struct db *, const char *sql, struct db_args,
             struct db_rows *out) MUST_CHECK;

/* All or nothing, durable when it answers DONE.  fn acts only through tx and arg, never waits, and may
 * run on another thread and more than once.  What it returns is what db_tx returns; trouble rolls back. */
err db_tx(struct db *, err (*fn)(struct db *tx, void *arg), void *arg) MUST_CHECK;

/* Transactions that wait for the writer; false: this driver has no queue. */
bool db_queue(struct db *, uint64_t *waiting);

/* Runs fn(arg) while no other server of this database runs one: what is done once per store.  From a plain thread. */
err db_alone(struct db *, err (*fn)(void *arg), void *arg, struct diag *) MUST_CHECK;

/* What locks the folder, so that it can be handed on: whoever has the descriptor has the lock; -1: none. */
int db_lock(const struct db *);

/* Calls fn(arg) on a thread of its own whenever another process may have changed something: every 250 ms, with
 * PostgreSQL also when "gatehouse" was notified. */
void db_listen(struct db *, void (*fn)(void *arg), void *arg);
