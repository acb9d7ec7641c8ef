/* SPDX-License-Identifier: Apache-2.0 */
/* A token of the OAuth2 service that the store knows: a refresh token, or an access token that is opaque.
 * A JWT's id is its jti; an opaque token's is a digest, so that no row holds what somebody may present.
 * Source: oauth2-service reference, 1.7, 1.9, 3.4. */
#pragma once

#include "base/str.h"

enum sso_token_state { SSO_TOKEN_LIVE, SSO_TOKEN_SPENT, SSO_TOKEN_REVOKED };

struct sso_token {
	str id;
	bool refresh, opaque;
	str family; /* the id of the first refresh token of a login: all that came of it */
	int state;
	str user_id; /* absent: the client's own */
	str client_id;
	str scope;  /* separated by spaces */
	str claims; /* JSON, as a JWT has them */
	int64_t issued_at_ms, expires_at_ms;
	str access_jti; /* of the JWT that a refresh token was issued with; absent: it is a row itself */
};
