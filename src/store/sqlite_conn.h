/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to the SQLite file, with the statements that it keeps prepared.
 * Used by one thread at a time; a statement is reset before its call returns.
 * Source: sqlite.org, C interface. */
#pragma once

#include <sqlite3.h>

#include "store/driver.h"

enum { LITE_KEPT = 512, LITE_PROBES = 8 };

struct lite {
	sqlite3 *h;
	struct lite_statement {
		const char *sql; /* by address: callers give literals */
		sqlite3_stmt *stmt;
		unsigned char place[DB_ARGS_MAX]; /* of $1, $2, ...; 0: not in this text */
	} kept[LITE_KEPT];
};

/* writer: it alone writes; the others only read. */
err lite_open(struct lite *, const char *file, bool writer, struct diag *) MUST_CHECK;
void lite_close(struct lite *);
err lite_exec(struct lite *, const char *sql, struct db_args, int64_t *changed) MUST_CHECK;
err lite_query(struct arena *, struct lite *, const char *sql, struct db_args,
               struct db_rows *) MUST_CHECK;
