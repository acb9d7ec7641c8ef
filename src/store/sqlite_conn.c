/* SPDX-License-Identifier: Apache-2.0 */
/* A connection's statements: prepare once, bind by name, step, copy out.
 * SQLite numbers $2 before $1 when it stands first, so a parameter's place is looked up by its name.
 * Source: sqlite.org/lang_expr.html#varparam, /rescode.html. */
#include "store/sqlite_conn.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "store/trouble.h"

/* pg_notify() of PostgreSQL: here the other process, if there is one, looks by itself. */
static void no_notice(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	(void)v;
	sqlite3_result_null(c);
}

err lite_open(struct lite *l, const char *file, bool writer, struct diag *diag)
{
	static const char common[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
				     " PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=0;"
				     " PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;";
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	int rc = sqlite3_open_v2(file, &l->h, flags, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(l->h, 5000);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(l->h, common, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(l->h,
		                  writer ? "PRAGMA cache_size=-65536" : "PRAGMA query_only=ON",
		                  NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_create_function_v2(l->h, "pg_notify", 2, SQLITE_UTF8, NULL, no_notice,
		                                NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return DONE;
	err e = diag_add(diag, ERR_STORE, 0, "%s: %s", file,
	                 l->h ? sqlite3_errmsg(l->h) : "out of memory");
	lite_close(l);
	return e;
}

void lite_close(struct lite *l)
{
	for (size_t i = 0; i < LITE_KEPT; i++)
		sqlite3_finalize(l->kept[i].stmt);
	sqlite3_close(l->h);
	*l = (struct lite){ 0 };
}

static err trouble(struct lite *l, const char *sql)
{
	int rc = sqlite3_extended_errcode(l->h);
	if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
	    rc == SQLITE_CONSTRAINT_ROWID)
		return FAIL(ERR_CONFLICT);
	if (rc == SQLITE_CONSTRAINT_FOREIGNKEY)
		return trouble_foreign_key(sql);
	log_error("store_statement", LOG_Z("error", sqlite3_errmsg(l->h)), LOG_INT("code", rc),
	          LOG_Z("sql", sql));
	return FAIL(ERR_STORE);
}

static struct lite_statement *place_for(struct lite *l, const char *sql)
{
	size_t at = (size_t)((uintptr_t)sql * 0x9E3779B97F4A7C15u >> 40);
	for (size_t i = 0; i < LITE_PROBES; i++) {
		struct lite_statement *s = &l->kept[(at + i) % LITE_KEPT];
		if (!s->stmt || s->sql == sql)
			return s;
	}
	return &l->kept[at % LITE_KEPT]; /* a full neighbourhood: the first makes room */
}

static err prepare(struct lite *l, const char *sql, struct lite_statement **out)
{
	struct lite_statement *s = place_for(l, sql);
	*out = s;
	if (s->stmt && s->sql == sql)
		return DONE;
	sqlite3_finalize(s->stmt);
	*s = (struct lite_statement){ .sql = sql };
	if (sqlite3_prepare_v3(l->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL) !=
	    SQLITE_OK)
		return trouble(l, sql);
	for (int i = 0; i < DB_ARGS_MAX; i++) {
		char name[16];
		snprintf(name, sizeof name, "$%d", i + 1);
		s->place[i] = (unsigned char)sqlite3_bind_parameter_index(s->stmt, name);
	}
	return DONE;
}

static int bind_one(sqlite3_stmt *stmt, int at, const struct db_value *v)
{
	const char *p = v->s.p ? v->s.p : "";
	switch (v->kind) {
	case DB_INT:
		return sqlite3_bind_int64(stmt, at, v->i);
	case DB_TEXT:
		return sqlite3_bind_text64(stmt, at, p, v->s.n, SQLITE_STATIC, SQLITE_UTF8);
	case DB_BLOB:
		return sqlite3_bind_blob64(stmt, at, p, v->s.n, SQLITE_STATIC);
	case DB_NULL:
		break;
	}
	return sqlite3_bind_null(stmt, at);
}

static err begin(struct lite *l, const char *sql, struct db_args args, struct lite_statement **s)
{
	TRY(prepare(l, sql, s));
	must(sqlite3_bind_parameter_count((*s)->stmt) == (int)args.n);
	for (size_t i = 0; i < args.n; i++)
		if (bind_one((*s)->stmt, (*s)->place[i], &args.v[i]) != SQLITE_OK)
			return trouble(l, sql);
	return DONE;
}

/* rc is the last step's; statements that are done are reset at once, or they would hold the log. */
static err end(struct lite *l, struct lite_statement *s, int rc)
{
	err e = rc == SQLITE_DONE ? DONE : trouble(l, s->sql);
	sqlite3_reset(s->stmt);
	return e;
}

err lite_exec(struct lite *l, const char *sql, struct db_args args, int64_t *changed)
{
	struct lite_statement *s;
	int rc;
	TRY(begin(l, sql, args, &s));
	while ((rc = sqlite3_step(s->stmt)) == SQLITE_ROW)
		;
	if (changed)
		*changed = sqlite3_changes64(l->h);
	return end(l, s, rc);
}

static struct db_value column(struct arena *a, sqlite3_stmt *stmt, int c)
{
	int type = sqlite3_column_type(stmt, c);
	if (type == SQLITE_INTEGER)
		return DB_I(sqlite3_column_int64(stmt, c));
	if (type == SQLITE_NULL)
		return DB_NONE;
	const void *p = sqlite3_column_blob(stmt, c);
	str s = str_dup(a, str_from(p ? p : "", (size_t)sqlite3_column_bytes(stmt, c)));
	return (struct db_value){ .kind = type == SQLITE_BLOB ? DB_BLOB : DB_TEXT, .s = s };
}

err lite_query(struct arena *a, struct lite *l, const char *sql, struct db_args args,
               struct db_rows *out)
{
	struct lite_statement *s;
	VEC(struct db_value) cells = { 0 };
	int rc;
	TRY(begin(l, sql, args, &s));
	int columns = sqlite3_column_count(s->stmt);
	while ((rc = sqlite3_step(s->stmt)) == SQLITE_ROW)
		for (int c = 0; c < columns; c++)
			VEC_PUSH(a, &cells, column(a, s->stmt, c));
	*out = (struct db_rows){ cells.v, columns ? cells.n / (size_t)columns : 0,
		                 (size_t)columns };
	return end(l, s, rc);
}
