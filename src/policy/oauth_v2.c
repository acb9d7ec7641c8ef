/* SPDX-License-Identifier: Apache-2.0 */
/* OAuthV2: issues, refreshes, verifies and revokes access tokens, one operation a policy.
 * Invariant: what an operation has no use for is refused at deploy time, not ignored.
 * Source: Apigee, OAuthV2 policy; RFC 6749, RFC 6750. */
#include "policy/oauth_v2.h"

static const char *const operations[] = {
	"GenerateAccessToken", "RefreshAccessToken", "VerifyAccessToken",
	"InvalidateToken",     "ValidateToken",      NULL,
};
static const char *const token_types[] = { "accesstoken", "refreshtoken", NULL };
static const char *const formats[] = { "FORM_PARAM", NULL };

static const struct field attribute_fields_[] = {
	FIELD(oauth_v2_attribute, name, "@name", T_STR, .required = true),
	FIELD(oauth_v2_attribute, ref, "@ref", T_FLOWVAR),
	FIELD(oauth_v2_attribute, display, "@display", T_BOOL, .dflt = "true"),
	FIELD(oauth_v2_attribute, text, ".", T_STR, .doc = "used when ref has no value"),
	FIELDS_END,
};

static const struct field token_fields[] = {
	FIELD(oauth_v2_token, variable, ".", T_FLOWVAR, .required = true,
	      .doc = "the variable that holds the token"),
	FIELD(oauth_v2_token, type, "@type", T_ENUM, .names = token_types, .dflt = "accesstoken"),
	FIELD(oauth_v2_token, cascade, "@cascade", T_BOOL, .required = true,
	      .doc = "also the refresh (access) token beside it"),
	FIELDS_END,
};

static const struct field response_fields[] = {
	FIELD(oauth_v2_response, enabled, "@enabled", T_BOOL, .dflt = "true"),
	FIELD(oauth_v2_response, format, "Format", T_ENUM, .names = formats, .dflt = "FORM_PARAM",
	      .doc = "FORM_PARAM prints JSON, as Apigee does"),
	FIELDS_END,
};

#define LATER(element)                                            \
	{                                                         \
		.name = element, .path = element, .type = T_LATER \
	}

static const struct field fields[] = {
	FIELD(oauth_v2, operation, "Operation", T_ENUM, .names = operations, .required = true),
	FIELD(oauth_v2, access_token, "AccessToken", T_FLOWVAR,
	      .doc = "holds the whole token; without it the Authorization header is read"),
	FIELD(oauth_v2, access_token_prefix, "AccessTokenPrefix", T_STR, .dflt = "Bearer"),
	FIELD(oauth_v2, attributes, "Attributes/Attribute", T_LIST, .sub = attribute_fields_,
	      .sub_size = sizeof(struct oauth_v2_attribute)),
	FIELD(oauth_v2, cache_expiry_s, "CacheExpiryInSeconds", T_UINT, .dflt = "180",
	      .doc = "at most so long may a look-up be remembered; a revoked token stops at once "
	             "anyway"),
	FIELD(oauth_v2, client_id, "ClientId", T_FLOWVAR, .dflt = "request.formparam.client_id"),
	FIELD(oauth_v2, expires_in, "ExpiresIn", T_STR, .doc = "milliseconds; -1: never"),
	FIELD(oauth_v2, expires_in_ref, "ExpiresIn/@ref", T_FLOWVAR),
	FIELD(oauth_v2, refresh_expires_in, "RefreshTokenExpiresIn", T_STR,
	      .doc = "milliseconds; -1: never"),
	FIELD(oauth_v2, refresh_expires_in_ref, "RefreshTokenExpiresIn/@ref", T_FLOWVAR),
	FIELD(oauth_v2, external_authorization, "ExternalAuthorization", T_BOOL, .dflt = "false"),
	FIELD(oauth_v2, generate_response, "GenerateResponse", T_GROUPP, .sub = response_fields,
	      .sub_size = sizeof(struct oauth_v2_response)),
	FIELD(oauth_v2, grant_type, "GrantType", T_FLOWVAR, .dflt = "request.formparam.grant_type"),
	FIELD(oauth_v2, end_user, "AppEndUser", T_FLOWVAR),
	FIELD(oauth_v2, refresh_token, "RefreshToken", T_FLOWVAR,
	      .dflt = "request.formparam.refresh_token"),
	FIELD(oauth_v2, reuse_refresh_token, "ReuseRefreshToken", T_BOOL, .dflt = "false"),
	FIELD(oauth_v2, rfc_compliant, "RFCCompliantRequestResponse", T_BOOL, .dflt = "false"),
	FIELD(oauth_v2, scope, "Scope", T_STR,
	      .doc = "VerifyAccessToken: a list, one of which suffices; else a variable with the "
	             "scopes asked for"),
	FIELD(oauth_v2, grant_types, "SupportedGrantTypes/GrantType", T_STRS),
	FIELD(oauth_v2, token, "Tokens/Token", T_GROUPP, .sub = token_fields,
	      .sub_size = sizeof(struct oauth_v2_token)),
	{ .name = "OAuthConfig", .path = "OAuthConfig", .type = T_NOTE },
	LATER("Algorithm"),
	LATER("Code"),
	LATER("ExternalAccessToken"),
	LATER("ExternalAuthorizationCode"),
	LATER("ExternalRefreshToken"),
	LATER("GenerateErrorResponse"),
	LATER("PassWord"),
	LATER("PrivateKey"),
	LATER("PublicKey"),
	LATER("RedirectUri"),
	LATER("ResponseType"),
	LATER("SecretKey"),
	LATER("State"),
	LATER("StoreToken"),
	LATER("UserName"),
	FIELDS_END,
};

