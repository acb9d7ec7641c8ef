/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens of the OAuth2 service, as those see them who are shown one: signature, issuer, times,
 * revocation.
 * A refresh token is no access token; what a token may do is for the caller to say.
 * Source: RFC 6750; RFC 8725; oauth2-service reference, 1.6, 1.7, 3.4. */
#pragma once

#include "model/noun.h"
#include "store/sso_tokens.h"
#include "token/signer.h"

struct bearer_service { /* whose tokens count */
	struct signer *signer;
	struct store *store;
	str issuer; /* "https://login.example.com/oauth/token" */
	str zone;
};

struct bearer {
	str jti, client_id;
	str user_id, user_name, origin; /* absent: the client's own token */
	struct strs scope;
	int64_t iat_s, exp_s, auth_time_s;
	const json_t *claims; /* all of them */
};

/* Which of the two kinds of token it takes. */
enum bearer_kind { BEARER_ACCESS, BEARER_REFRESH };

enum bearer_worth {
	BEARER_GOOD,
	BEARER_SIGNATURE, /* no token of this issuer */
	BEARER_KIND,      /* the other kind */
	BEARER_UNKNOWN,   /* opaque, and none of ours */
	BEARER_EXPIRED,
	BEARER_REVOKED,
	BEARER_SPENT, /* a refresh token that was used up: somebody has a copy */
};

struct bearer_text { /* what is presented */
	enum bearer_kind kind;
	str text;
	int64_t now_ms;
};
/* *out is set unless SIGNATURE or UNKNOWN.  ERR_STORE: nobody can tell now. */
err bearer_read(struct arena *, const struct bearer_service *, const struct bearer_text *,
                struct bearer *out, enum bearer_worth *) MUST_CHECK;

/* The id under which the store keeps an opaque token; a refresh token's "-r" stays at its end. */
str bearer_opaque_id(struct arena *, str text);
