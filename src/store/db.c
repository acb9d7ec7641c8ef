/* SPDX-License-Identifier: Apache-2.0 */
/* The six functions, handed to the driver.
 * No text that is not UTF-8, or holds a NUL, reaches a database: PostgreSQL would refuse it, SQLite not.
 * Source: RFC 3629. */
#include "store/db.h"

#include "store/driver.h"

static size_t utf8_tail(unsigned char c)
{
	return c < 0x80 ? 0 : c < 0xc2 ? 9 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 9;
}

static bool is_text(str s)
{
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i++];
		size_t tail = utf8_tail(c);
		if (!c || tail > s.n - i)
			return false;
		for (size_t k = 0; k < tail; k++) {
			unsigned char d = (unsigned char)s.p[i + k];
			unsigned char low = k ? 0x80 : c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
			unsigned char high = k ? 0xbf : c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
			if (d < low || d > high)
				return false;
		}
		i += tail;
	}
	return true;
}

static err args_check(struct db_args args)
{
	must(args.n <= DB_ARGS_MAX);
	for (size_t i = 0; i < args.n; i++)
		if (args.v[i].kind == DB_TEXT && !is_text(args.v[i].s))
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

void db_listen(struct db *db, void (*fn)(void *), void *arg) { db->driver->listen(db, fn, arg); }
