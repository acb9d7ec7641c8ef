/* SPDX-License-Identifier: Apache-2.0 */
/* Claims as compact JSON, in the documents' order.
 * Who wrote the order down read tokens by pattern: it never changes.
 * Source: sso/claims.h. */
#include "sso/claims.h"

#include "codec/json.h"

enum { ASSURANCE_LEVEL = 2 }; /* the claim al, as the document's token has it */

/* The client, then what stands before the last dot of each scope. */
static void audience(struct arena *a, struct json_writer *w, const struct claims *m)
{
	struct strs aud = { 0 };
	strs_add(a, &aud, m->client_id);
	for (size_t i = 0; i < m->scope->n; i++) {
		str scope = m->scope->v[i];
		size_t dot = str_rfind_char(scope, '.');
		str head = dot == STR_NPOS ? scope : str_sub(scope, 0, dot);
		if (!str_eq(scope, S("uaa.none")) && !strs_have(&aud, head))
			strs_add(a, &aud, head);
	}
	json_pair_strs(w, "aud", &aud);
}

static void of_person(struct json_writer *w, const struct claims *m)
{
	const struct user *u = &m->person->user;
	json_pair_str(w, "user_id", u->id);
	json_pair_str(w, "origin", u->key.origin);
	json_pair_str(w, "user_name", u->key.name);
	json_pair_str(w, "email", u->email);
	json_pair_int(w, "auth_time", m->auth_time_s);
	json_pair_int(w, "al", ASSURANCE_LEVEL);
}

str claims_access(struct arena *a, const struct claims *m, str jti)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_pair_str(&w, "jti", jti);
	json_pair_str(&w, "sub", m->person ? m->person->user.id : m->client_id);
	if (!m->person)
		json_pair_strs(&w, "authorities", m->scope);
	json_pair_strs(&w, "scope", m->scope);
	json_pair_str(&w, "client_id", m->client_id);
	json_pair_str(&w, "cid", m->client_id);
	json_pair_str(&w, "azp", m->client_id);
	json_pair_str(&w, "grant_type", m->grant_type);
	if (m->person)
		of_person(&w, m);
	json_pair_str(&w, "rev_sig", m->rev_sig);
	json_pair_int(&w, "iat", m->iat_s);
	json_pair_int(&w, "exp", m->exp_s);
	json_pair_str(&w, "iss", m->issuer);
	json_pair_str(&w, "zid", m->zone);
	audience(a, &w, m);
	json_close(&w, '}');
	return buf_str(&b);
}

str claims_refresh(struct arena *a, const struct claims *m, const struct claims_refresh *r)
{
	const struct user *u = &m->person->user;
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_pair_str(&w, "jti", r->jti);
	json_pair_str(&w, "sub", u->id);
	json_pair_strs(&w, "scope", m->scope);
	json_pair_int(&w, "iat", m->iat_s);
	json_pair_int(&w, "exp", r->exp_s);
	json_pair_str(&w, "cid", m->client_id);
	json_pair_str(&w, "client_id", m->client_id);
	json_pair_str(&w, "iss", m->issuer);
	json_pair_str(&w, "zid", m->zone);
	json_pair_str(&w, "grant_type", m->grant_type);
	json_pair_str(&w, "user_name", u->key.name);
	json_pair_str(&w, "origin", u->key.origin);
	json_pair_str(&w, "user_id", u->id);
	json_pair_int(&w, "al", ASSURANCE_LEVEL);
	json_pair_str(&w, "rev_sig", m->rev_sig);
	audience(a, &w, m);
	if (r->stored)
		json_pair_int(&w, "auth_time", m->auth_time_s);
	json_close(&w, '}');
	return buf_str(&b);
}

str claims_id(struct arena *a, const struct claims *m, const struct claims_id *i)
{
	const struct user *u = &m->person->user;
	str id = m->client_id, openid = S("openid");
	struct strs client = { &id, 1 }, scope = { &openid, 1 };
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_pair_str(&w, "sub", u->id);
	json_pair_strs(&w, "aud", &client);
	json_pair_str(&w, "iss", m->issuer);
	json_pair_int(&w, "exp", m->exp_s);
	json_pair_int(&w, "iat", m->iat_s);
	json_pair_int(&w, "auth_time", m->auth_time_s);
	if (i->amr.n)
		json_pair_strs(&w, "amr", &i->amr);
	json_pair_str(&w, "azp", m->client_id);
	json_pair_given(&w, "given_name", u->first_name);
	json_pair_given(&w, "family_name", u->last_name);
	json_pair_strs(&w, "scope", &scope);
	json_pair_bool(&w, "email_verified", m->person->state.verified);
	json_pair_given(&w, "nonce", i->nonce);
	json_pair_str(&w, "email", u->email);
	json_pair_str(&w, "cid", m->client_id);
	json_pair_str(&w, "client_id", m->client_id);
	json_pair_str(&w, "grant_type", m->grant_type);
	json_pair_str(&w, "user_name", u->key.name);
	json_pair_str(&w, "zid", m->zone);
	json_pair_str(&w, "origin", u->key.origin);
	json_pair_str(&w, "jti", i->jti);
	json_pair_str(&w, "rev_sig", m->rev_sig);
	json_pair_str(&w, "user_id", u->id);
	json_close(&w, '}');
	return buf_str(&b);
}
