/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of store/codes.h.
 * A MAC is made under the newest key of the key file and looked for under each.
 * Source: house ("what is short enough to guess: HMAC"). */
#include "store/codes.h"

#include "codec/base64.h"
#include "codec/digest.h"
#include "store/inside.h"

#define OF_CODE " WHERE zone = $1 AND purpose = $2 AND mac = $3"

enum { MAC = 32 };

struct code_call {
	struct arena *arena;
	struct store *store;
	const struct code_key *key;
	const struct code *code;
	bool alone;
	int64_t now_ms, gone;
};

static str code_mac(struct arena *a, struct store *st, const struct code_key *k, size_t nth)
{
	unsigned char key[MAC], *mac = arena_alloc(a, MAC, 1);
	seal_subkey(st->seal, "one-time-code", nth, key);
	hmac_sha256(str_from(key, MAC),
	            str_fmt(a, "%.*s%c%s%c%.*s", STR(k->zone), 0, k->purpose, 0, STR(k->text)),
	            mac);
	return str_from(mac, MAC);
}

#define KEY_ARGS(k, mac) DB_T((k)->zone), DB_T(str_from_z((k)->purpose)), DB_B(mac)

static err insert_code(struct db *tx, void *arg)
{
	struct code_call *c = arg;
	str purpose = str_from_z(c->key->purpose);
	if (c->alone)
		TRY(db_exec(
			tx,
			"DELETE FROM one_time_code WHERE zone = $1 AND purpose = $2 AND owner = $3",
			DB_ARGS(DB_T(c->key->zone), DB_T(purpose), DB_T(c->code->owner)), NULL));
	return db_exec(tx,
	               "INSERT INTO one_time_code (zone, purpose, mac, owner, state, doc, "
	               "expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
	               DB_ARGS(KEY_ARGS(c->key, code_mac(c->arena, c->store, c->key, 0)),
	                       DB_T(c->code->owner), DB_I(c->code->state), DB_T(c->code->doc),
	                       DB_I(c->code->expires_at_ms)),
	               NULL);
}

err code_put(struct store *st, const struct code_key *k, const struct code *code, bool alone)
{
	struct arena *a = arena_create(512, 0);
	struct code_call call = { .arena = a, .store = st, .key = k, .code = code, .alone = alone };
	err e = db_tx(st->db, insert_code, &call);
	arena_destroy(&a);
	return e;
}

static err read_code(struct arena *a, struct store *st, const struct code_key *k, int64_t now_ms,
                     struct code *out, str *mac)
{
	struct db_rows rows = { 0 };
	for (size_t nth = 0; nth < seal_keys(st->seal) && !rows.n; nth++) {
		*mac = code_mac(a, st, k, nth);
		TRY(db_query(a, st->db,
		             "SELECT owner, doc, state, expires_at_ms FROM one_time_code" OF_CODE
		             " AND expires_at_ms > $4",
		             DB_ARGS(KEY_ARGS(k, *mac), DB_I(now_ms)), &rows));
	}
	if (!rows.n)
		return FAIL(ERR_NOT_FOUND);
	*out = (struct code){ rows.v[0].s, rows.v[1].s, (int)rows.v[2].i, rows.v[3].i };
	return DONE;
}

err code_get(struct arena *a, struct store *st, const struct code_key *k, int64_t now_ms,
             struct code *out)
{
	str mac;
	return read_code(a, st, k, now_ms, out, &mac);
}

err code_take(struct arena *a, struct store *st, const struct code_key *k, enum code_state state,
              int64_t now_ms, struct code *out)
{
	str mac;
	int64_t changed;
	TRY(read_code(a, st, k, now_ms, out, &mac));
	TRY(db_exec(st->db,
	            "UPDATE one_time_code SET state = 3" OF_CODE
	            " AND state = $4 AND expires_at_ms > $5",
	            DB_ARGS(KEY_ARGS(k, mac), DB_I(state), DB_I(now_ms)), &changed));
	return changed ? DONE : FAIL(ERR_CONFLICT);
}

err code_decide(struct store *st, const struct code_key *k, const struct code *code, int64_t now_ms)
{
	struct arena *a = arena_create(512, 0);
	struct code was;
	str mac;
	err e = read_code(a, st, k, now_ms, &was, &mac);
	if (!e.code)
		e = exec_one(st->db,
		             "UPDATE one_time_code SET state = $4, owner = $5, doc = $6" OF_CODE
		             " AND state = 0",
		             DB_ARGS(KEY_ARGS(k, mac), DB_I(code->state), DB_T(code->owner),
		                     DB_T(code->doc)));
	arena_destroy(&a);
	return e;
}

/* Not under the MAC, which another key of the file would change. */
static str code_place(struct arena *a, const struct code_key *k)
{
	unsigned char sum[MAC];
	sha256(k->text, sum);
	return str_fmt(a, "code/%.*s/%s/%.*s", STR(k->zone), k->purpose,
	               STR(str_hex(a, str_from(sum, MAC))));
}

str code_seal(struct arena *a, struct store *st, const struct code_key *k, str secret)
{
	return base64url_write(a, seal_text(a, st->seal, code_place(a, k), secret));
}

err code_unseal(struct arena *a, struct store *st, const struct code_key *k, str sealed,
                str *secret)
{
	str bytes;
	if (base64url_read(a, sealed, &bytes).code)
		return FAIL(ERR_STORE);
	return seal_open_text(a, st->seal, code_place(a, k), bytes, secret);
}

err code_purge(struct store *st, int64_t now_ms, int64_t *gone)
{
	return db_exec(
		st->db,
		"DELETE FROM one_time_code WHERE (zone, purpose, mac) IN (SELECT zone, purpose, "
		"mac FROM one_time_code WHERE expires_at_ms < $1 LIMIT 1000)",
		DB_ARGS(DB_I(now_ms)), gone);
}
