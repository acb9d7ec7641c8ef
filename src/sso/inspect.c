/* SPDX-License-Identifier: Apache-2.0 */
/* /check_token and /introspect: what a token is worth, for a resource server that asks.
 * Who asks has the authority uaa.resource, and learns nothing of a token that is not alive.
 * Source: RFC 7662; oauth2-service reference, 3.1. */
#include <jansson.h>

#include "sso/endpoints.h"
#include "sso/issue.h"

/* A token of somebody who is gone is worth nothing, too. */
static err look_at(struct sso_call *q, str text, struct bearer *b, enum bearer_worth *w)
{
	struct bearer_text t = { BEARER_ACCESS, text, clock_ms() };
	struct person p;
	TRY(bearer_read(q->arena, &q->sso->bearers, &t, b, w));
	if (*w || !str_given(b->user_id))
		return DONE;
	err e = identity_person(q->arena, q->sso->identity, q->sso->settings.zone, b->user_id, &p);
	if (e.code != ERR_NOT_FOUND)
		return e;
	*w = BEARER_REVOKED;
	return DONE;
}

static struct message *by_client(struct sso_call *q)
{
	struct message *m = need_client(q);
	if (m)
		return m;
	const struct strs *may = &q->client.client->authorities;
	bool asks = strs_have(may, S("uaa.resource")) && q->client.proves;
	return asks ? NULL : sso_error(q, SSO_SCOPE_INSUFFICIENT);
}

static void claims_write(struct json_writer *w, const json_t *claims)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)claims, key, value)
	{
		json_key(w, str_from_z(key));
		json_tree(w, value);
	}
}

static struct message *told(struct sso_call *q, const struct bearer *b, bool with_active)
{
	struct buf out = buf_in(q->arena);
	struct json_writer w = json_to(&out, false);
	json_open(&w, '{');
	if (with_active)
		json_pair_bool(&w, "active", true);
	claims_write(&w, b->claims);
	json_close(&w, '}');
	return sso_json(q, 200, buf_str(&out));
}

struct message *endpoint_introspect(struct sso_call *q)
{
	struct bearer b;
	enum bearer_worth worth = BEARER_UNKNOWN;
	bool by_token = str_istarts(sso_header(q, "authorization"), S("Bearer "));
	struct message *m = by_token ? need_bearer(q) : by_client(q);
	str text = sso_form(q, "token");
	if (m)
		return m;
	if (by_token && str_given(q->bearer.user_id)) /* a person is no resource server */
		return sso_error(q, SSO_SCOPE_INSUFFICIENT);
	if (!text.n)
		return sso_error(q, SSO_TOKEN_UNSAID);
	err e = look_at(q, text, &b, &worth);
	if (e.code)
		return sso_trouble(q, e);
	return worth ? sso_json(q, 200, S("{\"active\":false}")) : told(q, &b, true);
}

/* Of the words of a list with commas, those that the token has not. */
static str missing_of(struct sso_call *q, const struct bearer *b)
{
	struct buf out = buf_in(q->arena);
	for (str rest = sso_form(q, "scopes"); str_given(rest);) {
		str one = str_trim(str_cut(&rest, ','));
		if (one.n && !strs_have(&b->scope, one))
			buf_fmt(&out, "%s%.*s", out.n ? "," : "", STR(one));
	}
	return buf_str(&out);
}

struct message *endpoint_check_token(struct sso_call *q)
{
	struct bearer b;
	enum bearer_worth worth;
	struct message *m = by_client(q);
	str text = sso_form(q, "token");
	if (m)
		return m;
	if (!text.n)
		return sso_error(q, SSO_CHECK_UNSAID);
	err e = look_at(q, text, &b, &worth);
	if (e.code)
		return sso_trouble(q, e);
	if (worth)
		return sso_error(q,
		                 worth == BEARER_EXPIRED ? SSO_CHECK_EXPIRED : SSO_CHECK_INVALID);
	str missing = missing_of(q, &b);
	return missing.n ? sso_error_about(q, SSO_CHECK_SCOPES, missing) : told(q, &b, false);
}
