/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to PostgreSQL, non-blocking, with the statements that it has prepared.
 * Used by one fiber or thread at a time; after trouble in a wait it is broken and is closed.
 * Source: PostgreSQL 15, libpq, "Asynchronous Command Processing". */
#pragma once

#include "store/driver.h"
#include "store/pg_lib.h"

struct loop;

enum { PG_KEPT = 1024, STATEMENT_MS = 30000 };

struct pg_conn {
	struct pg_conn *next;
	PGconn *c;
	struct loop *loop; /* whose pool it is in; NULL: plain threads */
	bool broken;
	bool again;                    /* the server asked to run the transaction once more */
	const char *prepared[PG_KEPT]; /* by address; the place is its name */
};

/* Blocks: from a fiber it runs on the store_read lane.  url as in postgres://... */
err pg_connect(struct pg_conn *, const char *url, struct diag *) MUST_CHECK;
void pg_disconnect(struct pg_conn *);
bool pg_is_alive(struct pg_conn *); /* an idle one: has the server hung up? */

err pg_run(struct arena *, struct pg_conn *, const char *sql, struct db_args, struct db_rows *,
           int64_t *changed) MUST_CHECK; /* arena and rows, or changed, may be NULL */
err pg_script(struct pg_conn *, const char *sql, struct diag *) MUST_CHECK;
