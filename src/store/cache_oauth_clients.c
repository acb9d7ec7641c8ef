/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of the OAuth2 service in memory, with what their secrets are compared with.
 * A read always asks the database: memory is for whoever has shown to know the secret.
 * Source: store/cache.h. */
#include "store/cache_inside.h"

enum { OAUTH_CLIENT_ROOM = 512 };

struct oauth_client_entry {
	struct shelf_item item;
	struct oauth_client_view view;
};

err oauth_client_at_hand(struct arena *a, struct store *st, str zone, str id,
                         const struct oauth_client_view **out)
{
	struct shelf_key k = cache_client_key(zone, id);
	struct oauth_client_entry *e = NULL;
	if (!cache_is_stale(st))
		e = shelf_take(st->cache->oauth_clients, &k);
	if (!e)
		return FAIL(ERR_NOT_FOUND);
	arena_defer(a, shelf_let_go, e);
	*out = &e->view;
	return DONE;
}

static err read_view(struct arena *a, struct store *st, str zone, str id,
                     struct oauth_client_view *v)
{
	struct db_rows rows;
	TRY(one_row(a, st->db,
	            "SELECT secret_mac, second_secret_mac, token_salt, doc FROM oauth_client"
	            " WHERE zone = $1 AND id = $2",
	            DB_ARGS(DB_T(zone), DB_T(id)), &rows));
	struct oauth_client *client = arena_new(a, struct oauth_client);
	*v = (struct oauth_client_view){ .client = client, .token_salt = rows.v[2].s };
	for (int i = 0; i < 2; i++)
		v->macs[i] = rows.v[i].kind == DB_BLOB ? rows.v[i].s : STR_NONE;
	return doc_read(a, &oauth_client_noun, rows.v[3].s, client);
}

err oauth_client_read(struct arena *a, struct store *st, str zone, str id,
                      const struct oauth_client_view **out)
{
	struct shelf_key k = cache_client_key(zone, id);
	unsigned note = shelf_note(st->cache->oauth_clients, &k);
	struct oauth_client_entry *e = shelf_item(sizeof *e, OAUTH_CLIENT_ROOM, &k);
	err trouble = read_view(e->item.arena, st, zone, id, &e->view);
	if (trouble.code) {
		shelf_let_go(e);
		return trouble;
	}
	shelf_put_since(st->cache->oauth_clients, note, e);
	arena_defer(a, shelf_let_go, e);
	*out = &e->view;
	return DONE;
}
