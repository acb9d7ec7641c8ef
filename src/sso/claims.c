/* SPDX-License-Identifier: Apache-2.0 */
/* Claims as compact JSON, in the documents' order.
 * Who wrote the order down read tokens by pattern: it never changes.
 * Source: sso/claims.h. */
#include "sso/claims.h"

#include "codec/json.h"

enum { ASSURANCE_LEVEL = 2 }; /* the claim al, as the document's token has it */

static void text(struct json_writer *w, const char *key, str value)
{
	json_key(w, str_from_z(key));
	json_str(w, value);
}

static void number(struct json_writer *w, const char *key, int64_t value)
{
	json_key(w, str_from_z(key));
	json_int(w, value);
}

static void words(struct json_writer *w, const char *key, const struct strs *s)
{
	json_key(w, str_from_z(key));
	json_open(w, '[');
	for (size_t i = 0; i < s->n; i++)
		json_str(w, s->v[i]);
	json_close(w, ']');
}

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
	words(w, "aud", &aud);
}

static void of_person(struct json_writer *w, const struct claims *m)
{
	const struct user *u = &m->person->user;
	text(w, "user_id", u->id);
	text(w, "origin", u->key.origin);
	text(w, "user_name", u->key.name);
	text(w, "email", u->email);
	number(w, "auth_time", m->auth_time_s);
	number(w, "al", ASSURANCE_LEVEL);
}

str claims_access(struct arena *a, const struct claims *m, str jti)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	text(&w, "jti", jti);
	text(&w, "sub", m->person ? m->person->user.id : m->client_id);
	if (!m->person)
		words(&w, "authorities", m->scope);
	words(&w, "scope", m->scope);
	text(&w, "client_id", m->client_id);
	text(&w, "cid", m->client_id);
	text(&w, "azp", m->client_id);
	text(&w, "grant_type", m->grant_type);
	if (m->person)
		of_person(&w, m);
	text(&w, "rev_sig", m->rev_sig);
	number(&w, "iat", m->iat_s);
	number(&w, "exp", m->exp_s);
	text(&w, "iss", m->issuer);
	text(&w, "zid", m->zone);
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
	text(&w, "jti", r->jti);
	text(&w, "sub", u->id);
	words(&w, "scope", m->scope);
	number(&w, "iat", m->iat_s);
	number(&w, "exp", r->exp_s);
	text(&w, "cid", m->client_id);
	text(&w, "client_id", m->client_id);
	text(&w, "iss", m->issuer);
	text(&w, "zid", m->zone);
	text(&w, "grant_type", m->grant_type);
	text(&w, "user_name", u->key.name);
	text(&w, "origin", u->key.origin);
	text(&w, "user_id", u->id);
	number(&w, "al", ASSURANCE_LEVEL);
	text(&w, "rev_sig", m->rev_sig);
	audience(a, &w, m);
	if (r->stored)
		number(&w, "auth_time", m->auth_time_s);
	json_close(&w, '}');
	return buf_str(&b);
}

str claims_id(struct arena *a, const struct claims *m, const struct claims_id *i)
{
	const struct user *u = &m->person->user;
	str openid = S("openid");
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	text(&w, "sub", u->id);
	json_key(&w, S("aud"));
	json_open(&w, '[');
	json_str(&w, m->client_id);
	json_close(&w, ']');
	text(&w, "iss", m->issuer);
	number(&w, "exp", m->exp_s);
	number(&w, "iat", m->iat_s);
	number(&w, "auth_time", m->auth_time_s);
	if (i->amr.n)
		words(&w, "amr", &i->amr);
	text(&w, "azp", m->client_id);
	if (str_given(u->first_name))
		text(&w, "given_name", u->first_name);
	if (str_given(u->last_name))
		text(&w, "family_name", u->last_name);
	words(&w, "scope", &(struct strs){ &openid, 1 });
	json_key(&w, S("email_verified"));
	json_bool(&w, m->person->state.verified);
	if (str_given(i->nonce))
		text(&w, "nonce", i->nonce);
	text(&w, "email", u->email);
	text(&w, "cid", m->client_id);
	text(&w, "client_id", m->client_id);
	text(&w, "grant_type", m->grant_type);
	text(&w, "user_name", u->key.name);
	text(&w, "zid", m->zone);
	text(&w, "origin", u->key.origin);
	text(&w, "jti", i->jti);
	text(&w, "rev_sig", m->rev_sig);
	text(&w, "user_id", u->id);
	json_close(&w, '}');
	return buf_str(&b);
}
