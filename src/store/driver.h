/* SPDX-License-Identifier: Apache-2.0 */
/* What a driver is to db.c, and what both drivers share.
 * A transaction is a db of its own, with the same calls, that lives as long as its function runs.
 * Source: house. */
#pragma once

#include "store/db.h"

struct driver {
	err (*exec)(struct db *, const char *sql, struct db_args, int64_t *changed);
	err (*query)(struct arena *, struct db *, const char *sql, struct db_args,
	             struct db_rows *);
	err (*tx)(struct db *, err (*fn)(struct db *tx, void *arg), void *arg);
	void (*listen)(struct db *, void (*fn)(void *arg), void *arg);
	bool (*queue)(struct db *, uint64_t *waiting); /* NULL: none */
	int (*lock)(const struct db *);                /* NULL: nothing is locked */
	/* NULL: whoever has the folder is alone, and who takes it over begins nothing anew */
	err (*alone)(struct db *, err (*fn)(void *arg), void *arg, struct diag *);
	void (*close)(struct db *);
	/* A transaction's, for migrate.c: SQL text as the driver reads it, and a text of several statements
	 * without arguments. */
	const struct dialect *dialect;
	err (*script)(struct db *, const char *sql, struct diag *);
};

struct db {
	const struct driver *driver;
};

enum { DB_ARGS_MAX = 32 };

struct dialect {
	const char *text, *integer, *bytes; /* for the words TEXT, BIGINT, BYTEA */
	const char *table_end;              /* after the last ) of CREATE TABLE */
};
const char *dialect_sql(struct arena *, const struct dialect *, const char *sql);

/* Brings the schema up to this program's; one finding when it is newer, or not what it says it is. */
err migrate(struct db *, struct diag *) MUST_CHECK;

err sqlite_open(const struct db_options *, struct diag *, struct db **out) MUST_CHECK;
err postgres_open(const struct db_options *, struct diag *, struct db **out) MUST_CHECK;
