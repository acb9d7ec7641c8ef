/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials: the document, the sealed secret, and a row for each product with its status.
 * The row that names a product holds it: a product cannot go while a key names it.
 * Source: store/apps.h. */
#include "base/rand.h"
#include "model/api_product.h"
#include "store/apps.h"
#include "store/credentials_inside.h"

enum { KEY_LENGTH = 32, SECRET_LENGTH = 16 };

static struct change change_of(str org, str key)
{
	return (struct change){ .kind = FEED_app, .org = org, .name = key };
}

static str place_of(struct arena *a, str org, str key)
{
	return str_fmt(a, "credential/%.*s/%.*s", STR(org), STR(key));
}

static str doc_of(struct arena *a, const struct credential *c)
{
	struct credential plain = *c;
	plain.api_products = (struct list){ 0 };
	plain.consumer_secret = STR_NONE;
	return doc_write(a, &credential_noun, &plain);
}

/* ---- reading ---- */
struct loading {
	struct arena *arena;
	struct store *store;
	str org;
	const struct map *apps;
	struct map credentials; /* key -> struct credential * */
};

static err read_row(struct loading *l, const struct db_value *row, struct credential *c)
{
	TRY(doc_read(l->arena, &credential_noun, row[2].s, c));
	c->consumer_key = row[1].s;
	return seal_open_text(l->arena, l->store->seal, place_of(l->arena, l->org, row[1].s),
	                      row[3].s, &c->consumer_secret);
}

/* Rows come by app, so an app's credentials stand together: each gets a slice of one array. */
static err read_rows(struct loading *l, const struct db_rows *rows)
{
	struct credential *all = arena_array(l->arena, struct credential, rows->n + 1);
	l->credentials = map_in(l->arena);
	for (size_t i = 0; i < rows->n; i++) {
		const struct db_value *row = db_row(rows, i);
		struct app *app = map_get(l->apps, row[0].s);
		TRY(read_row(l, row, &all[i]));
		map_put(&l->credentials, row[1].s, &all[i]);
		if (!app)
			continue;
		if (!app->credentials.n)
			app->credentials.v = &all[i];
		app->credentials.n++;
	}
	return DONE;
}

/* Rows come by key, so that each key's products get a slice, too. */
static void read_products(struct loading *l, const struct db_rows *rows)
{
	struct product_status *all = arena_array(l->arena, struct product_status, rows->n + 1);
	for (size_t i = 0; i < rows->n; i++) {
		const struct db_value *row = db_row(rows, i);
		struct credential *c = map_get(&l->credentials, row[0].s);
		all[i] = (struct product_status){ row[1].s, (int)row[2].i };
		if (!c)
			continue;
		if (!c->api_products.n)
			c->api_products.v = &all[i];
		c->api_products.n++;
	}
}

err credentials_load(struct arena *a, struct store *st, struct db *db, const struct app_range *r,
                     const struct map *by_id)
{
	struct loading l = { .arena = a, .store = st, .org = r->org, .apps = by_id };
	struct db_args range = DB_ARGS(DB_T(r->org), DB_T(r->first), DB_T(r->last));
	struct db_rows rows;
	TRY(db_query(a, db,
	             "SELECT app_id, consumer_key, doc, secret_sealed FROM credential"
	             " WHERE org = $1 AND app_id >= $2 AND app_id <= $3"
	             " ORDER BY app_id, issued_at_ms, consumer_key",
	             range, &rows));
	TRY(read_rows(&l, &rows));
	TRY(db_query(a, db,
	             "SELECT p.consumer_key, p.product, p.status FROM credential_product p"
	             " JOIN credential c ON c.org = p.org AND c.consumer_key = p.consumer_key"
	             " WHERE c.org = $1 AND c.app_id >= $2 AND c.app_id <= $3"
	             " ORDER BY p.consumer_key, p.position",
	             range, &rows));
	read_products(&l, &rows);
	return DONE;
}

static err read_credential(struct arena *a, struct store *st, struct db *db,
                           const struct app_range *key, struct credential **out)
{
	struct loading l = { .arena = a, .store = st, .org = key->org, .apps = &(struct map){ 0 } };
	struct db_args args = DB_ARGS(DB_T(key->org), DB_T(key->first));
	struct db_rows rows;
	TRY(one_row(a, db,
	            "SELECT app_id, consumer_key, doc, secret_sealed FROM credential"
	            " WHERE org = $1 AND consumer_key = $2",
	            args, &rows));
	TRY(read_rows(&l, &rows));
	*out = map_get(&l.credentials, db_row(&rows, 0)[1].s);
	TRY(db_query(a, db,
	             "SELECT consumer_key, product, status FROM credential_product"
	             " WHERE org = $1 AND consumer_key = $2 ORDER BY position",
	             args, &rows));
	read_products(&l, &rows);
	return DONE;
}

/* ---- writing ---- */
static err initial_status(struct db *tx, struct credential_insert *c, str product, int *status)
{
	void *p;
	err e = doc_get(c->arena, tx, &api_product_noun,
	                "SELECT doc FROM api_product WHERE org = $1 AND name = $2",
	                DB_ARGS(DB_T(c->org), DB_T(product)), &p);
	if (e.code == ERR_NOT_FOUND)
		*c->missing = product;
	TRY(e);
	*status = ((struct api_product *)p)->approval_type == APPROVAL_MANUAL ? PENDING : APPROVED;
	return DONE;
}

