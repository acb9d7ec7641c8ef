/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the OAuth2 service.
 * A revocation and the end of what it names in the store are one transaction.
 * Source: store/sso_tokens.h. */
#include "store/sso_tokens.h"

#include "model/oauth_client.h"
#include "rt/fiber.h"
#include "store/inside.h"

#define COLUMNS                                                                              \
	"id, kind, format, family, state, user_id, client_id, scope, claims, issued_at_ms, " \
	"expires_at_ms, access_jti"

struct token_call {
	struct arena *arena;
	str zone;
	const struct sso_token *tokens;
	size_t n;
	const struct sso_rotation *rotation;
	const struct sso_revocation *revocation;
	const struct sso_family_end *end;
	int64_t now_ms, gone;
};

static err insert_token(struct db *tx, str zone, const struct sso_token *t)
{
	return db_exec(
		tx,
		"INSERT INTO sso_token (zone, " COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, "
		"$7, $8, $9, $10, $11, $12, $13)",
		DB_ARGS(DB_T(zone), DB_T(t->id), DB_T(t->refresh ? S("refresh") : S("access")),
	                DB_T(t->opaque ? S("opaque") : S("jwt")), DB_T(t->family), DB_I(t->state),
	                DB_T(t->user_id), DB_T(t->client_id), DB_T(t->scope), DB_T(t->claims),
	                DB_I(t->issued_at_ms), DB_I(t->expires_at_ms), DB_T(t->access_jti)),
		NULL);
}

static err insert_tokens(struct db *tx, void *arg)
{
	const struct token_call *c = arg;
	for (size_t i = 0; i < c->n; i++)
		TRY(insert_token(tx, c->zone, &c->tokens[i]));
	return DONE;
}

err sso_tokens_put(struct store *st, str zone, const struct sso_token *tokens, size_t n)
{
	struct token_call call = { .zone = zone, .tokens = tokens, .n = n };
	return db_tx(st->db, insert_tokens, &call);
}

static struct sso_token token_of(const struct db_value *c)
{
	return (struct sso_token){ .id = c[0].s,
		                   .refresh = str_eq(c[1].s, S("refresh")),
		                   .opaque = str_eq(c[2].s, S("opaque")),
		                   .family = c[3].s,
		                   .state = (int)c[4].i,
		                   .user_id = c[5].s,
		                   .client_id = c[6].s,
		                   .scope = c[7].s,
		                   .claims = c[8].s,
		                   .issued_at_ms = c[9].i,
		                   .expires_at_ms = c[10].i,
		                   .access_jti = c[11].s };
}

err sso_token_get(struct arena *a, struct store *st, str zone, str id, struct sso_token **out)
{
	struct db_rows rows;
	TRY(one_row(a, st->db, "SELECT " COLUMNS " FROM sso_token WHERE zone = $1 AND id = $2",
	            DB_ARGS(DB_T(zone), DB_T(id)), &rows));
	*out = arena_new(a, struct sso_token);
	**out = token_of(rows.v);
	return DONE;
}

err sso_token_list(struct arena *a, struct store *st, str zone, const struct sso_owner *of,
                   int64_t now_ms, struct list *out)
{
	static const char by_user[] = "SELECT " COLUMNS " FROM sso_token WHERE zone = $1 AND "
				      "user_id = $2 AND state = 0 AND expires_at_ms > $3"
				      " ORDER BY issued_at_ms DESC, id LIMIT 10000";
	static const char by_client[] = "SELECT " COLUMNS " FROM sso_token WHERE zone = $1 AND "
					"client_id = $2 AND state = 0 AND expires_at_ms > $3"
					" ORDER BY issued_at_ms DESC, id LIMIT 10000";
	bool user = str_given(of->user_id);
	struct db_rows rows;
	must(user || str_given(of->client_id));
	TRY(db_query(a, st->db, user ? by_user : by_client,
	             DB_ARGS(DB_T(zone), DB_T(user ? of->user_id : of->client_id), DB_I(now_ms)),
	             &rows));
	struct sso_token *v = arena_array(a, struct sso_token, rows.n + 1);
	*out = (struct list){ v, 0 };
	for (size_t i = 0; i < rows.n; i++) {
		struct sso_token t = token_of(db_row(&rows, i));
		if (!str_given(of->client_id) || str_eq(t.client_id, of->client_id))
			v[out->n++] = t;
	}
	return DONE;
}

