/* SPDX-License-Identifier: Apache-2.0 */
/* References of an environment: names that stand for a keystore.
 * The keystore is there as long as the reference is: the table says so.
 * Source: store/keystores.h. */
#include "store/keystores.h"

#include "store/inside.h"

#define KEY_ARGS(k) DB_ARGS(DB_T((k)->org), DB_T((k)->env), DB_T((k)->name))
#define BY_NAME "SELECT doc FROM resource_reference WHERE org = $1 AND env = $2 AND name = $3"

struct reference_call {
	struct arena *arena;
	const struct vhost_key *key;
	const struct reference *reference;
	struct reference *was;
	const char *sql;
};

static struct change change_of(const struct vhost_key *k)
{
	return (struct change){
		.kind = FEED_reference, .org = k->org, .env = k->env, .name = k->name
	};
}

static err refers_somewhere(struct db *tx, struct reference_call *c)
{
	struct db_rows rows;
	err e = one_row(
		c->arena, tx, "SELECT 1 FROM keystore WHERE org = $1 AND env = $2 AND name = $3",
		DB_ARGS(DB_T(c->key->org), DB_T(c->key->env), DB_T(c->reference->refers)), &rows);
	return e.code == ERR_NOT_FOUND ? FAIL(ERR_SYNTAX) : e;
}

static err write_reference(struct db *tx, void *arg)
{
	struct reference_call *c = arg;
	struct reference r = *c->reference;
	int64_t changed;
	r.name = c->key->name;
	TRY(refers_somewhere(tx, c));
	TRY(db_exec(tx, c->sql,
	            DB_ARGS(DB_T(c->key->org), DB_T(c->key->env), DB_T(r.name), DB_T(r.refers),
	                    DB_T(doc_write(c->arena, &reference_noun, &r))),
	            &changed));
	return changed ? DONE : FAIL(ERR_NOT_FOUND);
}

static err put(struct store *st, const struct vhost_key *k, const struct reference *r,
               const char *sql)
{
	struct arena *a = arena_create(0, 0);
	struct reference_call call = { .arena = a, .key = k, .reference = r, .sql = sql };
	struct change c = change_of(k);
	err e = store_change(st, &c, write_reference, &call);
	arena_destroy(&a);
	return e;
}

err reference_create(struct store *st, const struct vhost_key *k, const struct reference *r)
{
	return put(st, k, r,
	           "INSERT INTO resource_reference (org, env, name, refers, doc) VALUES ($1, $2, "
	           "$3, $4, $5)");
}

err reference_change(struct store *st, const struct vhost_key *k, const struct reference *r)
{
	return put(
		st, k, r,
		"UPDATE resource_reference SET refers = $4, doc = $5 WHERE org = $1 AND env = $2 "
		"AND name = $3");
}

err reference_get(struct arena *a, struct store *st, const struct vhost_key *k,
                  struct reference **out)
{
	void *r;
	TRY(doc_get(a, st->db, &reference_noun, BY_NAME, KEY_ARGS(k), &r));
	*out = r;
	return DONE;
}

err reference_list(struct arena *a, struct store *st, str org, str env, struct list *out)
{
	return doc_list(
		a, st->db, &reference_noun,
		"SELECT doc FROM resource_reference WHERE org = $1 AND env = $2 ORDER BY name",
		DB_ARGS(DB_T(org), DB_T(env)), out);
}

static err delete_reference(struct db *tx, void *arg)
{
	struct reference_call *c = arg;
	struct db_args key = KEY_ARGS(c->key);
	void *was;
	TRY(doc_get(c->arena, tx, &reference_noun, BY_NAME, key, &was));
	c->was = was;
	TRY(resource_not_deployed(c->arena, tx, c->key, "references"));
	TRY(keystore_not_named(c->arena, tx, c->key,
	                       str_fmt(c->arena, "ref://%.*s", STR(c->key->name))));
	return exec_one(tx,
	                "DELETE FROM resource_reference WHERE org = $1 AND env = $2 AND name = $3",
	                key);
}

err reference_delete(struct arena *a, struct store *st, const struct vhost_key *k,
                     struct reference **was)
{
	struct reference_call call = { .arena = a, .key = k };
	struct change c = change_of(k);
	TRY(store_change(st, &c, delete_reference, &call));
	*was = call.was;
	return DONE;
}
