/* SPDX-License-Identifier: Apache-2.0 */
/* An authorization request: checked once, and kept until somebody has decided and a client has the tokens.
 * Before the redirect address is known to be the client's, nothing is sent there.
 * Source: RFC 6749 §4.1, RFC 7636, RFC 8252 §7.3, RFC 9126; oauth2-service reference, 3.2, 4.4, 4.5. */
#pragma once

#include "sso/issue.h"

struct authorization {
	str client_id, redirect_uri;
	str scope; /* as asked; once decided, as granted */
	str state, nonce, challenge, method, prompt, max_age;
	str access_jti, refresh_jti, family; /* of what comes of its code */
	int64_t auth_time_s, pushed_at_s;    /* pushed: 0 unless it came by POST /oauth/par */
	bool redirect_given, used_code;
};

/* Sets q->client.  why->id is SSO_FINE when it is good; with another, out->redirect_uri is set if the
 * refusal may go there. */
err authorization_check(struct sso_call *, const struct pairs *params, struct authorization *out,
                        struct refusal *why) MUST_CHECK;

/* As it is kept with a code. */
str authorization_write(struct arena *, const struct authorization *);
err authorization_read(struct arena *, str doc, struct authorization *) MUST_CHECK;

#define PUSHED_URN "urn:ietf:params:oauth:request_uri:"
bool pkce_text(str); /* RFC 7636 §4.1: 43 to 128 unreserved characters */
/* Of what the login of a session was: RFC 8176. */
struct strs login_methods(struct arena *, bool used_code);