/* Rotations and the end of a family come one after the other, so that the end misses no token that is being
 * made: they begin with the row of the login. */
static err family_lock(struct db *tx, str zone, str family)
{
	return db_exec(tx, "UPDATE sso_token SET state = state WHERE zone = $1 AND id = $2",
	               DB_ARGS(DB_T(zone), DB_T(family)), NULL);
}

static err rotate(struct db *tx, void *arg)
{
	struct token_call *c = arg;
	const struct sso_rotation *r = c->rotation;
	TRY(family_lock(tx, c->zone, r->next->family));
	err e = exec_one(
		tx,
		"UPDATE sso_token SET state = 1 WHERE zone = $1 AND id = $2 AND client_id = "
		"$3 AND state = 0 AND expires_at_ms > $4",
		DB_ARGS(DB_T(c->zone), DB_T(r->old_id), DB_T(r->client_id), DB_I(r->now_ms)));
	if (e.code)
		return e.code == ERR_NOT_FOUND ? FAIL(ERR_CONFLICT) : e;
	return insert_tokens(tx, c);
}

err sso_token_rotate(struct store *st, str zone, const struct sso_rotation *r)
{
	struct token_call call = { .zone = zone, .tokens = r->next, .n = r->n, .rotation = r };
	return db_tx(st->db, rotate, &call);
}

/* The first of many that say so writes: the others find nothing that lives. */
static err end_family(struct db *tx, void *arg)
{
	struct token_call *c = arg;
	const struct sso_family_end *end = c->end;
	int64_t ended;
	TRY(family_lock(tx, c->zone, end->family));
	TRY(db_exec(tx,
	            "UPDATE sso_token SET state = 2 WHERE zone = $1 AND family = $2 AND state <> 2",
	            DB_ARGS(DB_T(c->zone), DB_T(end->family)), &ended));
	if (!ended)
		return DONE;
	return db_exec(tx,
	               "INSERT INTO sso_revocation (zone, kind, id, revoked_at_ms, until_ms)"
	               " SELECT zone, 'token', access_jti, $3, $4 FROM sso_token WHERE zone = $1"
	               " AND family = $2 AND access_jti IS NOT NULL AND issued_at_ms >= $5"
	               " ON CONFLICT (zone, kind, id) DO NOTHING",
	               DB_ARGS(DB_T(c->zone), DB_T(end->family), DB_I(end->now_ms),
	                       DB_I(end->now_ms + end->lives_ms),
	                       DB_I(end->now_ms - end->lives_ms)),
	               NULL);
}

err sso_family_revoke(struct store *st, str zone, const struct sso_family_end *end)
{
	struct token_call call = { .zone = zone, .end = end };
	return db_tx(st->db, end_family, &call);
}

/* ---- JWTs that ended early ---- */
static str pair_id(struct arena *a, str user_id, str client_id)
{
	return str_fmt(a, "%.*s %.*s", STR(user_id), STR(client_id));
}

static str login_id(struct arena *a, str user_id, str client_id, int64_t auth_time_s)
{
	return str_fmt(a, "%.*s %lld", STR(pair_id(a, user_id, client_id)), (long long)auth_time_s);
}

static const struct {
	str name;
	const char *stored; /* what ends in the store; $2 is the id, $3 the other half of a pair */
} kinds[] = {
	[REVOKED_TOKEN] = { S_INIT("token"),
	                    "UPDATE sso_token SET state = 2 WHERE zone = $1 AND id = $2" },
	[REVOKED_USER] = { S_INIT("user"),
	                   "UPDATE sso_token SET state = 2 WHERE zone = $1 AND user_id = $2" },
	[REVOKED_CLIENT] = { S_INIT("client"),
	                     "UPDATE sso_token SET state = 2 WHERE zone = $1 AND client_id = $2" },
	[REVOKED_PAIR] = { S_INIT("pair"),
	                   "UPDATE sso_token SET state = 2 WHERE zone = $1 AND user_id = $2 AND "
	                   "client_id = $3" },
	[REVOKED_LOGIN] = { S_INIT("login"),
	                    "UPDATE sso_token SET state = 2 WHERE zone = $1 AND family = $2" },
};

