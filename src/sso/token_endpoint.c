/* SPDX-License-Identifier: Apache-2.0 */
/* POST /oauth/token: which grant, may the client use it, and what comes of it.
 * The query holds mfa_token and nothing else, so that no secret is in a URL.
 * Source: oauth2-service reference, 1.2 to 1.5. */
#include "sso/endpoints.h"
#include "sso/grant.h"

#define GRANT(name) extern const struct sso_grant sso_grant_##name;
#include "sso/grants.def"
#undef GRANT

static const struct sso_grant *const grants[] = {
#define GRANT(name) &sso_grant_##name,
#include "sso/grants.def"
#undef GRANT
};

static const struct sso_grant *grant_of(str name)
{
	for (size_t i = 0; i < sizeof grants / sizeof *grants; i++)
		if (str_eq(name, str_from_z(grants[i]->name)))
			return grants[i];
	return NULL;
}

static bool query_is_clean(const struct sso_call *q)
{
	for (size_t i = 0; i < q->query.n; i++)
		if (!str_eq(q->query.v[i].name, S("mfa_token")))
			return false;
	return q->query.n <= 1;
}

/* Order of the checks: oauth2-service reference, 1.12 (12 to 15). */
static enum sso_error_id choose(const struct sso_call *q, const struct sso_grant **out)
{
	str name = sso_form(q, "grant_type");
	if (!query_is_clean(q))
		return SSO_IN_THE_QUERY;
	if (!name.n)
		return SSO_GRANT_MISSING;
	if (str_eq(name, S("implicit")))
		return SSO_GRANT_IMPLICIT;
	*out = grant_of(name);
	if (!*out)
		return SSO_GRANT_UNKNOWN;
	return strs_have(&q->client.client->authorized_grant_types, name) ? SSO_FINE
	                                                                  : SSO_GRANT_NOT_ALLOWED;
}

struct message *endpoint_token(struct sso_call *q)
{
	const struct sso_grant *grant;
	struct issue issue = { 0 };
	enum sso_error_id wrong = choose(q, &grant);
	if (wrong)
		return sso_error(q, wrong);
	struct message *refused = grant->check(q, &issue);
	return refused ? refused : issue_answer(q, &issue);
}
