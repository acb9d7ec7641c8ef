/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL: calls on a connection of the pool, and one more connection that listens.
 * The fiber runs its transaction itself, and again if the server asks for it.
 * Source: PostgreSQL 15, libpq; house. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "store/pg_pool.h"

enum { CONNECTIONS = 8, POLL_MS = 250, RETRIES = 5, RECONNECT_POLLS = 4 };

struct postgres {
	struct db db;
	struct arena *arena;
	struct pg_pool pool;

	pthread_t listener;
	bool listening;
	struct pg_conn listens;
	int stop; /* eventfd */
	void (*heard)(void *arg);
	void *heard_arg;
};

struct pg_tx {
	struct db db;
	struct pg_conn *conn;
};

static struct postgres *of_db(struct db *db) { return (struct postgres *)db; }
static struct pg_conn *conn_of(struct db *tx) { return ((struct pg_tx *)tx)->conn; }

/* ---- calls ---- */
static err tx_exec(struct db *tx, const char *sql, struct db_args args, int64_t *changed)
{
	return pg_run(NULL, conn_of(tx), sql, args, NULL, changed);
}

static err tx_query(struct arena *a, struct db *tx, const char *sql, struct db_args args,
                    struct db_rows *out)
{
	return pg_run(a, conn_of(tx), sql, args, out, NULL);
}

static err tx_tx(struct db *tx, err (*fn)(struct db *, void *), void *arg) { return fn(tx, arg); }
static err tx_script(struct db *tx, const char *sql, struct diag *diag)
{
	return pg_script(conn_of(tx), sql, diag);
}

/* What lost against another transaction (deadlock, or the server's default is to serialize) runs again. */
static bool once_more(struct pg_conn *p, err e)
{
	bool again = e.code && p->again && !p->broken;
	p->again = false;
	return again;
}

static err outer_exec(struct db *db, const char *sql, struct db_args args, int64_t *changed)
{
	struct pg_conn *p;
	TRY(pg_pool_take(&of_db(db)->pool, &p));
	err e = pg_run(NULL, p, sql, args, NULL, changed);
	for (int i = 0; i < RETRIES && once_more(p, e); i++)
		e = pg_run(NULL, p, sql, args, NULL, changed);
	pg_pool_give(&of_db(db)->pool, p);
	return e;
}

static err outer_query(struct arena *a, struct db *db, const char *sql, struct db_args args,
                       struct db_rows *out)
{
	struct pg_conn *p;
	TRY(pg_pool_take(&of_db(db)->pool, &p));
	err e = pg_run(a, p, sql, args, out, NULL);
	pg_pool_give(&of_db(db)->pool, p);
	return e;
}

/* No listener of its own, no closing: a transaction is over when its function returns. */
static const struct dialect words = { "TEXT COLLATE \"C\"", "BIGINT", "BYTEA", "" };
static const struct driver inner = {
	.exec = tx_exec, .query = tx_query, .tx = tx_tx, .dialect = &words, .script = tx_script
};

static err run_once(struct pg_conn *p, err (*fn)(struct db *, void *), void *arg)
{
	struct pg_tx tx = { .db.driver = &inner, .conn = p };
	TRY(pg_run(NULL, p, "BEGIN ISOLATION LEVEL READ COMMITTED", DB_NO_ARGS, NULL, NULL));
	err e = fn(&tx.db, arg);
	if (!e.code)
		return pg_run(NULL, p, "COMMIT", DB_NO_ARGS, NULL, NULL);
	bool again = p->again;
	if (!p->broken && pg_run(NULL, p, "ROLLBACK", DB_NO_ARGS, NULL, NULL).code)
		p->broken = true;
	p->again = again;
	return e;
}

static err outer_tx(struct db *db, err (*fn)(struct db *, void *), void *arg)
{
	struct pg_conn *p;
	TRY(pg_pool_take(&of_db(db)->pool, &p));
	err e = run_once(p, fn, arg);
	for (int i = 0; i < RETRIES && once_more(p, e); i++)
		e = run_once(p, fn, arg);
	pg_pool_give(&of_db(db)->pool, p);
	return e;
}

/* ---- listening ---- */
/* True when it is time to stop. */
static bool rest(struct postgres *g, int fd)
{
	struct pollfd f[2] = { { g->stop, POLLIN, 0 }, { fd, POLLIN, 0 } };
	struct timespec t = { 0, POLL_MS * 1000000L };
	ppoll(f, fd >= 0 ? 2 : 1, &t, NULL);
	return f[0].revents != 0;
}

