/* SPDX-License-Identifier: Apache-2.0 */
/* Apps as documents under their ids; credentials are rows of their own.
 * An app comes into being with its first credential or not at all.
 * Source: store/apps.h. */
#include "store/apps.h"

#include "base/map.h"
#include "base/rand.h"
#include "store/credentials_inside.h"
#include "store/developers.h"

#define APP_BY_ID "SELECT doc FROM app WHERE org = $1 AND id = $2"

struct app_call {
	struct arena *arena;
	struct store *store;
	str org, id;
	struct app *app;
	str *missing;
};

static struct change change_of(str org, str id)
{
	return (struct change){ .kind = FEED_app, .org = org, .name = id };
}

static str doc_of(struct arena *a, const struct app *app)
{
	struct app plain = *app;
	plain.credentials = (struct list){ 0 };
	plain.api_products = (struct strs){ 0 };
	return doc_write(a, &app_noun, &plain);
}

/* ---- reading ---- */
static err load_credentials(struct arena *a, struct store *st, struct db *db, str org,
                            struct list *apps)
{
	struct map by_id = map_in(a);
	struct app_range range = { .org = org };
	if (!apps->n)
		return DONE;
	LIST_EACH(struct app, app, apps) {
		map_put(&by_id, app->app_id, app);
		if (!range.first.p || str_cmp(app->app_id, range.first) < 0)
			range.first = app->app_id;
		if (!range.last.p || str_cmp(app->app_id, range.last) > 0)
			range.last = app->app_id;
	}
	return credentials_load(a, st, db, &range, &by_id);
}

static err read_app(struct arena *a, struct store *st, struct db *db, str org, str id,
                    struct app **out)
{
	void *app;
	TRY(doc_get(a, db, &app_noun, APP_BY_ID, DB_ARGS(DB_T(org), DB_T(id)), &app));
	*out = app;
	return load_credentials(a, st, db, org, &(struct list){ app, 1 });
}

err app_get(struct arena *a, struct store *st, str org, str id, struct app **out)
{
	return read_app(a, st, st->db, org, id, out);
}

static err developer_id(struct arena *a, struct store *st, str org, str who, str *id)
{
	struct developer *d;
	TRY(developer_get(a, st, org, who, &d));
	*id = d->developer_id;
	return DONE;
}

err app_named(struct arena *a, struct store *st, str org, str developer, str name, struct app **out)
{
	struct db_rows rows;
	str id;
	TRY(developer_id(a, st, org, developer, &id));
	TRY(one_row(a, st->db,
	            "SELECT id FROM app WHERE org = $1 AND developer_id = $2 AND name = $3",
	            DB_ARGS(DB_T(org), DB_T(id), DB_T(name)), &rows));
	return app_get(a, st, org, rows.v[0].s, out);
}

err app_by_key(struct arena *a, struct store *st, str org, str key, struct app **out)
{
	struct db_rows rows;
	TRY(one_row(a, st->db, "SELECT app_id FROM credential WHERE org = $1 AND consumer_key = $2",
	            DB_ARGS(DB_T(org), DB_T(key)), &rows));
	return app_get(a, st, org, rows.v[0].s, out);
}

err app_ids(struct arena *a, struct store *st, str org, const struct page *p, struct strs *out)
{
	return names_query(a, st->db,
	                   "SELECT id FROM app WHERE org = $1 AND id >= $2 ORDER BY id LIMIT $3",
	                   DB_ARGS(DB_T(org), DB_T(page_start(p)), DB_I(page_count(p))), out);
}

err app_list(struct arena *a, struct store *st, str org, const struct page *p, struct list *out)
{
	TRY(doc_list(a, st->db, &app_noun,
	             "SELECT doc FROM app WHERE org = $1 AND id >= $2 ORDER BY id LIMIT $3",
	             DB_ARGS(DB_T(org), DB_T(page_start(p)), DB_I(page_count(p))), out));
	return load_credentials(a, st, st->db, org, out);
}

err app_names_of(struct arena *a, struct store *st, str org, str developer, struct strs *out)
{
	str id;
	TRY(developer_id(a, st, org, developer, &id));
	return names_query(
		a, st->db,
		"SELECT name FROM app WHERE org = $1 AND developer_id = $2 ORDER BY name",
		DB_ARGS(DB_T(org), DB_T(id)), out);
}

