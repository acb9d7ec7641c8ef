/* SPDX-License-Identifier: Apache-2.0 */
/* OAuthV2, GenerateAccessToken and RefreshAccessToken: from the request to a grant, and its answer out.
 * Invariant: with GenerateResponse an error is a response and no fault is raised.
 * Source: Apigee, OAuthV2 policy and "OAuth HTTP status code reference"; RFC 6749 §4.4, §6. */
#include "codec/base64.h"
#include "policy/oauth_v2.h"

/* RFC 7617: the pair of an Authorization header; false when it is no Basic one. */
static bool basic_pair(struct arena *a, str header, str *id, str *secret)
{
	str pair;
	if (!str_istarts(header, S("Basic ")) ||
	    base64_read(a, str_trim(str_sub(header, 6, STR_NPOS)), &pair).code)
		return false;
	*id = str_cut(&pair, ':');
	*secret = pair;
	return true;
}

static void client_of(const struct oauth_v2 *c, struct exchange *x, struct grant_request *q)
{
	if (basic_pair(x->arena, vars_text(x, c->authorization), &q->client_id, &q->client_secret))
		return;
	q->client_id = vars_text(x, c->client_id);
	q->client_secret = vars_text(x, c->client_secret);
}

/* ref first, then the text, then the configuration; a ref that holds nonsense counts as absent. */
static int64_t lifetime(struct exchange *x, const struct flowvar *ref, str text, int64_t dflt)
{
	int64_t ms;
	if (ref && str_to_i64(str_trim(vars_text(x, ref)), &ms) && (ms == -1 || ms > 0))
		return ms;
	return str_to_i64(text, &ms) ? ms : dflt;
}

static void attributes_of(const struct oauth_v2 *c, struct exchange *x, struct grant_request *q)
{
	LIST_EACH(const struct oauth_v2_attribute, a, &c->attributes) {
		str value = a->ref ? vars_text(x, a->ref) : STR_NONE;
		attribute_set(x->arena, a->display ? &q->attributes : &q->hidden_attributes,
		              a->name, str_given(value) ? value : a->text);
	}
}

static struct grant_request request_of(const struct oauth_v2 *c, struct exchange *x)
{
	struct token_settings dflt = token_settings(x->services->tokens);
	struct grant_request q = {
		.organization = x->proxy->organization,
		.scope = c->scope_var ? vars_text(x, c->scope_var) : STR_NONE,
		.end_user = c->end_user ? vars_text(x, c->end_user) : STR_NONE,
		.access_ms = lifetime(x, c->expires_in_ref, c->expires_in, dflt.access_ms),
		.refresh_ms = lifetime(x, c->refresh_expires_in_ref, c->refresh_expires_in,
		                       dflt.refresh_ms),
		.reuse_refresh_token = c->reuse_refresh_token,
		.now_ms = clock_ms(),
	};
	q.trusted =
		c->external_authorization && str_eq(vars_text(x, c->external_status), S("true"));
	client_of(c, x, &q);
	attributes_of(c, x, &q);
	if (c->operation == REFRESH_ACCESS_TOKEN)
		q.refresh_token = vars_text(x, c->refresh_token);
	return q;
}

/* The grant that the request names, if the policy supports it. */
static const struct grant *grant_of(const struct oauth_v2 *c, str type)
{
	bool supported = c->operation == REFRESH_ACCESS_TOKEN ? str_eq(type, S("refresh_token"))
	                                                      : strs_have(&c->grant_types, type);
	return supported ? grant_find(type) : NULL;
}

static enum verdict refuse(const struct oauth_v2 *c, struct exchange *x, enum oauth_error_id id,
                           str value)
{
	const struct oauth_error *e = oauth_error(id);
	const struct fault *fault = grant_fault(id);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
	"-Wformat-nonliteral" /* the texts of errors.def take one slice at most */
	str text = str_fmt(x->arena, e->text, STR(value));
#pragma GCC diagnostic pop
	str code = str_from_z(fault->code);
	oauth_v2_note(x, code.p + str_rfind_char(code, '.') + 1, text);
	if (!c->generate_response || !c->generate_response->enabled)
		return fault_raise(x, fault, STR(value));
	oauth_v2_write_error(c, x, e, text);
	return CONTINUE;
}

enum verdict oauth_v2_generate(const struct oauth_v2 *c, struct exchange *x)
{
	str type = vars_text(x, c->grant_type);
	if (!type.n)
		return refuse(c, x, OAUTH_GRANT_MISSING, type);
	const struct grant *grant = grant_of(c, type);
	if (!grant)
		return refuse(c, x, OAUTH_GRANT_UNSUPPORTED, type);
	struct grant_request q = request_of(c, x);
	struct grant_answer *answer = arena_new(x->arena, struct grant_answer);
	enum oauth_error_id e = grant->issue(x->arena, x->services->tokens, &q, answer);
	if (e)
		return refuse(c, x, e, STR_NONE);
	x->tally.tokens_issued++;
	oauth_v2_note(x, NULL, STR_NONE);
	oauth_v2_provide_token(c, x, answer);
	if (c->generate_response && c->generate_response->enabled)
		oauth_v2_write_token(c, x, answer);
	return CONTINUE;
}
