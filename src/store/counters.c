/* SPDX-License-Identifier: Apache-2.0 */
/* Quota counters as rows: replaced as they are, never added to.
 * All that one flush brings is one transaction.
 * Source: store/counters.h. */
#include "store/counters.h"

#include "store/inside.h"

enum { PURGE_AT_ONCE = 1000 };

err counters_load(struct arena *a, struct store *st, int64_t now_ms, int64_t most,
                  struct counter_rows *out)
{
	struct db_rows rows;
	TRY(db_query(
		a, st->db,
		"SELECT counter_key, start_ms, expires_at_ms, used, exceeded, slots FROM counter"
		" WHERE expires_at_ms > $1 ORDER BY expires_at_ms DESC LIMIT $2",
		DB_ARGS(DB_I(now_ms), DB_I(most)), &rows));
	for (size_t i = 0; i < rows.n; i++) {
		const struct db_value *c = db_row(&rows, i);
		VEC_PUSH(a, out,
		         (struct counter_row){ .key = c[0].s,
		                               .start_ms = c[1].i,
		                               .expires_at_ms = c[2].i,
		                               .used = c[3].i,
		                               .exceeded = c[4].i,
		                               .slots = c[5].kind == DB_NULL ? STR_NONE : c[5].s });
	}
	return DONE;
}

static err save_one(struct db *tx, const struct counter_row *r)
{
	return db_exec(
		tx,
		"INSERT INTO counter (counter_key, start_ms, expires_at_ms, used, exceeded, slots)"
		" VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (counter_key) DO UPDATE SET"
		" start_ms = excluded.start_ms, expires_at_ms = excluded.expires_at_ms,"
		" used = excluded.used, exceeded = excluded.exceeded, slots = excluded.slots",
		DB_ARGS(DB_B(r->key), DB_I(r->start_ms), DB_I(r->expires_at_ms), DB_I(r->used),
	                DB_I(r->exceeded), str_given(r->slots) ? DB_B(r->slots) : DB_NONE),
		NULL);
}

static err save_all(struct db *tx, void *arg)
{
	const struct counter_rows *rows = arg;
	VEC_EACH(struct counter_row, r, rows)
		TRY(save_one(tx, r));
	return DONE;
}

err counters_save(struct store *st, const struct counter_rows *rows)
{
	struct counter_rows all = *rows;
	return db_tx(st->db, save_all, &all);
}

err counters_purge(struct store *st, int64_t now_ms)
{
	return db_exec(st->db,
	               "DELETE FROM counter WHERE counter_key IN"
	               " (SELECT counter_key FROM counter WHERE expires_at_ms <= $1 LIMIT $2)",
	               DB_ARGS(DB_I(now_ms), DB_I(PURGE_AT_ONCE)), NULL);
}
