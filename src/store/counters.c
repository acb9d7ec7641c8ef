/* SPDX-License-Identifier: Apache-2.0 */
/* Quota counters as rows: what a process counted is added to what is there.
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

struct adding {
	struct arena *arena;
	const struct counter_rows *more;
	counter_adder *add;
	struct counter_rows *totals;
};

/* The row's lock is taken by the statement that reads it. */
static err read_one(struct db *tx, struct adding *w, const struct counter_row *r,
                    struct counter_row *total)
{
	struct db_rows rows;
	TRY(one_row(w->arena, tx,
	            "INSERT INTO counter (counter_key, start_ms, expires_at_ms, used, exceeded)"
	            " VALUES ($1, $2, $3, 0, 0) ON CONFLICT (counter_key) DO UPDATE"
	            " SET counter_key = excluded.counter_key"
	            " RETURNING start_ms, expires_at_ms, used, exceeded, slots",
	            DB_ARGS(DB_B(r->key), DB_I(r->start_ms), DB_I(r->expires_at_ms)), &rows));
	const struct db_value *c = rows.v;
	*total = (struct counter_row){ r->key, c[0].i, c[1].i,
		                       c[2].i, c[3].i, c[4].kind == DB_NULL ? STR_NONE : c[4].s };
	return DONE;
}

static err write_one(struct db *tx, const struct counter_row *r)
{
	return db_exec(
		tx,
		"UPDATE counter SET start_ms = $2, expires_at_ms = $3, used = $4, exceeded = $5,"
		" slots = $6 WHERE counter_key = $1",
		DB_ARGS(DB_B(r->key), DB_I(r->start_ms), DB_I(r->expires_at_ms), DB_I(r->used),
	                DB_I(r->exceeded), str_given(r->slots) ? DB_B(r->slots) : DB_NONE),
		NULL);
}

static err add_all(struct db *tx, void *arg)
{
	struct adding *w = arg;
	w->totals->n = 0;
	VEC_EACH(const struct counter_row, more, w->more) {
		struct counter_row total;
		TRY(read_one(tx, w, more, &total));
		w->add(w->arena, &total, more);
		TRY(write_one(tx, &total));
		VEC_PUSH(w->arena, w->totals, total);
	}
	return DONE;
}

err counters_add(struct arena *a, struct store *st, const struct counter_rows *more,
                 counter_adder *add, struct counter_rows *totals)
{
	struct adding w = { a, more, add, totals };
	*totals = (struct counter_rows){ 0 };
	return db_tx(st->db, add_all, &w);
}

err counters_purge(struct store *st, int64_t now_ms, int64_t *gone)
{
	return db_exec(st->db,
	               "DELETE FROM counter WHERE counter_key IN"
	               " (SELECT counter_key FROM counter WHERE expires_at_ms <= $1 LIMIT $2)",
	               DB_ARGS(DB_I(now_ms), DB_I(PURGE_AT_ONCE)), gone);
}
