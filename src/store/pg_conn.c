/* SPDX-License-Identifier: Apache-2.0 */
/* Statements over one connection: prepare once, send, wait on the descriptor, copy out.
 * Numbers go as text, since a parameter's type is what the server infers; all else and all results are binary.
 * Source: libpq, "Asynchronous Command Processing"; SQLSTATE classes 23, 40. */
#include "store/pg_conn.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "rt/fiber.h"
#include "store/trouble.h"

enum { OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23 };

struct connecting {
	struct pg_conn *p;
	const char *url;
};

static void connect_now(void *arg)
{
	struct connecting *c = arg;
	const char *const keys[] = { "dbname",           "gssencmode",      "connect_timeout",
		                     "application_name", "client_encoding", NULL };
	const char *const values[] = { c->url, "disable", "5", "gatehouse", "UTF8", NULL };
	c->p->c = pg.PQconnectdbParams(keys, values, 1);
}

/* libpq's messages end with a new line, and may have several. */
static str message_of(const char *m)
{
	str s = str_trim(str_from_z(m ? m : ""));
	return str_sub(s, 0, str_find_char(s, '\n'));
}

/* "relation exists, skipping" and its like: what matters comes as a result. */
static void no_notices(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

err pg_connect(struct pg_conn *p, const char *url, struct diag *diag)
{
	struct connecting c = { p, url };
	memset(p->prepared, 0, sizeof p->prepared);
	p->broken = p->again = false;
	TRY(offload(LANE_STORE_READ, connect_now, &c));
	pg.PQsetNoticeProcessor(p->c, no_notices, NULL);
	if (pg.PQstatus(p->c) == CONNECTION_OK && pg.PQsetnonblocking(p->c, 1) == 0)
		return DONE;
	err e = diag_add(diag, ERR_STORE, 0, "PostgreSQL: %.*s",
	                 STR(message_of(pg.PQerrorMessage(p->c))));
	pg_disconnect(p);
	return e;
}

void pg_disconnect(struct pg_conn *p)
{
	pg.PQfinish(p->c);
	p->c = NULL;
}

bool pg_is_alive(struct pg_conn *p)
{
	return pg.PQconsumeInput(p->c) == 1 && pg.PQstatus(p->c) == CONNECTION_OK;
}

static err wait_for(struct pg_conn *p, unsigned ready, deadline d)
{
	int fd = pg.PQsocket(p->c);
	if (fiber_self())
		return wait_fd(fd, ready, d);
	struct pollfd f = {
		fd,
		(short)((ready & READY_READ ? POLLIN : 0) | (ready & READY_WRITE ? POLLOUT : 0)), 0
	};
	int64_t left = deadline_left_ms(d);
	struct timespec t = { left / 1000, left % 1000 * 1000000 };
	return ppoll(&f, 1, &t, NULL) == 0 ? FAIL(ERR_TIMEOUT) : DONE;
}

static err lost(struct pg_conn *p, const char *what)
{
	p->broken = true;
	log_error("store_connection", LOG_Z("at", what),
	          LOG_STR("error", message_of(pg.PQerrorMessage(p->c))));
	return FAIL(ERR_STORE);
}

static err flush(struct pg_conn *p, deadline d)
{
	int rc;
	while ((rc = pg.PQflush(p->c)) == 1) {
		TRY(wait_for(p, READY_READ | READY_WRITE, d));
		if (!pg.PQconsumeInput(p->c))
			return lost(p, "send");
	}
	return rc == 0 ? DONE : lost(p, "send");
}

/* The last result of what was sent; the connection is idle again afterwards. */
static err receive(struct pg_conn *p, deadline d, PGresult **last)
{
	*last = NULL;
	for (;;) {
		while (pg.PQisBusy(p->c)) {
			TRY(wait_for(p, READY_READ, d));
			if (!pg.PQconsumeInput(p->c))
				return lost(p, "receive");
		}
		PGresult *r = pg.PQgetResult(p->c);
		if (!r)
			return *last ? DONE : lost(p, "receive");
		pg.PQclear(*last);
		*last = r;
	}
}

static err trouble(struct pg_conn *p, const PGresult *r, const char *sql)
{
	const char *state = pg.PQresultErrorField(r, PG_DIAG_SQLSTATE);
	str code = str_from_z(state ? state : "");
	if (str_eq(code, S("23505")))
		return FAIL(ERR_CONFLICT);
	if (str_eq(code, S("23503")))
		return trouble_foreign_key(sql);
	p->again = str_eq(code, S("40001")) || str_eq(code, S("40P01"));
	p->broken |= pg.PQstatus(p->c) != CONNECTION_OK;
	if (!p->again)
		log_error("store_statement", LOG_STR("code", code),
		          LOG_Z("error", pg.PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY)),
		          LOG_Z("sql", sql));
	return FAIL(ERR_STORE);
}

