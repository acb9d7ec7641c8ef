/* SPDX-License-Identifier: Apache-2.0 */
/* Target servers of an environment.
 * The row's key is the name; the document's own copy of it follows the key.
 * Source: store/target_servers.h. */
#include "store/target_servers.h"

#include "store/inside.h"

#define SERVER_BY_NAME "SELECT doc FROM target_server WHERE org = $1 AND env = $2 AND name = $3"

/* As arguments; they live as long as the block. */
#define KEY_ARGS(k) DB_ARGS(DB_T((k)->org), DB_T((k)->env), DB_T((k)->name))

struct server_call {
	struct arena *arena;
	const struct vhost_key *key;
	struct target_server *server;
};

static struct change change_of(const struct vhost_key *k)
{
	return (struct change){
		.kind = FEED_target_server, .org = k->org, .env = k->env, .name = k->name
	};
}

static err insert_server(struct db *tx, void *arg)
{
	struct server_call *c = arg;
	return db_exec(tx,
	               "INSERT INTO target_server (org, env, name, doc) VALUES ($1, $2, $3, $4)",
	               DB_ARGS(DB_T(c->key->org), DB_T(c->key->env), DB_T(c->key->name),
	                       DB_T(doc_write(c->arena, &target_server_noun, c->server))),
	               NULL);
}

err target_server_create(struct store *st, const struct vhost_key *k,
                         const struct target_server *given)
{
	struct arena *a = arena_create(0, 0);
	struct target_server t = *given;
	struct server_call call = { a, k, &t };
	struct change c = change_of(k);
	t.name = k->name;
	err e = store_change(st, &c, insert_server, &call);
	arena_destroy(&a);
	return e;
}

err target_server_get(struct arena *a, struct store *st, const struct vhost_key *k,
                      struct target_server **out)
{
	void *t;
	TRY(doc_get(a, st->db, &target_server_noun, SERVER_BY_NAME, KEY_ARGS(k), &t));
	*out = t;
	return DONE;
}

err target_server_names(struct arena *a, struct store *st, str org, str env, struct strs *names)
{
	return names_query(
		a, st->db,
		"SELECT name FROM target_server WHERE org = $1 AND env = $2 ORDER BY name",
		DB_ARGS(DB_T(org), DB_T(env)), names);
}

err target_server_list(struct arena *a, struct store *st, str org, str env, struct list *out)
{
	return doc_list(a, st->db, &target_server_noun,
	                "SELECT doc FROM target_server WHERE org = $1 AND env = $2 ORDER BY name",
	                DB_ARGS(DB_T(org), DB_T(env)), out);
}

static err settle_server(struct db *tx, struct doc_edit *e)
{
	(void)tx;
	((struct target_server *)e->thing)->name = ((const struct vhost_key *)e->context)->name;
	return DONE;
}

err target_server_change(struct arena *a, struct store *st, const struct vhost_key *k,
                         struct edit *edit, struct target_server **out)
{
	struct change c = change_of(k);
	struct vhost_key copy = *k;
	struct doc_edit e = {
		.arena = a,
		.store = st,
		.noun = &target_server_noun,
		.edit = edit,
		.select = SERVER_BY_NAME,
		.update = "UPDATE target_server SET doc = $4 WHERE org = $1 AND env = $2 AND name "
			  "= $3",
		.key = KEY_ARGS(k),
		.settle = settle_server,
		.context = &copy,
	};
	TRY(store_change(st, &c, doc_edit, &e));
	*out = e.thing;
	return DONE;
}

static err delete_server(struct db *tx, void *arg)
{
	struct server_call *c = arg;
	struct db_args key = KEY_ARGS(c->key);
	void *was;
	TRY(doc_get(c->arena, tx, &target_server_noun, SERVER_BY_NAME, key, &was));
	c->server = was;
	TRY(resource_not_deployed(c->arena, tx, c->key, "targetservers"));
	return exec_one(tx, "DELETE FROM target_server WHERE org = $1 AND env = $2 AND name = $3",
	                key);
}

err target_server_delete(struct arena *a, struct store *st, const struct vhost_key *k,
                         struct target_server **was)
{
	struct server_call call = { a, k, NULL };
	struct change c = change_of(k);
	TRY(store_change(st, &c, delete_server, &call));
	*was = call.server;
	return DONE;
}
