/* SPDX-License-Identifier: Apache-2.0 */
/* The facts of a verified client, a row a variable.
 * Nothing is formatted or copied until a name is asked for.
 * Source: Apigee, VerifyAPIKey policy and "Working with OAuth tokens": flow variables. */
#include "policy/client_facts.h"

#include "lang/path_pattern.h"

enum from { CREDENTIAL, APP, DEVELOPER, PRODUCT, TOKEN };
enum as { AS_TEXT, AS_MS, AS_NAMES, AS_APPROVAL, AS_ACTIVE, AS_LIST };

struct fact {
	str name;
	enum from from;
	enum as as;
	size_t at;
};

#define FACT(n, from, as, strct, member)                            \
	{                                                           \
		S_INIT(n), from, as, offsetof(struct strct, member) \
	}

static const struct fact facts[] = {
	FACT("client_id", CREDENTIAL, AS_TEXT, credential, consumer_key),
	FACT("issued_at", TOKEN, AS_MS, token, issued_at_ms),
	FACT("grant_type", TOKEN, AS_TEXT, token, grant_type),
	FACT("status", TOKEN, AS_APPROVAL, token, status),
	FACT("scope", TOKEN, AS_TEXT, token, scope),
	FACT("organization_name", TOKEN, AS_TEXT, token, organization),
	FACT("developer.app.name", APP, AS_TEXT, app, name),
	FACT("developer.app.id", APP, AS_TEXT, app, app_id),
	FACT("developer.id", DEVELOPER, AS_TEXT, developer, developer_id),
	FACT("developer.userName", DEVELOPER, AS_TEXT, developer, user_name),
	FACT("developer.firstName", DEVELOPER, AS_TEXT, developer, first_name),
	FACT("developer.lastName", DEVELOPER, AS_TEXT, developer, last_name),
	FACT("developer.email", DEVELOPER, AS_TEXT, developer, email),
	FACT("developer.status", DEVELOPER, AS_ACTIVE, developer, status),
	FACT("developer.apps", DEVELOPER, AS_LIST, developer, apps),
	FACT("developer.created_by", DEVELOPER, AS_TEXT, developer, created_by),
	FACT("developer.created_at", DEVELOPER, AS_MS, developer, created_at_ms),
	FACT("developer.last_modified_at", DEVELOPER, AS_MS, developer, last_modified_at_ms),
	FACT("developer.last_modified_by", DEVELOPER, AS_TEXT, developer, last_modified_by),
	FACT("app.name", APP, AS_TEXT, app, name),
	FACT("app.id", APP, AS_TEXT, app, app_id),
	FACT("app.accessType", APP, AS_TEXT, app, access_type),
	FACT("app.callbackUrl", APP, AS_TEXT, app, callback_url),
	FACT("app.status", APP, AS_APPROVAL, app, status),
	FACT("app.scopes", APP, AS_LIST, app, scopes),
	FACT("app.appFamily", APP, AS_TEXT, app, app_family),
	FACT("app.apiproducts", CREDENTIAL, AS_NAMES, credential, api_products),
	FACT("app.appParentStatus", DEVELOPER, AS_ACTIVE, developer, status),
	FACT("app.appParentId", DEVELOPER, AS_TEXT, developer, developer_id),
	FACT("app.created_by", APP, AS_TEXT, app, created_by),
	FACT("app.created_at", APP, AS_MS, app, created_at_ms),
	FACT("app.last_modified_at", APP, AS_MS, app, last_modified_at_ms),
	FACT("app.last_modified_by", APP, AS_TEXT, app, last_modified_by),
	FACT("redirection_uris", APP, AS_TEXT, app, callback_url),
	FACT("apiproduct.name", PRODUCT, AS_TEXT, api_product, name),
	FACT("apiproduct.developer.quota.limit", PRODUCT, AS_TEXT, api_product, quota),
	FACT("apiproduct.developer.quota.interval", PRODUCT, AS_TEXT, api_product, quota_interval),
	FACT("apiproduct.developer.quota.timeunit", PRODUCT, AS_TEXT, api_product, quota_time_unit),
};

static const void *subject(const struct client_facts *f, enum from from)
{
	switch (from) {
	case CREDENTIAL:
		return f->client->credential;
	case APP:
		return f->client->app;
	case DEVELOPER:
		return f->client->developer;
	case PRODUCT:
		return f->product;
	case TOKEN:
		return f->token;
	}
	return NULL;
}

static struct value fact_value(struct exchange *x, const struct fact *row, const void *of)
{
	const void *at = (const char *)of + row->at;
	struct strs names = { 0 };
	switch (row->as) {
	case AS_TEXT:
		return str_given(*(const str *)at) ? VALUE_STR(*(const str *)at)
		                                   : (struct value){ 0 };
	case AS_MS:
		return VALUE_OF_INT(*(const int64_t *)at);
	case AS_APPROVAL:
		return VALUE_STR(str_from_z(approval_names[*(const int *)at]));
	case AS_ACTIVE:
		return VALUE_STR(str_from_z(developer_status_names[*(const int *)at]));
	case AS_LIST:
		return VALUE_STR(strs_shown(x->arena, at));
	case AS_NAMES:
		LIST_EACH(const struct product_status, p, (const struct list *)at)
			strs_add(x->arena, &names, p->apiproduct);
		return VALUE_STR(strs_shown(x->arena, &names));
	}
	return (struct value){ 0 };
}