static err lifetime_ok(struct binder *b, str name, const char *element, str text)
{
	int64_t ms;
	if (!text.n || (str_to_i64(text, &ms) && (ms == -1 || ms > 0)))
		return DONE;
	return diag_add(b->diag, ERR_SYNTAX, 0,
	                "OAuthV2 %.*s: InvalidValueFor%s: <%s> is a positive number of "
	                "milliseconds or -1, not %.*s",
	                STR(name), element, element, STR(text));
}

static bool issues(const struct oauth_v2 *c)
{
	return c->operation == GENERATE_ACCESS_TOKEN || c->operation == REFRESH_ACCESS_TOKEN;
}

static err grant_types_ok(const struct oauth_v2 *c, str name, struct binder *b)
{
	if (c->operation != GENERATE_ACCESS_TOKEN)
		return c->grant_types.n
		               ? diag_add(b->diag, ERR_SYNTAX, 0,
		                          "OAuthV2 %.*s: GrantTypesNotApplicableForOperation",
		                          STR(name))
		               : DONE;
	if (!c->grant_types.n)
		return diag_add(
			b->diag, ERR_SYNTAX, 0,
			"OAuthV2 %.*s: without <SupportedGrantTypes> it supports "
			"authorization_code and implicit, which this gateway does not support yet",
			STR(name));
	for (size_t i = 0; i < c->grant_types.n; i++)
		if (!str_eq(c->grant_types.v[i], S("client_credentials")))
			return diag_add(b->diag, ERR_SYNTAX, 0,
			                "OAuthV2 %.*s: InvalidGrantType: %.*s is not supported "
			                "(yet) by this gateway; "
			                "it knows client_credentials",
			                STR(name), STR(c->grant_types.v[i]));
	return DONE;
}

static void bind_sources(struct oauth_v2 *c, str name, struct binder *b)
{
	c->client_secret = b->bind(b, S("request.formparam.client_secret"));
	c->authorization = b->bind(b, S("request.header.authorization"));
	c->external_status = b->bind(b, S("oauth_external_authorization_status"));
	c->facts_prefix = str_fmt(b->arena, "oauthv2accesstoken.%.*s.", STR(name));
	if (c->operation != VERIFY_ACCESS_TOKEN) {
		c->scope_var = c->scope.n ? b->bind(b, c->scope) : NULL;
		return;
	}
	for (str rest = c->scope; str_given(rest);) {
		str word = str_trim(str_cut(&rest, ' '));
		if (word.n)
			strs_add(b->arena, &c->scopes, word);
	}
}

static err check(void *conf, str name, struct binder *b)
{
	struct oauth_v2 *c = conf;
	bool changes = c->operation == INVALIDATE_TOKEN || c->operation == VALIDATE_TOKEN;
	bind_sources(c, name, b);
	TRY(lifetime_ok(b, name, "ExpiresIn", c->expires_in));
	TRY(lifetime_ok(b, name, "RefreshTokenExpiresIn", c->refresh_expires_in));
	TRY(grant_types_ok(c, name, b));
	if (c->attributes.n > 18)
		return diag_add(b->diag, ERR_LIMIT, 0, "OAuthV2 %.*s: at most 18 <Attribute>",
		                STR(name));
	if (changes && !c->token)
		return diag_add(b->diag, ERR_SYNTAX, 0,
		                "OAuthV2 %.*s: TokenValueRequired: <Tokens><Token> is missing",
		                STR(name));
	if (!issues(c) && (c->expires_in.n || c->expires_in_ref))
		return diag_add(b->diag, ERR_SYNTAX, 0,
		                "OAuthV2 %.*s: ExpiresInNotApplicableForOperation", STR(name));
	if (!issues(c) && (c->refresh_expires_in.n || c->refresh_expires_in_ref))
		return diag_add(b->diag, ERR_SYNTAX, 0,
		                "OAuthV2 %.*s: RefreshTokenExpiresInNotApplicableForOperation",
		                STR(name));
	return DONE;
}

static enum verdict run(const void *conf, struct exchange *x)
{
	static enum verdict (*const run_operation[])(const struct oauth_v2 *, struct exchange *) = {
		[GENERATE_ACCESS_TOKEN] = oauth_v2_generate,
		[REFRESH_ACCESS_TOKEN] = oauth_v2_generate,
		[VERIFY_ACCESS_TOKEN] = oauth_v2_verify,
		[INVALIDATE_TOKEN] = oauth_v2_set_status,
		[VALIDATE_TOKEN] = oauth_v2_set_status,
	};
	const struct oauth_v2 *c = conf;
	return run_operation[c->operation](c, x);
}

void oauth_v2_note(struct exchange *x, const char *fault_name, str cause)
{
	struct value failed = VALUE_OF_BOOL(fault_name != NULL);
	if (vars_set_named(x, S("oauthV2.failed"), failed).code)
		return; /* the table is full: the engine faults after this step */
	vars_put(x, S("oauthV2"), x->step_name, S("failed"), failed);
	if (!fault_name)
		return;
	vars_put(x, S("oauthV2"), x->step_name, S("fault.name"), VALUE_STR(str_from_z(fault_name)));
	vars_put(x, S("oauthV2"), x->step_name, S("fault.cause"), VALUE_STR(cause));
}

const struct policy policy_oauth_v2 = {
	.element = "OAuthV2",
	.size = sizeof(struct oauth_v2),
	.fields = fields,
	.faults = oauth_v2_faults,
	.fault_prefix = "oauthV2",
	.check = check,
	.run = run,
};
