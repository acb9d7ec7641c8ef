/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=client_credentials: the client acts for itself.
 * No refresh token is ever issued.  The token is durable before it is told.
 * Source: RFC 6749 §4.4. */
#include "token/grant.h"

static enum oauth_error_id issue(struct arena *a, struct token_service *t,
                                 const struct grant_request *q, struct grant_answer *out)
{
	const struct client_view *client;
	enum oauth_error_id e = grant_client(a, t, q, &client);
	if (!e)
		e = grant_scope(a, client, q->scope, &out->token.scope);
	if (e)
		return e;
	grant_token(a, t, q, client, out);
	out->token.grant_type = S("client_credentials");
	/* RFC 6749 §4.4.3: "A refresh token SHOULD NOT be included." */
	return token_put(token_store(t), &out->token).code ? OAUTH_STORE_AWAY : OAUTH_FINE;
}

const struct grant grant_client_credentials = { "client_credentials", issue };
