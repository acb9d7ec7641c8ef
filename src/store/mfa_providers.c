/* SPDX-License-Identifier: Apache-2.0 */
/* Providers of second factors.
 * Whether one is active is its column alone: another that becomes active changes no document.
 * Source: store/mfa_providers.h. */
#include "store/mfa_providers.h"

#include "store/inside.h"

#define SELECT "SELECT doc, active FROM mfa_provider WHERE zone = $1"
#define KEY_ARGS(k) DB_ARGS(DB_T((k)->zone), DB_T((k)->id))

struct provider_call {
	const char *sql;
	struct arena *arena;
	const struct mfa_provider *provider;
	const struct mfa_provider_key *key;
};

static err read_row(struct arena *a, const struct db_value *c, struct mfa_provider *out)
{
	TRY(doc_read(a, &mfa_provider_noun, c[0].s, out));
	out->active = c[1].i != 0;
	return DONE;
}

static err write_provider(struct db *tx, void *arg)
{
	const struct provider_call *c = arg;
	const struct mfa_provider *p = c->provider;
	if (p->active)
		TRY(db_exec(tx, "UPDATE mfa_provider SET active = 0 WHERE zone = $1",
		            DB_ARGS(DB_T(p->zone)), NULL));
	return exec_one(tx, c->sql,
	                DB_ARGS(DB_T(p->zone), DB_T(p->id),
	                        DB_T(doc_write(c->arena, &mfa_provider_noun, p)), DB_T(p->name),
	                        DB_I(p->active)));
}

static err delete_provider(struct db *tx, void *arg)
{
	const struct provider_call *c = arg;
	struct db_rows rows;
	TRY(one_row(c->arena, tx, SELECT " AND id = $2", KEY_ARGS(c->key), &rows));
	if (rows.v[1].i)
		return FAIL(ERR_CONFLICT);
	return exec_one(tx, "DELETE FROM mfa_provider WHERE zone = $1 AND id = $2",
	                KEY_ARGS(c->key));
}

static err change(struct store *st, struct provider_call *call, err (*fn)(struct db *, void *))
{
	struct arena *a = call->arena = arena_create(0, 0);
	struct change c = { .kind = FEED_mfa_provider,
		            .org = call->key->zone,
		            .name = call->key->id };
	err e = store_change(st, &c, fn, call);
	arena_destroy(&a);
	return e;
}

static err put(struct store *st, const struct mfa_provider *p, const char *sql)
{
	struct mfa_provider_key key = { p->zone, p->id };
	return change(st, &(struct provider_call){ .sql = sql, .provider = p, .key = &key },
	              write_provider);
}

err mfa_provider_create(struct store *st, const struct mfa_provider *p)
{
	return put(st, p,
	           "INSERT INTO mfa_provider (zone, id, doc, name, active)"
	           " VALUES ($1, $2, $3, $4, $5)");
}

err mfa_provider_replace(struct store *st, const struct mfa_provider *p)
{
	return put(st, p,
	           "UPDATE mfa_provider SET doc = $3, name = $4, active = $5"
	           " WHERE zone = $1 AND id = $2");
}

err mfa_provider_delete(struct store *st, const struct mfa_provider_key *k)
{
	return change(st, &(struct provider_call){ .key = k }, delete_provider);
}

err mfa_provider_get(struct arena *a, struct store *st, const struct mfa_provider_key *k,
                     struct mfa_provider *out)
{
	struct db_rows rows;
	TRY(one_row(a, st->db, SELECT " AND id = $2", KEY_ARGS(k), &rows));
	return read_row(a, rows.v, out);
}

err mfa_provider_active(struct arena *a, struct store *st, str zone, struct mfa_provider *out)
{
	struct db_rows rows;
	TRY(one_row(a, st->db, SELECT " AND active = 1", DB_ARGS(DB_T(zone)), &rows));
	return read_row(a, rows.v, out);
}

err mfa_provider_list(struct arena *a, struct store *st, str zone, struct list *out)
{
	struct db_rows rows;
	TRY(db_query(a, st->db, SELECT " ORDER BY name", DB_ARGS(DB_T(zone)), &rows));
	struct mfa_provider *v = arena_array(a, struct mfa_provider, rows.n + 1);
	*out = (struct list){ v, rows.n };
	for (size_t i = 0; i < rows.n; i++)
		TRY(read_row(a, db_row(&rows, i), &v[i]));
	return DONE;
}
