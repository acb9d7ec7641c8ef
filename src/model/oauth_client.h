/* SPDX-License-Identifier: Apache-2.0 */
/* A client of the Edge OAuth2 service, as its API shows it: get_token's `edgecli`, the management UI, ...
 * Its secret is no member: the store keeps a MAC of it, and nobody sees it again.
 * Source: oauth2-service reference, "Clients" (UAA's /oauth/clients). */
#pragma once

#include "model/noun.h"

enum { TOKEN_LIVES_S_MAX = INT32_MAX };

struct oauth_client {
	str client_id;
	str name;
	struct strs scope;                  /* of users' tokens */
	struct strs authorities;            /* of its own tokens: client_credentials */
	struct strs authorized_grant_types; /* "password", "refresh_token", ... */
	struct strs redirect_uri;
	struct strs resource_ids;
	struct strs auto_approve; /* scopes that nobody is asked for; { "true" }: all of them */
	struct strs allowed_providers, required_user_groups;
	str jwks;          /* JSON of its public keys: private_key_jwt */
	bool allow_public; /* no secret: PKCE stands in for it */
	int64_t access_validity_s, refresh_validity_s; /* 0: the server's */
	int64_t last_modified_at_ms;
};

extern const struct noun oauth_client_noun;
