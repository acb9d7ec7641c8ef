/* SPDX-License-Identifier: Apache-2.0 */
/* edgecli, the client of get_token, whose secret the world knows, and ssoadmin, whose secret nobody does.
 * edgecli authenticates nobody: it only says which lifetimes and scopes a command line's tokens have.
 * Source: sso/seed.h. */
#include "sso/seed.h"

#include "sso/device.h"
#include "store/oauth_clients.h"

enum { ACCESS_S = 1800, REFRESH_S = 84600 };

static err make_edgecli(struct store *st, str zone)
{
	str scope[] = { S("scim.me"), S("openid"), S("password.write"), S("approvals.me"),
		        S("oauth.approvals") };
	str grants[] = { S("password"), S("refresh_token"), S(DEVICE_GRANT) };
	struct oauth_client c = {
		.name = S("get_token, acurl and other command lines"),
		.scope = { scope, sizeof scope / sizeof *scope },
		.authorized_grant_types = { grants, sizeof grants / sizeof *grants },
		.access_validity_s = ACCESS_S,
		.refresh_validity_s = REFRESH_S,
	};
	struct client_key key = { zone, S("edgecli") };
	err e = oauth_client_create(st, &key, &c, S("edgeclisecret"));
	return e.code == ERR_CONFLICT ? DONE : e; /* another node was first */
}

err sso_seed_admin(struct store *st, str zone, str secret)
{
	str authorities[] = { S("uaa.admin"),      S("clients.admin"),  S("clients.read"),
		              S("clients.write"),  S("clients.secret"), S("scim.read"),
		              S("scim.write"),     S("scim.create"),    S("groups.update"),
		              S("password.write"), S("tokens.list"),    S("tokens.revoke"),
		              S("uaa.resource") };
	str grants[] = { S("client_credentials") };
	struct oauth_client c = {
		.name = S("The administrator of this service"),
		.authorities = { authorities, sizeof authorities / sizeof *authorities },
		.authorized_grant_types = { grants, 1 },
		.access_validity_s = ACCESS_S,
	};
	struct client_key key = { zone, SSO_ADMIN };
	err e = oauth_client_create(st, &key, &c, secret);
	return e.code == ERR_CONFLICT ? oauth_client_secret(st, &key, SECRET_UPDATE, secret) : e;
}

err sso_seed(struct store *st, str zone)
{
	bool done;
	TRY(store_mark_get(st, S("sso"), &done));
	if (done)
		return DONE;
	TRY(make_edgecli(st, zone));
	return store_mark_set(st, S("sso"));
}
