/* SPDX-License-Identifier: Apache-2.0 */
/* What a presented token is worth.
 * A JWT is read, then looked up among what ended early; an opaque one, and every refresh token, is a row.
 * Source: token/bearer.h. */
#include "token/bearer.h"

#include <jansson.h>

#include "codec/base64.h"
#include "codec/digest.h"

str bearer_opaque_id(struct arena *a, str text)
{
	unsigned char sum[32];
	sha256(text, sum);
	return str_fmt(a, "%.*s%s", STR(base64url_write(a, str_from(sum, sizeof sum))),
	               str_ends(text, S("-r")) ? "-r" : "");
}

static struct strs scopes_of(struct arena *a, const json_t *list)
{
	struct strs out = { arena_array(a, str, json_array_size(list) + 1), 0 };
	size_t i;
	json_t *one;
	json_array_foreach(list, i, one) if (json_is_string(one)) out.v[out.n++] = json_text(one);
	return out;
}

static void claims_take(struct arena *a, const json_t *claims, struct bearer *out)
{
	*out = (struct bearer){
		.jti = json_member_str(claims, "jti"),
		.client_id = json_member_str(claims, "client_id"),
		.user_id = json_member_str(claims, "user_id"),
		.user_name = json_member_str(claims, "user_name"),
		.origin = json_member_str(claims, "origin"),
		.scope = scopes_of(a, json_object_get(claims, "scope")),
		.iat_s = json_integer_value(json_object_get(claims, "iat")),
		.exp_s = json_integer_value(json_object_get(claims, "exp")),
		.auth_time_s = json_integer_value(json_object_get(claims, "auth_time")),
		.claims = claims,
	};
}

static bool whole(const struct bearer *b, const struct bearer_service *s)
{
	return str_given(b->jti) && str_given(b->client_id) &&
	       str_eq(json_member_str(b->claims, "iss"), s->issuer) &&
	       str_eq(json_member_str(b->claims, "zid"), s->zone);
}

/* RFC 7519 §4.1.4: "on or after which the JWT MUST NOT be accepted". */
static enum bearer_worth in_time(const struct bearer *b, int64_t now_ms)
{
	return now_ms / 1000 >= b->exp_s ? BEARER_EXPIRED : BEARER_GOOD;
}

/* What the store says of the row. */
static err look_at_row(struct arena *a, const struct bearer_service *s, str id, str *claims,
                       enum bearer_worth *w)
{
	static const enum bearer_worth of_state[] = { [SSO_TOKEN_LIVE] = BEARER_GOOD,
		                                      [SSO_TOKEN_SPENT] = BEARER_SPENT,
		                                      [SSO_TOKEN_REVOKED] = BEARER_REVOKED };
	struct sso_token *t;
	err e = sso_token_get(a, s->store, s->zone, id, &t);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? (*w = BEARER_UNKNOWN, DONE) : e;
	*claims = t->claims;
	*w = of_state[t->state];
	return DONE;
}

static err read_jwt(struct arena *a, const struct bearer_service *s, str text, struct bearer *out,
                    enum bearer_worth *w)
{
	json_t *claims;
	err e = signer_verify(a, s->signer, text, &claims);
	*w = BEARER_SIGNATURE;
	if (e.code)
		return e.code == ERR_STORE ? e : DONE;
	claims_take(a, claims, out);
	if (whole(out, s))
		*w = BEARER_GOOD;
	return DONE;
}

static err read_opaque(struct arena *a, const struct bearer_service *s, str text,
                       struct bearer *out, enum bearer_worth *w)
{
	str doc;
	json_t *claims;
	struct diag d = { .arena = a };
	TRY(look_at_row(a, s, bearer_opaque_id(a, text), &doc, w));
	if (*w == BEARER_UNKNOWN)
		return DONE;
	if (json_read(a, doc, &d, &claims).code)
		return FAIL(ERR_STORE);
	claims_take(a, claims, out);
	return DONE;
}

enum row_where { ROW_NONE, ROW_UNREAD, ROW_READ };

/* A refresh token's row decides; an access token in a JWT has none, but may have ended early. */
static err look_up(struct arena *a, const struct bearer_service *s, const struct bearer *b,
                   enum row_where row, enum bearer_worth *w)
{
	str claims;
	bool revoked, alone = row == ROW_NONE;
	if (row == ROW_UNREAD) {
		TRY(look_at_row(a, s, b->jti, &claims, w));
		if (*w)
			return DONE;
	}
	/* Two logins may share a second: where there is a row, it knows which of them has ended. */
	struct sso_bearer ask = { b->jti, b->user_id, b->client_id, b->iat_s,
		                  alone ? b->auth_time_s : 0 };
	TRY(sso_is_revoked(a, s->store, s->zone, &ask, &revoked));
	if (revoked)
		*w = BEARER_REVOKED;
	return DONE;
}

err bearer_read(struct arena *a, const struct bearer_service *s, const struct bearer_text *t,
                struct bearer *out, enum bearer_worth *w)
{
	bool jwt = str_find_char(t->text, '.') != STR_NPOS;
	TRY(jwt ? read_jwt(a, s, t->text, out, w) : read_opaque(a, s, t->text, out, w));
	if (*w == BEARER_SIGNATURE || *w == BEARER_UNKNOWN)
		return DONE;
	if (str_ends(out->jti, S("-r")) != (t->kind == BEARER_REFRESH)) {
		*w = BEARER_KIND;
		return DONE;
	}
	if (!*w)
		TRY(look_up(a, s, out,
		            !jwt                        ? ROW_READ
		            : t->kind == BEARER_REFRESH ? ROW_UNREAD
		                                        : ROW_NONE,
		            w));
	if (!*w)
		*w = in_time(out, t->now_ms);
	return DONE;
}
