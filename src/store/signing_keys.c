/* SPDX-License-Identifier: Apache-2.0 */
/* Signing keys of the Edge OAuth2 service.
 * A private part is sealed to its zone and id.
 * Source: store/signing_keys.h. */
#include "store/signing_keys.h"

#include "store/inside.h"

struct key_call {
	struct arena *arena;
	struct store *store;
	const struct signing_key_put *put;
	str zone;
};

static str place(struct arena *a, str zone, str id)
{
	return str_fmt(a, "signing_key/%.*s/%.*s", STR(zone), STR(id));
}

static struct change change_of(str zone, str id)
{
	return (struct change){ .kind = FEED_signing_key, .org = zone, .name = id };
}

static err insert_key(struct db *tx, void *arg)
{
	struct key_call *c = arg;
	const struct signing_key *k = c->put->key;
	struct db_rows rows;
	TRY(db_query(c->arena, tx, "SELECT id FROM signing_key WHERE zone = $1 AND alg = $2",
	             DB_ARGS(DB_T(c->put->zone), DB_T(k->alg)), &rows));
	if (c->put->only_first && rows.n)
		return FAIL(ERR_CONFLICT);
	if (c->put->retire)
		TRY(db_exec(tx,
		            "UPDATE signing_key SET retired_at_ms = $3"
		            " WHERE zone = $1 AND alg = $2 AND retired_at_ms IS NULL",
		            DB_ARGS(DB_T(c->put->zone), DB_T(k->alg), DB_I(k->created_at_ms)),
		            NULL));
	return db_exec(
		tx,
		"INSERT INTO signing_key (zone, id, alg, sealed, created_at_ms)"
		" VALUES ($1, $2, $3, $4, $5)",
		DB_ARGS(DB_T(c->put->zone), DB_T(k->id), DB_T(k->alg),
	                DB_B(seal_text(c->arena, c->store->seal,
	                               place(c->arena, c->put->zone, k->id), k->private_pem)),
	                DB_I(k->created_at_ms)),
		NULL);
}

err signing_key_put(struct store *st, const struct signing_key_put *put)
{
	struct arena *a = arena_create(0, 0);
	struct key_call call = { .arena = a, .store = st, .put = put };
	struct change c = change_of(put->zone, put->key->id);
	err e = store_change(st, &c, insert_key, &call);
	arena_destroy(&a);
	return e;
}

err signing_key_list(struct arena *a, struct store *st, str zone, struct list *out)
{
	struct db_rows rows;
	TRY(db_query(a, st->db,
	             "SELECT id, alg, sealed, created_at_ms, retired_at_ms FROM signing_key"
	             " WHERE zone = $1 ORDER BY created_at_ms DESC, id",
	             DB_ARGS(DB_T(zone)), &rows));
	struct signing_key *keys = arena_array(a, struct signing_key, rows.n + 1);
	*out = (struct list){ keys, rows.n };
	for (size_t i = 0; i < rows.n; i++) {
		const struct db_value *c = db_row(&rows, i);
		keys[i] = (struct signing_key){ .id = c[0].s,
			                        .alg = c[1].s,
			                        .created_at_ms = c[3].i,
			                        .retired_at_ms = c[4].kind == DB_INT ? c[4].i : 0 };
		TRY(seal_open_text(a, st->seal, place(a, zone, c[0].s), c[2].s,
		                   &keys[i].private_pem));
	}
	return DONE;
}

/* What may look at many tokens is a read, which holds up nobody; of a key that is retired no token is made.
 * No change for others to hear of: a node that still knows the key verifies dead tokens with it. */
err signing_key_drop(struct store *st, str zone, const struct signing_key_end *end, int64_t *gone)
{
	struct arena *a = arena_create(0, 0);
	struct strs dead;
	int64_t n;
	*gone = 0;
	err e = names_query(
		a, st->db,
		"SELECT id FROM signing_key WHERE zone = $1 AND retired_at_ms < $2 AND NOT EXISTS"
		" (SELECT 1 FROM sso_token t WHERE t.zone = signing_key.zone AND t.state = 0"
		" AND t.issued_at_ms <= signing_key.retired_at_ms AND t.expires_at_ms > $3)",
		DB_ARGS(DB_T(zone), DB_I(end->retired_before_ms), DB_I(end->now_ms)), &dead);
	for (size_t i = 0; !e.code && i < dead.n; i++, *gone += n)
		e = db_exec(st->db, "DELETE FROM signing_key WHERE zone = $1 AND id = $2",
		            DB_ARGS(DB_T(zone), DB_T(dead.v[i])), &n);
	arena_destroy(&a);
	return e;
}
