/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: two tables with the same columns, found by keys that begin with the hour of expiry.
 * Whether a refresh token is still good is decided by the UPDATE that spends it, nowhere else.
 * Source: store/tokens.h; RFC 6749 §6. */
#include "store/tokens.h"

#include "store/inside.h"

#define COMMON                                                                                    \
	"org, status, issued_at_ms, expires_at_ms, client_id, app_id, developer_id, grant_type, " \
	"scope,"                                                                                  \
	" products, end_user, attributes, hidden_attributes, refresh_count"
#define KEY_BYTES(k) DB_B(str_from((k)->bytes, sizeof(k)->bytes))

enum { PURGE_AT_ONCE = 1000, PURGE_AFTER_MS = 3600000 };

struct token_texts { /* the lists of a token as columns */
	str products, attributes, hidden;
};

struct token_call {
	struct arena *arena;
	const struct token *token;
	struct token_texts texts;
	const struct token_key *key;
	str org;
	int status;
	bool cascade;
	struct token_key other; /* the one beside it */
	bool has_other;
};

static struct token_texts texts_of(struct arena *a, const struct token *t)
{
	return (struct token_texts){ strs_json(a, &t->products), attributes_json(a, &t->attributes),
		                     attributes_json(a, &t->hidden_attributes) };
}

static str given(str s) { return str_given(s) ? s : S(""); }

/* ---- storing ---- */
static err insert_access(struct db *tx, const struct token *t, const struct token_texts *x)
{
	return db_exec(
		tx,
		"INSERT INTO token (token_key, refresh_key, " COMMON ") VALUES"
		" ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
		DB_ARGS(KEY_BYTES(&t->key), t->has_refresh ? KEY_BYTES(&t->refresh_key) : DB_NONE,
	                DB_T(t->organization), DB_I(t->status), DB_I(t->issued_at_ms),
	                DB_I(t->expires_at_ms), DB_T(given(t->client_id)), DB_T(given(t->app_id)),
	                DB_T(given(t->developer_id)), DB_T(given(t->grant_type)),
	                DB_T(given(t->scope)), DB_T(x->products), DB_T(t->end_user),
	                DB_T(x->attributes), DB_T(x->hidden), DB_I(t->refresh_count)),
		NULL);
}

static err insert_refresh(struct db *tx, const struct token *t, const struct token_texts *x)
{
	return db_exec(tx,
	               "INSERT INTO refresh_token (token_key, access_key, " COMMON ") VALUES"
	               " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
	               DB_ARGS(KEY_BYTES(&t->refresh_key), KEY_BYTES(&t->key),
	                       DB_T(t->organization), DB_I(t->refresh_status),
	                       DB_I(t->refresh_issued_at_ms), DB_I(t->refresh_expires_at_ms),
	                       DB_T(given(t->client_id)), DB_T(given(t->app_id)),
	                       DB_T(given(t->developer_id)), DB_T(given(t->grant_type)),
	                       DB_T(given(t->scope)), DB_T(x->products), DB_T(t->end_user),
	                       DB_T(x->attributes), DB_T(x->hidden), DB_I(t->refresh_count)),
	               NULL);
}

static err insert_token(struct db *tx, void *arg)
{
	struct token_call *c = arg;
	TRY(insert_access(tx, c->token, &c->texts));
	return c->token->has_refresh ? insert_refresh(tx, c->token, &c->texts) : DONE;
}

err token_put(struct store *st, const struct token *t)
{
	struct arena *a = arena_create(512, 0);
	struct token_call call = { .token = t, .texts = texts_of(a, t) };
	err e = db_tx(st->db, insert_token, &call);
	arena_destroy(&a);
	return e;
}

/* ---- reading ---- */
static bool key_of(const struct db_value *v, struct token_key *out)
{
	if (v->kind != DB_BLOB || v->s.n != sizeof out->bytes)
		return false;
	memcpy(out->bytes, v->s.p, sizeof out->bytes);
	return true;
}

/* c: COMMON's columns.  Status and dates are the caller's to place. */
static err read_common(struct arena *a, const struct db_value *c, struct token *t)
{
	t->organization = c[0].s;
	t->client_id = c[4].s;
	t->app_id = c[5].s;
	t->developer_id = c[6].s;
	t->grant_type = c[7].s;
	t->scope = c[8].s;
	t->end_user = c[10].s;
	t->refresh_count = c[13].i;
	TRY(strs_of_json(a, c[9].s, &t->products));
	TRY(attributes_of_json(a, c[11].s, &t->attributes));
	return attributes_of_json(a, c[12].s, &t->hidden_attributes);
}

