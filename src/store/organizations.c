/* SPDX-License-Identifier: Apache-2.0 */
/* Organizations and environments as documents under their names.
 * The list of an organization's environments is read from their rows, never from its document.
 * Source: store/organizations.h. */
#include "store/organizations.h"

#include "store/inside.h"

#define ORG_BY_NAME "SELECT doc FROM organization WHERE name = $1"
#define ENV_BY_NAME "SELECT doc FROM environment WHERE org = $1 AND name = $2"

struct insert {
	const char *sql;
	struct db_args args;
};

static err run_insert(struct db *tx, void *arg)
{
	const struct insert *i = arg;
	return db_exec(tx, i->sql, i->args, NULL);
}

err organization_create(struct store *st, const struct organization *given)
{
	struct arena *a = arena_create(0, 0);
	struct organization o = *given;
	struct change c = { .kind = FEED_organization, .org = o.name, .name = o.name };
	o.created_at_ms = o.last_modified_at_ms = clock_ms();
	o.environments = (struct strs){ 0 };
	struct insert i = { "INSERT INTO organization (name, doc) VALUES ($1, $2)",
		            DB_ARGS(DB_T(o.name), DB_T(doc_write(a, &organization_noun, &o))) };
	err e = store_change(st, &c, run_insert, &i);
	arena_destroy(&a);
	return e;
}

err organization_get(struct arena *a, struct store *st, str org, struct organization **out)
{
	void *o;
	TRY(doc_get(a, st->db, &organization_noun, ORG_BY_NAME, DB_ARGS(DB_T(org)), &o));
	*out = o;
	return environment_list(a, st, org, &(*out)->environments);
}

err organization_list(struct arena *a, struct store *st, struct strs *names)
{
	return names_query(a, st->db, "SELECT name FROM organization ORDER BY name", DB_NO_ARGS,
	                   names);
}

/* ---- environments ---- */
err environment_create(struct store *st, str org, const struct environment *given)
{
	struct arena *a = arena_create(0, 0);
	struct environment v = *given;
	struct change c = { .kind = FEED_environment, .org = org, .env = v.name, .name = v.name };
	v.created_at_ms = v.last_modified_at_ms = clock_ms();
	struct insert i = { "INSERT INTO environment (org, name, doc) VALUES ($1, $2, $3)",
		            DB_ARGS(DB_T(org), DB_T(v.name),
		                    DB_T(doc_write(a, &environment_noun, &v))) };
	err e = store_change(st, &c, run_insert, &i);
	arena_destroy(&a);
	return e;
}

err environment_get(struct arena *a, struct store *st, str org, str env, struct environment **out)
{
	void *v;
	TRY(doc_get(a, st->db, &environment_noun, ENV_BY_NAME, DB_ARGS(DB_T(org), DB_T(env)), &v));
	*out = v;
	return DONE;
}

err environment_list(struct arena *a, struct store *st, str org, struct strs *names)
{
	return names_query(a, st->db, "SELECT name FROM environment WHERE org = $1 ORDER BY name",
	                   DB_ARGS(DB_T(org)), names);
}
