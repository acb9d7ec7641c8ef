/* SPDX-License-Identifier: Apache-2.0 */
/* OAuthV2, VerifyAccessToken: lets a call through whose bearer token opens it.
 * Invariant: the checks run in Apigee's order; every refusal also says so in WWW-Authenticate.
 * Source: Apigee, OAuthV2 policy, "OAuth HTTP status code reference"; RFC 6750 §3. */
#include "policy/oauth_v2.h"

static enum verdict refuse(struct exchange *x, const struct fault *f, str value)
{
	enum verdict v = fault_raise(x, f, STR(value));
	oauth_v2_note(x, f->code, x->raised.string); /* for Verify the name carries its prefix */
	if (f->status == 401 || f->status == 403)
		fault_header(
			x, S("WWW-Authenticate"),
			str_fmt(x->arena,
		                "Bearer realm=\"null\",error=\"%s\",error_description=\"%s: %.*s\"",
		                f->status == 401 ? "invalid_token" : "insufficient_scope", f->code,
		                STR(x->raised.string)));
	return v;
}

/* The token as presented; absent when there is none or the prefix is another. */
static str presented(const struct oauth_v2 *c, struct exchange *x)
{
	if (c->access_token)
		return vars_text(x, c->access_token);
	str header = vars_text(x, c->authorization);
	if (!str_istarts(header, c->access_token_prefix)) /* RFC 9110 §11.1: schemes have no case */
		return STR_NONE;
	str rest = str_sub(header, c->access_token_prefix.n, STR_NPOS);
	if (c->access_token_prefix.n && !str_starts(rest, S(" ")))
		return STR_NONE;
	return str_trim(rest);
}

static bool scope_suffices(const struct strs *wanted, str held)
{
	for (str rest = held; str_given(rest);)
		if (strs_have(wanted, str_cut(&rest, ' ')))
			return true;
	return wanted->n == 0;
}

enum verdict oauth_v2_verify(const struct oauth_v2 *c, struct exchange *x)
{
	const struct token_view *view;
	struct client_facts *f = arena_new(x->arena, struct client_facts);
	f->now_ms = loop_utc_ms(x->loop);
	f->access_token = presented(c, x);
	if (!f->access_token.n)
		return refuse(x, &oauth_v2_faults[VERIFY_MISSING], STR_NONE);
	enum token_worth worth = token_verify(x->arena, x->services->tokens, x->proxy->organization,
	                                      f->access_token, f->now_ms, &view);
	if (worth != TOKEN_GOOD) {
		x->tally.tokens_refused++;
		return refuse(x, worth_fault(worth), STR_NONE);
	}
	x->tally.tokens_good++;
	f->token = view->token;
	f->client = view->client;
	enum product_match match = product_match(x, f->client, &f->token->products, &f->product);
	if (match == PRODUCT_NONE)
		return refuse(x, &oauth_v2_faults[VERIFY_NO_PRODUCT], STR_NONE);
	if (match == PRODUCT_NOT_THIS_PATH)
		return refuse(x, &oauth_v2_faults[VERIFY_NOT_THIS_PATH], x->path_suffix);
	if (!scope_suffices(&c->scopes, f->token->scope))
		return refuse(x, &oauth_v2_faults[VERIFY_SCOPE_SHORT], x->step_name);
	client_facts_provide(x, f);
	return CONTINUE;
}

/* InvalidateToken and ValidateToken: revokes a token, or makes it good again. */
enum verdict oauth_v2_set_status(const struct oauth_v2 *c, struct exchange *x)
{
	struct token_key key;
	struct token_service *t = x->services->tokens;
	str org = x->proxy->organization, text = vars_text(x, c->token->variable);
	int status = c->operation == INVALIDATE_TOKEN ? REVOKED : APPROVED;
	err e = FAIL(ERR_NOT_FOUND);
	if (!text.n)
		return refuse(x, &oauth_v2_faults[TOKEN_UNRESOLVED],
		              flowvar_name(c->token->variable));
	if (token_key_read(t, text, &key))
		e = c->token->type == 0
		            ? token_set_status(token_store(t), org, &key, status, c->token->cascade)
		            : refresh_set_status(token_store(t), org, &key, status,
		                                 c->token->cascade);
	if (e.code)
		return refuse(
			x, worth_fault(e.code == ERR_NOT_FOUND ? TOKEN_UNKNOWN : TOKEN_STORE_AWAY),
			STR_NONE);
	oauth_v2_note(x, NULL, STR_NONE);
	return CONTINUE;
}
