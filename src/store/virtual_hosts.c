/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual hosts and the aliases they answer to.
 * An alias belongs to one environment of the whole store, and on a port to one virtual host of it.
 * Source: store/organizations.h. */
#include "store/inside.h"
#include "store/organizations.h"

#define VHOST_BY_NAME "SELECT doc FROM virtual_host WHERE org = $1 AND env = $2 AND name = $3"

struct vhost_call {
	struct arena *arena;
	const struct vhost_key *key;
	struct virtual_host *vhost;
};

/* On another port, too: which listener a virtual host means is for its name to say as well as for its
 * port, so that another environment's could stand before this one's. */
static err not_of_others(struct arena *a, struct db *tx, const struct vhost_key *k, str alias)
{
	struct db_rows rows;
	TRY(db_query(a, tx,
	             "SELECT 1 FROM host_alias WHERE alias = $1 AND (org <> $2 OR env <> $3)",
	             DB_ARGS(DB_T(alias), DB_T(k->org), DB_T(k->env)), &rows));
	return rows.n ? FAIL(ERR_CONFLICT) : DONE;
}

static err put_aliases(struct arena *a, struct db *tx, const struct vhost_key *k,
                       const struct virtual_host *v)
{
	for (size_t i = 0; i < v->host_aliases.n; i++) {
		TRY(not_of_others(a, tx, k, v->host_aliases.v[i]));
		TRY(db_exec(tx,
		            "INSERT INTO host_alias (port, alias, org, env, virtual_host) VALUES "
		            "($1, $2, $3, $4, $5)",
		            DB_ARGS(DB_T(v->port), DB_T(v->host_aliases.v[i]), DB_T(k->org),
		                    DB_T(k->env), DB_T(k->name)),
		            NULL));
	}
	return DONE;
}

static struct strs lower_all(struct arena *a, const struct strs *s)
{
	struct strs out = { arena_array(a, str, s->n + 1), s->n };
	for (size_t i = 0; i < s->n; i++)
		out.v[i] = str_lower(a, s->v[i]);
	return out;
}

static err insert_vhost(struct db *tx, void *arg)
{
	struct vhost_call *c = arg;
	TRY(db_exec(tx, "INSERT INTO virtual_host (org, env, name, doc) VALUES ($1, $2, $3, $4)",
	            DB_ARGS(DB_T(c->key->org), DB_T(c->key->env), DB_T(c->key->name),
	                    DB_T(doc_write(c->arena, &virtual_host_noun, c->vhost))),
	            NULL));
	return put_aliases(c->arena, tx, c->key, c->vhost);
}

static struct change change_of(const struct vhost_key *k)
{
	return (struct change){
		.kind = FEED_virtual_host, .org = k->org, .env = k->env, .name = k->name
	};
}

err virtual_host_create(struct store *st, const struct vhost_key *k,
                        const struct virtual_host *given)
{
	struct arena *a = arena_create(0, 0);
	struct virtual_host v = *given;
	struct vhost_call call = { a, k, &v };
	struct change c = change_of(k);
	v.name = k->name;
	v.host_aliases = lower_all(a, &v.host_aliases);
	err e = store_change(st, &c, insert_vhost, &call);
	arena_destroy(&a);
	return e;
}

err virtual_host_get(struct arena *a, struct store *st, const struct vhost_key *k,
                     struct virtual_host **out)
{
	void *v;
	TRY(doc_get(a, st->db, &virtual_host_noun, VHOST_BY_NAME,
	            DB_ARGS(DB_T(k->org), DB_T(k->env), DB_T(k->name)), &v));
	*out = v;
	return DONE;
}

err virtual_host_list(struct arena *a, struct store *st, str org, str env, struct strs *names)
{
	return names_query(
		a, st->db,
		"SELECT name FROM virtual_host WHERE org = $1 AND env = $2 ORDER BY name",
		DB_ARGS(DB_T(org), DB_T(env)), names);
}

static err settle_vhost(struct db *tx, struct doc_edit *e)
{
	const struct vhost_key *k = e->context;
	struct virtual_host *v = e->thing;
	v->name = k->name;
	v->host_aliases = lower_all(e->arena, &v->host_aliases);
	TRY(db_exec(tx, "DELETE FROM host_alias WHERE org = $1 AND env = $2 AND virtual_host = $3",
	            e->key, NULL));
	return put_aliases(e->arena, tx, k, v);
}

err virtual_host_change(struct arena *a, struct store *st, const struct vhost_key *k,
                        struct edit *edit, struct virtual_host **out)
{
	struct change c = change_of(k);
	struct vhost_key copy = *k;
	struct doc_edit e = {
		.arena = a,
		.store = st,
		.noun = &virtual_host_noun,
		.edit = edit,
		.select = VHOST_BY_NAME,
		.update = "UPDATE virtual_host SET doc = $4 WHERE org = $1 AND env = $2 AND name = "
			  "$3",
		.key = DB_ARGS(DB_T(k->org), DB_T(k->env), DB_T(k->name)),
		.settle = settle_vhost,
		.context = &copy,
	};
	TRY(store_change(st, &c, doc_edit, &e));
	*out = e.thing;
	return DONE;
}

static err delete_vhost(struct db *tx, void *arg)
{
	struct vhost_call *c = arg;
	struct db_args key = DB_ARGS(DB_T(c->key->org), DB_T(c->key->env), DB_T(c->key->name));
	void *was;
	TRY(doc_get(c->arena, tx, &virtual_host_noun, VHOST_BY_NAME, key, &was));
	c->vhost = was;
	return exec_one(tx, "DELETE FROM virtual_host WHERE org = $1 AND env = $2 AND name = $3",
	                key);
}

err virtual_host_delete(struct arena *a, struct store *st, const struct vhost_key *k,
                        struct virtual_host **was)
{
	struct vhost_call call = { a, k, NULL };
	struct change c = change_of(k);
	TRY(store_change(st, &c, delete_vhost, &call));
	*was = call.vhost;
	return DONE;
}

err virtual_host_all(struct arena *a, struct store *st, struct list *entries)
{
	struct db_rows rows;
	TRY(db_query(a, st->db,
	             "SELECT org, env, name, doc FROM virtual_host ORDER BY org, env, name",
	             DB_NO_ARGS, &rows));
	struct vhost_entry *v = arena_array(a, struct vhost_entry, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		const struct db_value *c = db_row(&rows, i);
		v[i] = (struct vhost_entry){ { c[0].s, c[1].s, c[2].s },
			                     arena_new(a, struct virtual_host),
			                     str_fmt(a, "%.*s/%.*s/%.*s", STR(c[0].s), STR(c[1].s),
			                             STR(c[2].s)) };
		TRY(doc_read(a, &virtual_host_noun, c[3].s, v[i].vhost));
	}
	*entries = (struct list){ v, rows.n };
	return DONE;
}
