/* SPDX-License-Identifier: Apache-2.0 */
/* Consumer keys in memory, each with its app, developer and products.
 * An entry is used for as long as nothing of its organization has changed since before it was read.
 * Source: store/cache.h. */
#include "base/secret.h"
#include "store/apps.h"
#include "store/cache_inside.h"
#include "store/developers.h"
#include "store/products.h"

enum { CLIENT_ROOM = 512 };

static void wipe_secret(void *arg)
{
	const struct credential *c = arg;
	wipe((void *)(uintptr_t)c->consumer_secret.p, c->consumer_secret.n);
}

static err read_products(struct arena *a, struct store *st, str org, struct client_view *v)
{
	const struct product_status *names = v->credential->api_products.v;
	v->n_products = v->credential->api_products.n;
	const struct api_product **products =
		arena_array(a, const struct api_product *, v->n_products + 1);
	for (size_t i = 0; i < v->n_products; i++) {
		struct api_product *p;
		TRY(product_get(a, st, org, names[i].apiproduct, &p));
		products[i] = p;
	}
	v->products = products;
	return DONE;
}

static err read_client(struct arena *a, struct store *st, str org, str key, struct client_view *v)
{
	struct app *app;
	struct developer *developer;
	TRY(app_by_key(a, st, org, key, &app));
	TRY(developer_get(a, st, org, app->developer_id, &developer));
	*v = (struct client_view){ .app = app,
		                   .developer = developer,
		                   .credential = app_credential(app, key) };
	if (!v->credential)
		return FAIL(ERR_NOT_FOUND);
	LIST_EACH(struct credential, c, &app->credentials)
		arena_defer(a, wipe_secret, c);
	return read_products(a, st, org, v);
}

static err fill(struct store *st, const struct shelf_key *k, struct client_entry **out)
{
	unsigned note = shelf_note(st->cache->clients, k);
	struct client_entry *e = shelf_item(sizeof *e, CLIENT_ROOM, k);
	e->generations = cache_generations(st->cache, k->realm);
	e->generation = atomic_load(e->generations); /* a change during the read makes it old */
	err trouble = read_client(e->item.arena, st, k->realm, k->name, &e->view);
	if (trouble.code) {
		shelf_let_go(e);
		return trouble;
	}
	shelf_put_since(st->cache->clients, note, e);
	*out = e;
	return DONE;
}

err cache_client(struct store *st, str org, str key, struct client_entry **out)
{
	struct shelf_key k = cache_client_key(org, key);
	struct client_entry *e = shelf_take(st->cache->clients, &k);
	if (cache_is_current(e)) {
		*out = e;
		return DONE;
	}
	if (e)
		shelf_let_go(e);
	return fill(st, &k, out);
}

err client_view(struct arena *a, struct store *st, str org, str key, const struct client_view **out)
{
	struct client_entry *e;
	if (cache_is_stale(st))
		return FAIL(ERR_STORE);
	TRY(cache_client(st, org, key, &e));
	arena_defer(a, shelf_let_go, e);
	*out = &e->view;
	return DONE;
}