err token_get(struct arena *a, struct store *st, str org, const struct token_key *key,
              struct token **out)
{
	struct db_rows rows;
	TRY(one_row(a, st->db,
	            "SELECT " COMMON ", refresh_key FROM token WHERE token_key = $1 AND org = $2",
	            DB_ARGS(KEY_BYTES(key), DB_T(org)), &rows));
	const struct db_value *c = rows.v;
	struct token *t = arena_new(a, struct token);
	t->key = *key;
	t->status = (int)c[1].i;
	t->issued_at_ms = c[2].i;
	t->expires_at_ms = c[3].i;
	t->has_refresh = key_of(&c[14], &t->refresh_key);
	TRY(read_common(a, c, t));
	*out = t;
	if (!t->has_refresh)
		return DONE;
	TRY(db_query(a, st->db,
	             "SELECT status, issued_at_ms, expires_at_ms FROM refresh_token WHERE "
	             "token_key = $1",
	             DB_ARGS(KEY_BYTES(&t->refresh_key)), &rows));
	t->refresh_status = rows.n ? (int)rows.v[0].i : REVOKED;
	t->refresh_issued_at_ms = rows.n ? rows.v[1].i : 0;
	t->refresh_expires_at_ms = rows.n ? rows.v[2].i : 0;
	return DONE;
}

err refresh_get(struct arena *a, struct store *st, str org, const struct token_key *key,
                struct token **out)
{
	struct db_rows rows;
	TRY(one_row(a, st->db,
	            "SELECT " COMMON
	            ", access_key FROM refresh_token WHERE token_key = $1 AND org = $2",
	            DB_ARGS(KEY_BYTES(key), DB_T(org)), &rows));
	const struct db_value *c = rows.v;
	struct token *t = arena_new(a, struct token);
	t->has_refresh = true;
	t->refresh_key = *key;
	t->refresh_status = (int)c[1].i;
	t->refresh_issued_at_ms = c[2].i;
	t->refresh_expires_at_ms = c[3].i;
	(void)key_of(&c[14], &t->key);
	TRY(read_common(a, c, t));
	*out = t;
	TRY(db_query(a, st->db,
	             "SELECT status, issued_at_ms, expires_at_ms FROM token WHERE token_key = $1",
	             DB_ARGS(KEY_BYTES(&t->key)), &rows));
	t->status = rows.n ? (int)rows.v[0].i : REVOKED;
	t->issued_at_ms = rows.n ? rows.v[1].i : 0;
	t->expires_at_ms = rows.n ? rows.v[2].i : 0;
	return DONE;
}

/* ---- spending and revoking ---- */
static str hex_of(struct arena *a, const struct token_key *k)
{
	return str_hex(a, str_from(k->bytes, sizeof k->bytes));
}

/* The row that is spent, or why not. */
static err spend(struct db *tx, struct token_call *c, bool reuse)
{
	struct db_rows rows;
	const struct token *t = c->token;
	struct db_args args = DB_ARGS(KEY_BYTES(c->key), DB_T(t->organization), DB_T(t->client_id),
	                              DB_I(t->issued_at_ms), DB_I(reuse ? APPROVED : REVOKED),
	                              KEY_BYTES(&t->key));
	TRY(db_query(c->arena, tx,
	             "UPDATE refresh_token SET status = $5, refresh_count = refresh_count + 1,"
	             " access_key = $6 WHERE token_key = $1 AND org = $2 AND client_id = $3"
	             " AND status = 0 AND (expires_at_ms < 0 OR expires_at_ms > $4)"
	             " RETURNING refresh_count",
	             args, &rows));
	if (rows.n)
		return DONE;
	TRY(db_query(c->arena, tx,
	             "SELECT status FROM refresh_token WHERE token_key = $1 AND org = $2 AND "
	             "client_id = $3",
	             (struct db_args){ args.v, 3 }, &rows));
	return FAIL(rows.n ? ERR_CONFLICT : ERR_NOT_FOUND);
}

/* What stood beside the refresh token, before it is overwritten. */
static err beside(struct db *tx, struct token_call *c)
{
	struct db_rows rows;
	TRY(db_query(c->arena, tx,
	             "SELECT access_key FROM refresh_token WHERE token_key = $1 AND org = $2",
	             DB_ARGS(KEY_BYTES(c->key), DB_T(c->org)), &rows));
	c->has_other = rows.n && key_of(&rows.v[0], &c->other);
	return DONE;
}

static err rotate(struct db *tx, void *arg)
{
	struct token_call *c = arg;
	bool reuse = memcmp(c->key, &c->token->refresh_key, sizeof *c->key) == 0;
	TRY(beside(tx, c));
	TRY(spend(tx, c, reuse));
	if (c->has_other)
		TRY(db_exec(tx, "UPDATE token SET status = $2 WHERE token_key = $1",
		            DB_ARGS(KEY_BYTES(&c->other), DB_I(REVOKED)), NULL));
	TRY(insert_access(tx, c->token, &c->texts));
	return reuse || !c->token->has_refresh ? DONE : insert_refresh(tx, c->token, &c->texts);
}