static struct value attribute_value(const struct list *attributes, str name)
{
	str v = attribute_get(attributes, name);
	return str_given(v) ? VALUE_STR(v) : (struct value){ 0 };
}

/* accesstoken.{x}, app.{x}, developer.{x}, apiproduct.{x}: custom attributes. */
static struct value custom(const struct client_facts *f, str name)
{
	if (str_starts(name, S("app.")))
		return attribute_value(&f->client->app->attributes, str_sub(name, 4, STR_NPOS));
	if (str_starts(name, S("developer.")))
		return attribute_value(&f->client->developer->attributes,
		                       str_sub(name, 10, STR_NPOS));
	if (str_starts(name, S("apiproduct.")) && f->product)
		return attribute_value(&f->product->attributes, str_sub(name, 11, STR_NPOS));
	if (!str_starts(name, S("accesstoken.")) || !f->token)
		return (struct value){ 0 };
	str wanted = str_sub(name, 12, STR_NPOS);
	struct value v = attribute_value(&f->token->attributes, wanted);
	return v.kind ? v : attribute_value(&f->token->hidden_attributes, wanted);
}

/* What is no member of a noun. */
static struct value computed(const struct client_facts *f, str name)
{
	if (str_eq(name, S("app.appType")))
		return VALUE_STR(S("Developer"));
	if (!f->token) {
		if (str_eq(name, S("client_secret")))
			return VALUE_STR(f->client->credential->consumer_secret);
		if (str_eq(name, S("issued_at")))
			return VALUE_OF_INT(f->client->credential->issued_at_ms);
		if (str_eq(name, S("DisplayName")) || str_eq(name, S("app.DisplayName")))
			return attribute_value(&f->client->app->attributes, S("DisplayName"));
		return (struct value){ 0 };
	}
	if (str_eq(name, S("access_token")))
		return VALUE_STR(f->access_token);
	if (str_eq(name, S("token_type")))
		return VALUE_STR(S("BearerToken"));
	if (str_eq(name, S("expires_in")))
		return VALUE_OF_INT(f->token->expires_at_ms < 0
		                            ? -1
		                            : (f->token->expires_at_ms - f->now_ms) / 1000);
	return (struct value){ 0 };
}

static struct value fact_named(struct exchange *x, const struct client_facts *f, str name)
{
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		if (str_eq(name, facts[i].name) && subject(f, facts[i].from))
			return fact_value(x, &facts[i], subject(f, facts[i].from));
	struct value v = computed(f, name);
	return v.kind ? v : custom(f, name);
}

static struct value prefixed(struct exchange *x, const void *ctx, str name)
{
	const struct client_facts *f = ctx;
	return fact_named(x, f, str_sub(name, f->prefix.n, STR_NPOS));
}

static struct value dimension(struct exchange *x, const void *ctx, str name)
{
	static const str names[] = { S_INIT("client_id"), S_INIT("apiproduct.name"),
		                     S_INIT("developer.id"), S_INIT("developer.app.name") };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(name, names[i]))
			return fact_named(x, ctx, name);
	return (struct value){ 0 };
}

void client_facts_provide(struct exchange *x, const struct client_facts *f)
{
	vars_provide(x, f->prefix, prefixed, f);
}

void client_facts_dimensions(struct exchange *x, const struct client_facts *f)
{
	vars_provide(x, S(""), dimension, f);
}

static bool covers(const struct strs *list, str name)
{
	return list->n == 0 || strs_have(list, name);
}

static bool covers_path(const struct api_product *p, str path)
{
	if (!path.n)
		path = S("/");
	for (size_t i = 0; i < p->api_resources.n; i++)
		if (resource_matches(p->api_resources.v[i], path))
			return true;
	return p->api_resources.n == 0;
}

enum product_match product_match(struct exchange *x, const struct client_view *c,
                                 const struct strs *among, const struct api_product **out)
{
	const struct product_status *status = c->credential->api_products.v;
	enum product_match found = PRODUCT_NONE;
	for (size_t i = 0; i < c->n_products; i++) {
		const struct api_product *p = c->products[i];
		if (!p || status[i].status != APPROVED || (among && !strs_have(among, p->name)))
			continue;
		if (!covers(&p->environments, x->proxy->environment) ||
		    !covers(&p->proxies, x->proxy->name))
			continue;
		if (covers_path(p, x->path_suffix)) {
			*out = p;
			return PRODUCT_FOUND;
		}
		found = PRODUCT_NOT_THIS_PATH;
	}
	return found;
}
