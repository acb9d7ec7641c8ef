/* SPDX-License-Identifier: Apache-2.0 */
/* The six functions, handed to the driver.
 * No text that is not UTF-8, or holds a NUL, reaches a database: PostgreSQL would refuse it, SQLite not.
 * Source: RFC 3629. */
#include "store/db.h"

#include "codec/utf8.h"
#include "store/driver.h"

static err args_check(struct db_args args)
{
	must(args.n <= DB_ARGS_MAX);
	for (size_t i = 0; i < args.n; i++)
		if (args.v[i].kind == DB_TEXT && !utf8_is_text(args.v[i].s))
			return FAIL(ERR_SYNTAX);
	return DONE;
}

err db_open(const struct db_options *o, struct diag *diag, struct db **out)
{
	*out = NULL;
	if (str_starts(o->location, S("sqlite:")))
		TRY(sqlite_open(o, diag, out));
	else if (str_starts(o->location, S("postgres://")) ||
	         str_starts(o->location, S("postgresql://")))
		TRY(postgres_open(o, diag, out));
	else
		return diag_add(diag, ERR_SYNTAX, 0, "store: say sqlite:FOLDER or postgres://...");
	return DONE;
}

void db_close(struct db **db)
{
	if (*db)
		(*db)->driver->close(*db);
	*db = NULL;
}

err db_exec(struct db *db, const char *sql, struct db_args args, int64_t *changed)
{
	TRY(args_check(args));
	return db->driver->exec(db, sql, args, changed);
}

err db_query(struct arena *a, struct db *db, const char *sql, struct db_args args,
             struct db_rows *out)
{
	*out = (struct db_rows){ 0 };
	TRY(args_check(args));
	return db->driver->query(a, db, sql, args, out);
}

err db_tx(struct db *db, err (*fn)(struct db *, void *), void *arg)
{
	return db->driver->tx(db, fn, arg);
}

bool db_queue(struct db *db, uint64_t *waiting)
{
	*waiting = 0;
	return db->driver->queue && db->driver->queue(db, waiting);
}

err db_alone(struct db *db, err (*fn)(void *), void *arg, struct diag *diag)
{
	return db->driver->alone ? db->driver->alone(db, fn, arg, diag) : fn(arg);
}

int db_lock(const struct db *db) { return db->driver->lock ? db->driver->lock(db) : -1; }

void db_listen(struct db *db, void (*fn)(void *), void *arg) { db->driver->listen(db, fn, arg); }