static const struct product_status *named(const struct list *l, size_t n, str product)
{
	const struct product_status *v = l->v;
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i].apiproduct, product))
			return &v[i];
	return NULL;
}

/* The product rows anew; those that were there before keep the status they now have in the list. */
static err put_products(struct db *tx, struct credential_insert *c, const struct list *before)
{
	struct product_status *v = c->credential->api_products.v;
	size_t n = c->credential->api_products.n, kept = 0;
	struct product_status *out = arena_array(c->arena, struct product_status, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (named(&c->credential->api_products, i, v[i].apiproduct))
			continue; /* named twice */
		out[kept] = v[i];
		if (!named(before, before->n, v[i].apiproduct))
			TRY(initial_status(tx, c, v[i].apiproduct, &out[kept].status));
		TRY(db_exec(tx,
		            "INSERT INTO credential_product (org, consumer_key, product, position, "
		            "status)"
		            " VALUES ($1, $2, $3, $4, $5)",
		            DB_ARGS(DB_T(c->org), DB_T(c->credential->consumer_key),
		                    DB_T(out[kept].apiproduct), DB_I(kept), DB_I(out[kept].status)),
		            NULL));
		kept++;
	}
	c->credential->api_products = (struct list){ out, kept };
	return DONE;
}

void credential_complete(struct arena *a, struct credential *c)
{
	if (!c->consumer_key.n)
		c->consumer_key = rand_alnum(a, KEY_LENGTH);
	if (!c->consumer_secret.n)
		c->consumer_secret = rand_alnum(a, SECRET_LENGTH);
	if (!c->expires_at_ms)
		c->expires_at_ms = -1;
	c->issued_at_ms = clock_ms();
}

err credential_insert(struct db *tx, struct credential_insert *c)
{
	struct credential *k = c->credential;
	str place = place_of(c->arena, c->org, k->consumer_key);
	*c->missing = STR_NONE;
	TRY(db_exec(tx,
	            "INSERT INTO credential (org, consumer_key, app_id, issued_at_ms, "
	            "secret_sealed, doc)"
	            " VALUES ($1, $2, $3, $4, $5, $6)",
	            DB_ARGS(DB_T(c->org), DB_T(k->consumer_key), DB_T(c->app_id),
	                    DB_I(k->issued_at_ms),
	                    DB_B(seal_text(c->arena, c->store->seal, place, k->consumer_secret)),
	                    DB_T(doc_of(c->arena, k))),
	            NULL));
	return put_products(tx, c, &(struct list){ 0 });
}

static err run_insert(struct db *tx, void *arg) { return credential_insert(tx, arg); }

err credential_create(struct arena *a, struct store *st, str org, str app_id, struct credential *k,
                      str *missing)
{
	credential_complete(a, k);
	struct credential_insert call = { a, st, org, app_id, k, missing };
	struct change c = change_of(org, k->consumer_key);
	return store_change(st, &c, run_insert, &call);
}

struct credential_edit {
	struct credential_insert put;
	str key;
	struct edit *edit;
};

static err edit_credential(struct db *tx, void *arg)
{
	struct credential_edit *e = arg;
	struct credential_insert *c = &e->put;
	TRY(read_credential(c->arena, c->store, tx, &(struct app_range){ c->org, e->key, e->key },
	                    &c->credential));
	const struct credential was = *c->credential;
	TRY(e->edit->fn(c->arena, c->credential, e->edit->arg));
	c->credential->consumer_key = was.consumer_key;
	c->credential->consumer_secret = was.consumer_secret;
	c->credential->issued_at_ms = was.issued_at_ms;
	struct db_args key = DB_ARGS(DB_T(c->org), DB_T(e->key));
	TRY(db_exec(tx, "DELETE FROM credential_product WHERE org = $1 AND consumer_key = $2", key,
	            NULL));
	TRY(put_products(tx, c, &was.api_products));
	return exec_one(tx, "UPDATE credential SET doc = $3 WHERE org = $1 AND consumer_key = $2",
	                DB_ARGS(DB_T(c->org), DB_T(e->key), DB_T(doc_of(c->arena, c->credential))));
}

err credential_change(struct arena *a, struct store *st, str org, str key, struct edit *edit,
                      struct credential **out)
{
	struct credential_edit call = {
		.put = { .arena = a, .store = st, .org = org, .missing = &edit->missing },
		.key = key,
		.edit = edit
	};
	struct change c = change_of(org, key);
	edit->missing = STR_NONE;
	TRY(store_change(st, &c, edit_credential, &call));
	*out = call.put.credential;
	return DONE;
}

static err delete_credential(struct db *tx, void *arg)
{
	struct credential_edit *e = arg;
	struct credential_insert *c = &e->put;
	TRY(read_credential(c->arena, c->store, tx, &(struct app_range){ c->org, e->key, e->key },
	                    &c->credential));
	return exec_one(tx, "DELETE FROM credential WHERE org = $1 AND consumer_key = $2",
	                DB_ARGS(DB_T(c->org), DB_T(e->key)));
}

err credential_delete(struct arena *a, struct store *st, str org, str key, struct credential **was)
{
	struct credential_edit call = { .put = { .arena = a, .store = st, .org = org },
		                        .key = key };
	struct change c = change_of(org, key);
	TRY(store_change(st, &c, delete_credential, &call));
	*was = call.put.credential;
	return DONE;
}