/* Runs what was handed to libpq.  *r is to be cleared, also after trouble. */
static err finish(struct pg_conn *p, int sent, const char *sql, PGresult **r)
{
	deadline d = deadline_in(STATEMENT_MS);
	*r = NULL;
	if (!sent)
		return lost(p, "send");
	err e = flush(p, d);
	if (!e.code)
		e = receive(p, d, r);
	if (e.code) {
		p->broken =
			true; /* an answer may still come: nobody else can use this connection */
		return e.code == ERR_TIMEOUT ? FAIL(ERR_STORE) : e;
	}
	ExecStatusType status = pg.PQresultStatus(*r);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? DONE : trouble(p, *r, sql);
}

static err prepare(struct pg_conn *p, const char *sql, char name[16])
{
	size_t at = (size_t)((uintptr_t)sql * 0x9E3779B97F4A7C15u >> 40) % PG_KEPT;
	while (p->prepared[at] && p->prepared[at] != sql)
		at = (at + 1) % PG_KEPT; /* the program has far fewer statements */
	snprintf(name, 16, "s%zu", at);
	if (p->prepared[at] == sql)
		return DONE;
	PGresult *r;
	err e = finish(p, pg.PQsendPrepare(p->c, name, sql, 0, NULL), sql, &r);
	pg.PQclear(r);
	if (!e.code)
		p->prepared[at] = sql;
	return e;
}

struct parameters {
	const char *values[DB_ARGS_MAX];
	int lengths[DB_ARGS_MAX], formats[DB_ARGS_MAX];
	char numbers[DB_ARGS_MAX][24];
};

static void bind(struct parameters *b, struct db_args args)
{
	for (size_t i = 0; i < args.n; i++) {
		const struct db_value *v = &args.v[i];
		b->formats[i] = v->kind != DB_INT;
		b->lengths[i] = (int)v->s.n;
		b->values[i] = v->kind == DB_NULL ? NULL : v->s.p ? v->s.p : "";
		if (v->kind == DB_INT) {
			snprintf(b->numbers[i], sizeof b->numbers[i], "%lld", (long long)v->i);
			b->values[i] = b->numbers[i];
		}
	}
}

static int64_t big_endian(const char *p, int n)
{
	uint64_t u = n && p[0] & 0x80 ? UINT64_MAX : 0;
	for (int i = 0; i < n; i++)
		u = u << 8 | (unsigned char)p[i];
	return (int64_t)u;
}

static struct db_value cell(struct arena *a, const PGresult *r, int row, int column)
{
	const char *p = pg.PQgetvalue(r, row, column);
	int n = pg.PQgetlength(r, row, column);
	Oid type = pg.PQftype(r, column);
	if (pg.PQgetisnull(r, row, column))
		return DB_NONE;
	if (type == OID_INT8 || type == OID_INT4 || type == OID_INT2)
		return DB_I(big_endian(p, n));
	str s = str_dup(a, str_from(p, (size_t)n));
	return (struct db_value){ .kind = type == OID_BYTEA ? DB_BLOB : DB_TEXT, .s = s };
}

static void read_rows(struct arena *a, const PGresult *r, struct db_rows *out)
{
	int n = pg.PQntuples(r), columns = pg.PQnfields(r);
	struct db_value *v = arena_array(a, struct db_value, (size_t)n * (size_t)columns + 1);
	for (int i = 0; i < n; i++)
		for (int c = 0; c < columns; c++)
			v[i * columns + c] = cell(a, r, i, c);
	*out = (struct db_rows){ v, (size_t)n, (size_t)columns };
}

err pg_run(struct arena *a, struct pg_conn *p, const char *sql, struct db_args args,
           struct db_rows *out, int64_t *changed)
{
	char name[16];
	struct parameters b;
	PGresult *r;
	TRY(prepare(p, sql, name));
	bind(&b, args);
	int sent =
		pg.PQsendQueryPrepared(p->c, name, (int)args.n, b.values, b.lengths, b.formats, 1);
	err e = finish(p, sent, sql, &r);
	if (!e.code && out)
		read_rows(a, r, out);
	if (!e.code && changed && !str_to_i64(str_from_z(pg.PQcmdTuples(r)), changed))
		*changed = 0;
	/* COMMIT of a transaction that failed answers ROLLBACK, and no error */
	if (!e.code && strcmp(sql, "COMMIT") == 0 && strcmp(pg.PQcmdStatus(r), "COMMIT") != 0)
		e = FAIL(ERR_STORE);
	pg.PQclear(r);
	return e;
}

err pg_script(struct pg_conn *p, const char *sql, struct diag *diag)
{
	PGresult *r;
	err e = finish(p, pg.PQsendQuery(p->c, sql), "schema", &r);
	if (e.code)
		(void)!diag_add(diag, e.code, 0, "PostgreSQL: %.*s",
		                STR(message_of(pg.PQerrorMessage(p->c))))
			.code;
	pg.PQclear(r);
	return e;
}
