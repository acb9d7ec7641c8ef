/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=client_credentials: the client acts for itself, with its authorities.
 * No refresh token is ever issued; a public client proves nothing and gets nothing.
 * Source: RFC 6749 §4.4; oauth2-service reference, 1.10. */
#include "sso/grant.h"

static struct message *check(struct sso_call *q, struct issue *i)
{
	if (!q->client.proves)
		return sso_error(q, SSO_BAD_CREDENTIALS);
	i->grant_type = S("client_credentials");
	return scope_of_client(q, &i->scope);
}

const struct sso_grant sso_grant_client_credentials = { "client_credentials", check };