struct rotate_call {
	struct token_call call;
	struct change *change;
};

/* The change is of the access token that goes, so that every node forgets it. */
static err rotate_and_name(struct db *tx, void *arg)
{
	struct rotate_call *r = arg;
	TRY(rotate(tx, &r->call));
	r->change->name = hex_of(r->call.arena, r->call.has_other ? &r->call.other : r->call.key);
	return DONE;
}

err token_rotate(struct store *st, const struct token_key *old, const struct token *new)
{
	struct arena *a = arena_create(1024, 0);
	struct change c = { .kind = FEED_token, .org = new->organization };
	struct rotate_call r = { { .arena = a,
		                   .token = new,
		                   .texts = texts_of(a, new),
		                   .key = old,
		                   .org = new->organization },
		                 &c };
	err e = store_change(st, &c, rotate_and_name, &r);
	arena_destroy(&a);
	return e;
}

static err set_access(struct db *tx, void *arg)
{
	struct token_call *c = arg;
	struct db_rows rows;
	TRY(one_row(c->arena, tx,
	            "UPDATE token SET status = $3 WHERE token_key = $1 AND org = $2 RETURNING "
	            "refresh_key",
	            DB_ARGS(KEY_BYTES(c->key), DB_T(c->org), DB_I(c->status)), &rows));
	if (!c->cascade || !key_of(&rows.v[0], &c->other))
		return DONE;
	return db_exec(tx, "UPDATE refresh_token SET status = $3 WHERE token_key = $1 AND org = $2",
	               DB_ARGS(KEY_BYTES(&c->other), DB_T(c->org), DB_I(c->status)), NULL);
}

static err set_refresh(struct db *tx, void *arg)
{
	struct token_call *c = arg;
	struct db_rows rows;
	TRY(one_row(c->arena, tx,
	            "UPDATE refresh_token SET status = $3 WHERE token_key = $1 AND org = $2 "
	            "RETURNING access_key",
	            DB_ARGS(KEY_BYTES(c->key), DB_T(c->org), DB_I(c->status)), &rows));
	c->has_other = c->cascade && key_of(&rows.v[0], &c->other);
	if (!c->has_other)
		return DONE;
	return db_exec(tx, "UPDATE token SET status = $3 WHERE token_key = $1 AND org = $2",
	               DB_ARGS(KEY_BYTES(&c->other), DB_T(c->org), DB_I(c->status)), NULL);
}

static err set_refresh_and_name(struct db *tx, void *arg)
{
	struct rotate_call *r = arg;
	TRY(set_refresh(tx, &r->call));
	r->change->name = hex_of(r->call.arena, r->call.has_other ? &r->call.other : r->call.key);
	return DONE;
}

err token_set_status(struct store *st, str org, const struct token_key *key, int status,
                     bool cascade)
{
	struct arena *a = arena_create(512, 0);
	struct token_call call = {
		.arena = a, .key = key, .org = org, .status = status, .cascade = cascade
	};
	struct change c = { .kind = FEED_token, .org = org, .name = hex_of(a, key) };
	err e = store_change(st, &c, set_access, &call);
	arena_destroy(&a);
	return e;
}

err refresh_set_status(struct store *st, str org, const struct token_key *key, int status,
                       bool cascade)
{
	struct arena *a = arena_create(512, 0);
	struct change c = { .kind = FEED_token, .org = org };
	struct rotate_call r = {
		{ .arena = a, .key = key, .org = org, .status = status, .cascade = cascade }, &c
	};
	err e = store_change(st, &c, set_refresh_and_name, &r);
	arena_destroy(&a);
	return e;
}

/* ---- purging ---- */
err token_purge(struct store *st, int64_t now_ms, int64_t *gone)
{
	struct token_key limit = { { 0 } };
	int64_t hour = (now_ms - PURGE_AFTER_MS) / 3600000, more = 0;
	for (int i = 0; i < 4; i++)
		limit.bytes[i] = (unsigned char)(hour >> (24 - 8 * i));
	struct db_args args = DB_ARGS(KEY_BYTES(&limit), DB_I(PURGE_AT_ONCE));
	TRY(db_exec(
		st->db,
		"DELETE FROM token WHERE token_key IN"
		" (SELECT token_key FROM token WHERE token_key < $1 ORDER BY token_key LIMIT $2)",
		args, gone));
	if (*gone < PURGE_AT_ONCE)
		TRY(db_exec(st->db,
		            "DELETE FROM refresh_token WHERE token_key IN"
		            " (SELECT token_key FROM refresh_token WHERE token_key < $1 ORDER BY "
		            "token_key LIMIT $2)",
		            args, &more));
	*gone += more;
	return DONE;
}
