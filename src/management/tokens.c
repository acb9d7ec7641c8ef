/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens: what one is, and revoking or approving it.
 * The token is presented in the path; it is looked up, never listed, and never told again.
 * Source: Apigee Edge management API, "Get, approve and revoke OAuth 2.0 access tokens". */
#include "token/token.h"

#include "management/resources.h"

static struct message *unknown(struct api *q)
{
	return answer_error(q, 404, "keymanagement.service.invalid_access_token",
	                    "Invalid Access Token");
}

static str number(struct api *q, int64_t n) { return str_fmt(q->arena, "%lld", (long long)n); }

static str describe(struct api *q, const struct token *t, str text)
{
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, true);
	int64_t left_s = t->expires_at_ms < 0 ? -1 : (t->expires_at_ms - clock_ms()) / 1000;
	json_open(&w, '{');
	json_pair_str(&w, "issued_at", number(q, t->issued_at_ms));
	json_pair_str(&w, "application_name", t->app_id);
	json_pair_str(&w, "scope", t->scope);
	json_pair_str(&w, "status", str_from_z(approval_names[t->status]));
	json_pair_str(&w, "api_product_list", strs_shown(q->arena, &t->products));
	json_pair_str(&w, "expires_in", number(q, left_s));
	json_pair_str(&w, "developer.id", t->developer_id);
	json_pair_str(&w, "grant_type", t->grant_type);
	json_pair_str(&w, "token_type", S("BearerToken"));
	json_pair_str(&w, "client_id", t->client_id);
	json_pair_str(&w, "access_token", text);
	json_pair_str(&w, "organization_name", t->organization);
	json_pair_str(&w, "refresh_count", number(q, t->refresh_count));
	LIST_EACH(const struct attribute, a, &t->attributes) {
		json_key(&w, a->name);
		json_str(&w, a->value);
	}
	json_close(&w, '}');
	return buf_str(&b);
}

struct message *access_tokens_get(struct api *q)
{
	struct token_key key;
	struct token *t;
	str text = api_param(q, "token");
	if (!token_key_read(q->m->tokens, text, &key))
		return unknown(q);
	err e = token_get(q->arena, q->store, q->org, &key, &t);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? unknown(q) : answer_trouble(q, e);
	return answer_json(q, 200, describe(q, t, text));
}

struct message *access_tokens_act(struct api *q)
{
	static const char *const actions[] = { "revoke", "approve", NULL };
	static const int values[] = { REVOKED, APPROVED };
	int status = action_value(q, actions, values);
	struct token_key key;
	if (status < 0)
		return answer_error(q, 400, "keymanagement.service.InvalidAction",
		                    "action is revoke or approve");
	if (!token_key_read(q->m->tokens, api_param(q, "token"), &key))
		return unknown(q);
	err e = token_set_status(q->store, q->org, &key, status,
	                         api_query_is(q, "cascade", "true"));
	if (e.code)
		return e.code == ERR_NOT_FOUND ? unknown(q) : answer_trouble(q, e);
	return access_tokens_get(q);
}
