/* SPDX-License-Identifier: Apache-2.0 */
/* VerifyAPIKey: a consumer key opens the proxy, if a product of it covers the call.
 * Invariant: the checks run in Apigee's order, and the first that fails is the one that is told.
 * Source: Apigee, VerifyAPIKey policy; the order as in Apigee's own verifier. */
#include "flow/exchange.h"
#include "policy/client_facts.h"
#include "policy/services.h"

struct verify_api_key {
	struct flowvar *ref;
	str literal;
	str facts_prefix; /* "verifyapikey.{name}." */
};

static const struct field fields[] = {
	FIELD(verify_api_key, ref, "APIKey/@ref", T_FLOWVAR,
	      .doc = "the variable that holds the key"),
	FIELD(verify_api_key, literal, "APIKey", T_STR,
	      .doc = "the key itself, if there is no ref"),
	FIELDS_END,
};

enum {
	UNRESOLVED,
	INVALID_KEY,
	NOT_FOR_RESOURCE,
	KEY_EXPIRED,
	APP_NOT_APPROVED,
	DEVELOPER_NOT_ACTIVE,
	AWAY,
};

static const struct fault faults[] = {
	[UNRESOLVED] = { "steps.oauth.v2.FailedToResolveAPIKey", 401,
	                 "Failed to resolve API Key variable %.*s" },
	[INVALID_KEY] = { "oauth.v2.InvalidApiKey", 401, "Invalid ApiKey" },
	[NOT_FOR_RESOURCE] = { "oauth.v2.InvalidApiKeyForGivenResource", 401,
	                       "Invalid ApiKey for given resource" },
	[KEY_EXPIRED] = { "keymanagement.service.consumer_key_expired", 401,
	                  "Consumer key is expired" },
	[APP_NOT_APPROVED] = { "keymanagement.service.invalid_client-app_not_approved", 401,
	                       "App is not approved" },
	[DEVELOPER_NOT_ACTIVE] = { "keymanagement.service.DeveloperStatusNotActive", 401,
	                           "Developer Status is not Active" },
	[AWAY] = { "messaging.adaptors.http.flow.ServiceUnavailable", 503,
	           "The Service is temporarily unavailable" },
	{ 0 },
};

static err check(void *conf, str name, struct binder *b)
{
	struct verify_api_key *c = conf;
	if (!c->ref && !c->literal.n)
		return diag_add(b->diag, ERR_SYNTAX, 0,
		                "VerifyAPIKey %.*s: SpecifyValueOrRefApiKey: <APIKey> needs a ref "
		                "or a text",
		                STR(name));
	c->facts_prefix = str_fmt(b->arena, "verifyapikey.%.*s.", STR(name));
	return DONE;
}

static enum verdict unfit(struct exchange *x, const struct client_view *c, int64_t now_ms)
{
	const struct credential *k = c->credential;
	if (k->status != APPROVED)
		return fault_raise(x, &faults[INVALID_KEY]);
	if (k->expires_at_ms >= 0 && now_ms >= k->expires_at_ms)
		return fault_raise(x, &faults[KEY_EXPIRED]);
	if (c->app->status != APPROVED)
		return fault_raise(x, &faults[APP_NOT_APPROVED]);
	if (c->developer->status != DEVELOPER_ACTIVE)
		return fault_raise(x, &faults[DEVELOPER_NOT_ACTIVE]);
	return CONTINUE;
}

static enum verdict run(const void *conf, struct exchange *x)
{
	const struct verify_api_key *c = conf;
	const struct client_view *client;
	int64_t now_ms = loop_utc_ms(x->loop);
	str key = c->ref ? vars_text(x, c->ref) : c->literal;
	if (!str_given(key) && c->literal.n)
		key = c->literal;
	if (!str_given(key))
		return fault_raise(x, &faults[UNRESOLVED], STR(flowvar_name(c->ref)));
	err e = client_view(x->arena, x->services->store, x->proxy->organization, key, &client);
	if (e.code)
		return fault_raise(x, &faults[e.code == ERR_NOT_FOUND ? INVALID_KEY : AWAY]);
	if (unfit(x, client, now_ms) == FAULT)
		return FAULT;
	struct client_facts *f = arena_new(x->arena, struct client_facts);
	*f = (struct client_facts){ .prefix = c->facts_prefix, .client = client, .now_ms = now_ms };
	if (product_match(x, client, NULL, &f->product) != PRODUCT_FOUND)
		return fault_raise(x, &faults[NOT_FOR_RESOURCE]);
	client_facts_provide(x, f);
	client_facts_dimensions(x, f);
	vars_put(x, S("verifyapikey"), x->step_name, S("failed"), VALUE_OF_BOOL(false));
	return CONTINUE;
}

const struct policy policy_verify_api_key = {
	.element = "VerifyAPIKey",
	.size = sizeof(struct verify_api_key),
	.fields = fields,
	.faults = faults,
	.fault_prefix = "oauthV2",
	.check = check,
	.run = run,
};
