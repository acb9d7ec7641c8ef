/* SPDX-License-Identifier: Apache-2.0 */
/* Approvals of store/approvals.h.
 * A row belongs to one user of one zone: every statement names both.
 * Source: store/approvals.h. */
#include "store/approvals.h"

#include "store/inside.h"

struct approval_call {
	const struct approval_key *key;
	const struct list *given;
};

err approval_list(struct arena *a, struct store *st, const struct approval_key *k, int64_t now_ms,
                  struct list *out)
{
	struct db_rows rows;
	TRY(db_query(
		a, st->db,
		"SELECT client_id, scope, status, expires_at_ms, last_updated_at_ms FROM approval"
		" WHERE zone = $1 AND user_id = $2 AND expires_at_ms > $3"
		" ORDER BY client_id, scope",
		DB_ARGS(DB_T(k->zone), DB_T(k->user_id), DB_I(now_ms)), &rows));
	struct scope_approval *v = arena_array(a, struct scope_approval, rows.n + 1);
	*out = (struct list){ v, 0 };
	for (size_t i = 0; i < rows.n; i++) {
		const struct db_value *c = db_row(&rows, i);
		if (!str_given(k->client_id) || str_eq(k->client_id, c[0].s))
			v[out->n++] = (struct scope_approval){ c[0].s, c[1].s,
				                               str_eq(c[2].s, S("APPROVED")),
				                               c[3].i, c[4].i };
	}
	return DONE;
}

static err put(struct db *tx, void *arg)
{
	const struct approval_call *c = arg;
	LIST_EACH(const struct scope_approval, p, c->given)
		TRY(db_exec(
			tx,
			"INSERT INTO approval (zone, user_id, client_id, scope, status,"
			" expires_at_ms, last_updated_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)"
			" ON CONFLICT (zone, user_id, client_id, scope) DO UPDATE SET"
			" status = $5, expires_at_ms = $6, last_updated_at_ms = $7",
			DB_ARGS(DB_T(c->key->zone), DB_T(c->key->user_id), DB_T(p->client_id),
		                DB_T(p->scope), DB_T(p->approved ? S("APPROVED") : S("DENIED")),
		                DB_I(p->expires_at_ms), DB_I(p->last_updated_at_ms)),
			NULL));
	return DONE;
}

err approvals_put(struct store *st, const struct approval_key *k, const struct list *given)
{
	struct approval_call call = { k, given };
	return db_tx(st->db, put, &call);
}

static err delete_all(struct db *db, const struct approval_key *k)
{
	if (!str_given(k->client_id))
		return db_exec(db, "DELETE FROM approval WHERE zone = $1 AND user_id = $2",
		               DB_ARGS(DB_T(k->zone), DB_T(k->user_id)), NULL);
	return db_exec(db,
	               "DELETE FROM approval WHERE zone = $1 AND user_id = $2 AND client_id = $3",
	               DB_ARGS(DB_T(k->zone), DB_T(k->user_id), DB_T(k->client_id)), NULL);
}

static err replace(struct db *tx, void *arg)
{
	TRY(delete_all(tx, ((const struct approval_call *)arg)->key));
	return put(tx, arg);
}

err approvals_replace(struct store *st, const struct approval_key *k, const struct list *given)
{
	struct approval_call call = { k, given };
	return db_tx(st->db, replace, &call);
}

err approvals_delete(struct store *st, const struct approval_key *k)
{
	return delete_all(st->db, k);
}