static bool listen_on(struct postgres *g, struct pg_conn *p)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	err e = pg_connect(p, g->pool.url, &diag);
	if (!e.code)
		e = pg_run(NULL, p, "LISTEN gatehouse", DB_NO_ARGS, NULL, NULL);
	if (e.code && p->c)
		pg_disconnect(p);
	arena_destroy(&a);
	return !e.code;
}

static void drain(struct pg_conn *p)
{
	for (PGnotify *n; (n = pg.PQnotifies(p->c));)
		pg.PQfreemem(n);
}

static void *listen_all(void *arg)
{
	struct postgres *g = arg;
	struct pg_conn *p = &g->listens;
	pthread_setname_np(pthread_self(), "store-listen");
	for (unsigned polls = 0;; polls++) {
		if (!p->c && polls % RECONNECT_POLLS == 0)
			(void)!listen_on(g, p);
		if (rest(g, p->c ? pg.PQsocket(p->c) : -1))
			break;
		if (p->c && !pg_is_alive(p))
			pg_disconnect(p);
		if (p->c)
			drain(p);
		g->heard(g->heard_arg);
	}
	if (p->c)
		pg_disconnect(p);
	return NULL;
}

static void start_listening(struct db *db, void (*fn)(void *), void *arg)
{
	struct postgres *g = of_db(db);
	sigset_t all, before;
	g->heard = fn;
	g->heard_arg = arg;
	g->listening = true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	must(pthread_create(&g->listener, NULL, listen_all, g) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- opening and closing ---- */
static void close_all(struct db *db)
{
	struct postgres *g = of_db(db);
	if (g->listening) {
		must(write(g->stop, &(uint64_t){ 1 }, sizeof(uint64_t)) == sizeof(uint64_t));
		pthread_join(g->listener, NULL);
	}
	pg_pool_finish(&g->pool);
	close(g->stop);
	arena_destroy(&(struct arena *){ g->arena });
}

static err setting(struct arena *a, struct db *db, const char *sql, str *value, struct diag *diag)
{
	struct db_rows rows;
	err e = db_query(a, db, sql, DB_NO_ARGS, &rows);
	if (e.code || !rows.n)
		return diag_add(diag, ERR_STORE, 0, "PostgreSQL: %s fails", sql);
	*value = rows.v[0].s;
	return DONE;
}

static err check_settings(struct db *db, struct diag *diag)
{
	str value;
	TRY(setting(diag->arena, db, "SHOW synchronous_commit", &value, diag));
	if (str_eq(value, S("off")))
		return diag_add(
			diag, ERR_DENIED, 0,
			"PostgreSQL: synchronous_commit is off: an answered token could be lost");
	TRY(setting(diag->arena, db, "SHOW server_encoding", &value, diag));
	if (!str_eq(value, S("UTF8")))
		return diag_add(diag, ERR_DENIED, 0,
		                "PostgreSQL: the database's encoding is %.*s, not UTF8",
		                STR(value));
	return DONE;
}

static err alone(struct db *db, err (*fn)(void *), void *arg, struct diag *diag)
{
	struct postgres *g = of_db(db);
	struct pg_conn *p;
	TRY(pg_pool_take(&g->pool, &p));
	err e = pg_script(p, "SELECT pg_advisory_lock(7104886226)", diag);
	if (!e.code)
		e = fn(arg);
	pg_disconnect(p); /* and with it the lock */
	pg_pool_give(&g->pool, p);
	return e;
}

static const struct driver outer = { .exec = outer_exec,
	                             .query = outer_query,
	                             .tx = outer_tx,
	                             .listen = start_listening,
	                             .close = close_all,
	                             .alone = alone };

err postgres_open(const struct db_options *o, struct diag *diag, struct db **out)
{
	struct arena *a = arena_create(0, 0);
	struct postgres *g = arena_new(a, struct postgres);
	*g = (struct postgres){ .db.driver = &outer, .arena = a, .stop = eventfd(0, EFD_CLOEXEC) };
	pg_pool_init(&g->pool, a, str_z(a, o->location),
	             o->connections ? o->connections : CONNECTIONS);
	*out = &g->db;
	struct pg_conn *p = &g->listens;
	err e = pg_load(diag);
	if (!e.code)
		e = pg_connect(p, g->pool.url, diag); /* the first, for its message */
	if (!e.code) {
		pg_disconnect(p);
		e = check_settings(*out, diag);
	}
	if (!e.code) /* several nodes may start at once: one migrates, the others find it done */
		e = migrate(*out, diag);
	if (e.code)
		db_close(out);
	return e;
}