err app_list_of(struct arena *a, struct store *st, str org, str developer, struct list *out)
{
	str id;
	TRY(developer_id(a, st, org, developer, &id));
	TRY(doc_list(a, st->db, &app_noun,
	             "SELECT doc FROM app WHERE org = $1 AND developer_id = $2 ORDER BY name",
	             DB_ARGS(DB_T(org), DB_T(id)), out));
	LIST_EACH(struct app, app, out) /* ids of one developer are no range: one by one */
		TRY(load_credentials(a, st, st->db, org, &(struct list){ app, 1 }));
	return DONE;
}

/* ---- creating ---- */
static err insert_app(struct db *tx, void *arg)
{
	struct app_call *c = arg;
	*c->missing = STR_NONE;
	TRY(db_exec(
		tx,
		"INSERT INTO app (org, id, developer_id, name, doc) VALUES ($1, $2, $3, $4, $5)",
		DB_ARGS(DB_T(c->org), DB_T(c->app->app_id), DB_T(c->app->developer_id),
	                DB_T(c->app->name), DB_T(doc_of(c->arena, c->app))),
		NULL));
	LIST_EACH(struct credential, k, &c->app->credentials) {
		struct credential_insert put = { c->arena,       c->store, c->org,
			                         c->app->app_id, k,        c->missing };
		TRY(credential_insert(tx, &put));
	}
	return DONE;
}

static void first_credential(struct arena *a, struct app *app)
{
	struct credential *k = arena_new(a, struct credential);
	struct product_status *v = arena_array(a, struct product_status, app->api_products.n + 1);
	for (size_t i = 0; i < app->api_products.n; i++)
		v[i].apiproduct = app->api_products.v[i];
	k->api_products = (struct list){ v, app->api_products.n };
	k->scopes = app->scopes;
	k->expires_at_ms = app_key_expires_at_ms(app, clock_ms());
	app->credentials = (struct list){ k, 1 };
}

err app_create(struct arena *a, struct store *st, str org, str developer, struct app *app,
               str *missing)
{
	struct app_call call = {
		.arena = a, .store = st, .org = org, .app = app, .missing = missing
	};
	*missing = STR_NONE;
	TRY(developer_id(a, st, org, developer, &app->developer_id));
	app->app_id = app->app_id.n ? app->app_id : rand_uuid(a);
	app->created_at_ms = app->last_modified_at_ms = clock_ms();
	if (!app->credentials.n)
		first_credential(a, app);
	app->api_products = (struct strs){ 0 };
	LIST_EACH(struct credential, k, &app->credentials)
		credential_complete(a, k);
	struct change c = change_of(org, app->app_id);
	return store_change(st, &c, insert_app, &call);
}

/* ---- changing ---- */
static err settle_app(struct db *tx, struct doc_edit *e)
{
	struct app *app = e->thing;
	const struct app *was = e->before;
	(void)tx;
	app->app_id = was->app_id;
	app->developer_id = was->developer_id;
	app->name = was->name;
	app->api_products = (struct strs){ 0 };
	app->credentials = (struct list){ 0 };
	return DONE;
}

err app_change(struct arena *a, struct store *st, str org, str id, struct edit *edit,
               struct app **out)
{
	struct change c = change_of(org, id);
	struct doc_edit e = {
		.arena = a,
		.store = st,
		.noun = &app_noun,
		.edit = edit,
		.select = APP_BY_ID,
		.update = "UPDATE app SET doc = $3 WHERE org = $1 AND id = $2",
		.key = DB_ARGS(DB_T(org), DB_T(id)),
		.at_ms = offsetof(struct app, last_modified_at_ms),
		.by = offsetof(struct app, last_modified_by),
		.settle = settle_app,
	};
	TRY(store_change(st, &c, doc_edit, &e));
	*out = e.thing;
	return load_credentials(a, st, st->db, org, &(struct list){ e.thing, 1 });
}

static err delete_app(struct db *tx, void *arg)
{
	struct app_call *c = arg;
	TRY(read_app(c->arena, c->store, tx, c->org, c->id, &c->app));
	return exec_one(tx, "DELETE FROM app WHERE org = $1 AND id = $2",
	                DB_ARGS(DB_T(c->org), DB_T(c->id)));
}

err app_delete(struct arena *a, struct store *st, str org, str id, struct app **was)
{
	struct app_call call = { .arena = a, .store = st, .org = org, .id = id };
	struct change c = change_of(org, id);
	TRY(store_change(st, &c, delete_app, &call));
	*was = call.app;
	return DONE;
}
