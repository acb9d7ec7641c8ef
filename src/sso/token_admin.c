/* SPDX-License-Identifier: Apache-2.0 */
/* Listing and revoking tokens: everybody their own, others' by scope.
 * Who revokes hears of it in the next second: what is issued from then on lives.
 * Source: oauth2-service reference, 3.4. */
#include "sso/endpoints.h"
#include "sso/revoke.h"
#include "store/users.h"

#define LISTERS "tokens.list"
#define REVOKERS "tokens.revoke"

static bool is_self(const struct sso_call *q, str user)
{
	return str_given(q->bearer.user_id) && str_eq(q->bearer.user_id, user);
}

/* A client's own token: nobody else's. */
static bool is_own_client(const struct sso_call *q, str client)
{
	return !str_given(q->bearer.user_id) && str_eq(q->bearer.client_id, client);
}

/* ---- lists ---- */
static void token_write(struct json_writer *w, str zone, const struct sso_token *t)
{
	json_open(w, '{');
	json_pair_str(w, "tokenId", t->id);
	json_pair_str(w, "clientId", t->client_id);
	json_pair_str(w, "userId", t->user_id);
	json_pair_str(w, "format", t->opaque ? S("OPAQUE") : S("JWT"));
	json_pair_str(w, "responseType", t->refresh ? S("REFRESH_TOKEN") : S("ACCESS_TOKEN"));
	json_pair_int(w, "issuedAt", t->issued_at_ms);
	json_pair_int(w, "expiresAt", t->expires_at_ms);
	json_pair_str(w, "scope", t->scope);
	json_pair_str(w, "value", STR_NONE);
	json_pair_str(w, "zoneId", zone);
	json_close(w, '}');
}

static struct message *listed(struct sso_call *q, const struct sso_owner *of)
{
	struct list tokens;
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	str zone = q->sso->settings.zone;
	err e = sso_token_list(q->arena, q->store, zone, of, clock_ms(), &tokens);
	if (e.code)
		return sso_trouble(q, e);
	json_open(&w, '[');
	LIST_EACH(const struct sso_token, t, &tokens)
		token_write(&w, zone, t);
	json_close(&w, ']');
	return sso_json(q, 200, buf_str(&b));
}

struct message *endpoint_token_list(struct sso_call *q)
{
	bool person = str_given(q->bearer.user_id);
	struct sso_owner of = { q->bearer.user_id, person ? STR_NONE : q->bearer.client_id };
	return listed(q, &of);
}

struct message *endpoint_token_list_user(struct sso_call *q)
{
	str user = sso_param(q, "user");
	return is_self(q, user) || sso_may(q, LISTERS)
	               ? listed(q, &(struct sso_owner){ user, STR_NONE })
	               : sso_may_not(q);
}

/* A user sees which tokens the client has of theirs. */
struct message *endpoint_token_list_client(struct sso_call *q)
{
	str client = sso_param(q, "client");
	bool all = is_own_client(q, client) || sso_may(q, LISTERS);
	if (!all && !str_given(q->bearer.user_id))
		return sso_may_not(q);
	return listed(q, &(struct sso_owner){ all ? STR_NONE : q->bearer.user_id, client });
}

/* ---- revocations ---- */
static struct message *unless_unknown(struct sso_call *q, err e)
{
	return e.code == ERR_NOT_FOUND ? sso_error(q, SSO_TOKEN_UNKNOWN) : sso_trouble(q, e);
}

static struct message *revoked(struct sso_call *q, struct sso_revocation *r)
{
	err e = revoke_all(q, r, 1);
	return e.code ? sso_trouble(q, e) : sso_json(q, 200, S(""));
}

static err user_is_there(struct sso_call *q, str user)
{
	struct user *u;
	return user_by_id(q->arena, q->store, q->sso->settings.zone, user, &u);
}

static err client_is_there(struct sso_call *q, str client)
{
	struct oauth_client *c;
	struct client_key key = { q->sso->settings.zone, client };
	return oauth_client_get(q->arena, q->store, &key, &c);
}

/* The sessions too: else a browser would go on making tokens. */
struct message *endpoint_revoke_user(struct sso_call *q)
{
	str user = sso_param(q, "user");
	if (!is_self(q, user) && !sso_may(q, REVOKERS))
		return sso_may_not(q);
	err e = user_is_there(q, user);
	if (!e.code)
		e = identity_end_logins(q->sso->identity, q->sso->settings.zone, user);
	return e.code ? unless_unknown(q, e) : sso_json(q, 200, S(""));
}

struct message *endpoint_revoke_client(struct sso_call *q)
{
	struct sso_revocation r = { .kind = REVOKED_CLIENT, .client_id = sso_param(q, "client") };
	err e = client_is_there(q, r.client_id);
	return e.code ? unless_unknown(q, e) : revoked(q, &r);
}

struct message *endpoint_revoke_pair(struct sso_call *q)
{
	struct sso_revocation r = { .kind = REVOKED_PAIR,
		                    .user_id = sso_param(q, "user"),
		                    .client_id = sso_param(q, "client") };
	bool own = is_self(q, r.user_id) && str_eq(q->bearer.client_id, r.client_id);
	if (!own && !sso_may(q, REVOKERS))
		return sso_may_not(q);
	err e = user_is_there(q, r.user_id);
	if (!e.code)
		e = client_is_there(q, r.client_id);
	return e.code ? unless_unknown(q, e) : revoked(q, &r);
}

/* A stored token by the id that lists show, or by its own text when it is opaque. */
static err stored(struct sso_call *q, str id, struct sso_token **out)
{
	str zone = q->sso->settings.zone;
	err e = sso_token_get(q->arena, q->store, zone, id, out);
	if (e.code != ERR_NOT_FOUND)
		return e;
	return sso_token_get(q->arena, q->store, zone, bearer_opaque_id(q->arena, id), out);
}

struct message *endpoint_revoke_token(struct sso_call *q)
{
	struct sso_revocation r = { .kind = REVOKED_TOKEN, .jti = sso_param(q, "token") };
	struct sso_token *t;
	if (str_eq(r.jti, q->bearer.jti)) { /* the one that is presented, stored or not */
		r.until_ms = (q->bearer.exp_s + 1) * 1000;
		if (!stored(q, r.jti, &t).code)
			r.jti = t->id;
		return revoked(q, &r);
	}
	err e = stored(q, r.jti, &t);
	if (e.code)
		return unless_unknown(q, e);
	bool own = str_given(t->user_id) ? is_self(q, t->user_id) : is_own_client(q, t->client_id);
	if (!own && !sso_may(q, REVOKERS))
		return sso_may_not(q);
	r.jti = t->id;
	r.until_ms = t->expires_at_ms;
	return revoked(q, &r);
}
