/* SPDX-License-Identifier: Apache-2.0 */
/* private_key_jwt: a client says who it is by a JWT, signed with a key whose public part it registered.
 * An assertion is good once; whatever is wrong with it, the answer is that of a wrong secret.
 * Source: RFC 7523 §3, RFC 7521 §4.2, RFC 8725; oauth2-service reference, 1.3. */
#include <jansson.h>

#include "codec/jose.h"
#include "sso/call.h"
#include "store/codes.h"

#define TYPE S("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")

enum { LIFE_S = 3600, SKEW_S = 30, ID_MAX = 255 };

struct assertion {
	struct jws jws;
	str client_id, jti;
	int64_t exp_s;
};

static bool number(const json_t *claims, const char *name, int64_t *out)
{
	const json_t *v = json_object_get(claims, name);
	*out = json_is_real(v) && json_real_value(v) > 0 && json_real_value(v) < 1e15
	               ? (int64_t)json_real_value(v)
	               : json_integer_value(v);
	return v && json_is_number(v);
}

/* RFC 7523 §3 (3): the issuer of this service, which is its token endpoint. */
static bool is_for_us(const struct sso_call *q, const json_t *aud)
{
	for (size_t i = 0; i < json_array_size(aud); i++)
		if (str_eq(json_text(json_array_get(aud, i)), q->sso->bearers.issuer))
			return true;
	return str_eq(json_text(aud), q->sso->bearers.issuer);
}

/* Everything but the signature. */
static bool assertion_read(struct sso_call *q, struct assertion *a)
{
	struct diag d = { .arena = q->arena };
	json_t *claims;
	int64_t now_s = clock_ms() / 1000, at_s;
	str named = sso_form(q, "client_id");
	if (jws_read(q->arena, sso_form(q, "client_assertion"), &a->jws).code ||
	    a->jws.has_critical || a->jws.alg == JOSE_ALGS || jose_family(a->jws.alg) == JOSE_HS ||
	    json_read(q->arena, a->jws.payload, &d, &claims).code)
		return false;
	a->client_id = json_member_str(claims, "sub");
	a->jti = json_member_str(claims, "jti");
	if (!a->client_id.n || !str_eq(json_member_str(claims, "iss"), a->client_id) ||
	    (str_given(named) && !str_eq(named, a->client_id)) || !a->jti.n || a->jti.n > ID_MAX)
		return false;
	if (!number(claims, "exp", &a->exp_s) || a->exp_s <= now_s || a->exp_s > now_s + LIFE_S)
		return false;
	if ((number(claims, "nbf", &at_s) && at_s > now_s + SKEW_S) ||
	    (number(claims, "iat", &at_s) && at_s > now_s + SKEW_S))
		return false;
	return is_for_us(q, json_object_get(claims, "aud"));
}

static bool signed_by(struct sso_call *q, const struct assertion *a, str keys)
{
	struct diag d = { .arena = q->arena };
	struct jwks set;
	if (!str_given(keys) || jwks_read(q->arena, keys, &d, &set).code)
		return false;
	for (size_t i = 0; i < set.keys.n; i++) {
		const struct jwk *k = &set.keys.v[i];
		bool another =
			str_given(a->jws.kid) && str_given(k->kid) && !str_eq(a->jws.kid, k->kid);
		if (!another && jwk_fits(k, a->jws.alg) &&
		    jws_verify(q->arena, &a->jws, k->key, a->jws.alg))
			return true;
	}
	return false;
}

/* ERR_CONFLICT: it was shown before. */
static err spend(struct sso_call *q, const struct assertion *a)
{
	struct code_key key = { q->sso->settings.zone, "assertion",
		                str_fmt(q->arena, "%.*s %.*s", STR(a->client_id), STR(a->jti)) };
	struct code code = { .owner = a->client_id,
		             .doc = S("{}"),
		             .state = CODE_SPENT,
		             .expires_at_ms = a->exp_s * 1000 };
	return code_put(q->store, &key, &code, false);
}

struct message *client_assertion_check(struct sso_call *q)
{
	struct assertion a = { 0 };
	str type = sso_form(q, "client_assertion_type");
	if (str_given(sso_header(q, "authorization")) || str_given(sso_form(q, "client_secret")))
		return sso_error(q, SSO_CLIENT_TWO_WAYS); /* RFC 6749 §2.3 */
	if (!str_eq(type, TYPE))
		return sso_error_about(q, SSO_ASSERTION_TYPE, sso_told(type));
	if (!assertion_read(q, &a))
		return sso_error(q, SSO_BAD_CREDENTIALS);
	struct client_key key = { q->sso->settings.zone, a.client_id };
	err e = oauth_client_check(q->arena, q->store, &key, S(""), &q->client);
	if (!e.code)
		e = signed_by(q, &a, q->client.client->jwks) ? spend(q, &a) : FAIL(ERR_DENIED);
	if (e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX || e.code == ERR_DENIED ||
	    e.code == ERR_CONFLICT)
		return sso_error(q, SSO_BAD_CREDENTIALS);
	return e.code ? sso_trouble(q, e) : NULL;
}