static err revoke(struct db *tx, void *arg)
{
	struct token_call *c = arg;
	const struct sso_revocation *r = c->revocation;
	str ids[] = { [REVOKED_TOKEN] = r->jti,
		      [REVOKED_USER] = r->user_id,
		      [REVOKED_CLIENT] = r->client_id,
		      [REVOKED_PAIR] = r->user_id,
		      [REVOKED_LOGIN] = r->family };
	str id = r->kind == REVOKED_PAIR ? pair_id(c->arena, r->user_id, r->client_id)
	         : r->kind == REVOKED_LOGIN
	                 ? login_id(c->arena, r->user_id, r->client_id, r->auth_time_s)
	                 : ids[r->kind];
	int64_t until_ms = r->until_ms ? r->until_ms : r->now_ms + TOKEN_LIVES_S_MAX * 1000LL;
	struct db_args stored = DB_ARGS(DB_T(c->zone), DB_T(ids[r->kind]), DB_T(r->client_id));
	stored.n = r->kind == REVOKED_PAIR ? 3 : 2;
	TRY(db_exec(tx, kinds[r->kind].stored, stored, NULL));
	return db_exec(tx,
	               "INSERT INTO sso_revocation (zone, kind, id, revoked_at_ms, until_ms) VALUES"
	               " ($1, $2, $3, $4, $5) ON CONFLICT (zone, kind, id) DO UPDATE SET"
	               " revoked_at_ms = $4, until_ms = $5",
	               DB_ARGS(DB_T(c->zone), DB_T(kinds[r->kind].name), DB_T(id), DB_I(r->now_ms),
	                       DB_I(until_ms)),
	               NULL);
}

err sso_revoke(struct store *st, str zone, const struct sso_revocation *r)
{
	struct arena *a = arena_create(512, 0);
	struct token_call call = { .arena = a, .zone = zone, .revocation = r };
	err e = db_tx(st->db, revoke, &call);
	arena_destroy(&a);
	return e;
}

err sso_revocation_settle(int64_t now_ms)
{
	int64_t over_ms = now_ms / 1000 * 1000 + 1000;
	while (clock_ms() < over_ms)
		TRY(wait_until(deadline_in(over_ms - clock_ms())));
	return DONE;
}

/* One way in each: of an OR the database would look at every revocation of the zone. */
#define IS_REVOKED(kind, id) \
	"SELECT 1 FROM sso_revocation WHERE zone = $1 AND kind = " kind " AND id = " id
#define OR_SINCE(kind, id) " UNION ALL " IS_REVOKED(kind, id) " AND revoked_at_ms >= $6"
static const char is_revoked[] = IS_REVOKED("'token'", "$2") OR_SINCE("'user'", "$3")
	OR_SINCE("'client'", "$4") OR_SINCE("'pair'", "$5") OR_SINCE("'login'", "$7");

err sso_is_revoked(struct arena *a, struct store *st, str zone, const struct sso_bearer *b,
                   bool *revoked)
{
	struct db_rows rows;
	str user = str_given(b->user_id) ? b->user_id : S("");
	TRY(db_query(a, st->db, is_revoked,
	             DB_ARGS(DB_T(zone), DB_T(b->jti), DB_T(user), DB_T(b->client_id),
	                     DB_T(pair_id(a, user, b->client_id)), DB_I(b->iat_s * 1000),
	                     DB_T(login_id(a, user, b->client_id, b->auth_time_s))),
	             &rows));
	*revoked = rows.n > 0;
	return DONE;
}

/* ---- the end of them ---- */
static err purge(struct db *tx, void *arg)
{
	static const char *const sql[] = {
		"DELETE FROM sso_token WHERE (zone, id) IN (SELECT zone, id FROM sso_token"
		" WHERE expires_at_ms < $1 LIMIT 1000)",
		"DELETE FROM sso_revocation WHERE (zone, kind, id) IN (SELECT zone, kind, id FROM "
		"sso_revocation WHERE until_ms < $1 LIMIT 1000)",
	};
	struct token_call *c = arg;
	c->gone = 0;
	for (size_t i = 0; i < sizeof sql / sizeof *sql; i++) {
		int64_t n;
		TRY(db_exec(tx, sql[i], DB_ARGS(DB_I(c->now_ms)), &n));
		c->gone += n;
	}
	return DONE;
}

err sso_purge(struct store *st, int64_t now_ms, int64_t *gone)
{
	struct token_call call = { .now_ms = now_ms };
	TRY(db_tx(st->db, purge, &call));
	*gone = call.gone;
	return DONE;
}
