/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the OAuth2 service, and which JWTs ended early.
 * Durable when the call answers; a refresh token is spent by one conditional UPDATE, so one of many wins.
 * Source: oauth2-service reference, 1.9, 3.4; RFC 6749 §6, RFC 9700 §4.14. */
#pragma once

#include "model/noun.h"
#include "model/sso_token.h"
#include "store/store.h"

err sso_tokens_put(struct store *, str zone, const struct sso_token *,
                   size_t n) MUST_CHECK; /* all or none */
err sso_token_get(struct arena *, struct store *, str zone, str id,
                  struct sso_token **out) MUST_CHECK; /* whatever its state and age */
/* Of a user, of a client or of both (STR_NONE: any), alive at now_ms: struct sso_token, the newest
 * first and no more than 10,000. */
struct sso_owner {
	str user_id, client_id;
};
err sso_token_list(struct arena *, struct store *, str zone, const struct sso_owner *,
                   int64_t now_ms, struct list *out) MUST_CHECK;

/* Spends the refresh token and stores what follows it, or neither.  ERR_CONFLICT: it is spent, revoked,
 * expired or another client's. */
struct sso_rotation {
	str old_id, client_id;
	const struct sso_token *next;
	size_t n;
	int64_t now_ms;
};
err sso_token_rotate(struct store *, str zone, const struct sso_rotation *) MUST_CHECK;

/* Ends what came of a login: somebody presented a spent token.  Its stored tokens, and each JWT that came with
 * one of them, at once and by its own id: no other login of that second ends with them.  A family has the id of
 * the refresh token that it began with; next's above says which. */
struct sso_family_end {
	str family;
	int64_t now_ms, lives_ms; /* so long does a JWT live */
};
err sso_family_revoke(struct store *, str zone, const struct sso_family_end *) MUST_CHECK;

/* What ended: one JWT by its jti, or all that a user, a client or a user with a client had by now_ms.
 * Stored tokens of theirs end with it.  The row is kept until until_ms, when the last JWT has died; 0: for as
 * long as a client may let a token live.
 * A login is a user with a client since a time, and the family of its stored tokens. */
enum sso_revoked { REVOKED_TOKEN, REVOKED_USER, REVOKED_CLIENT, REVOKED_PAIR, REVOKED_LOGIN };
struct sso_revocation {
	enum sso_revoked kind;
	str jti, user_id, client_id, family; /* those that the kind names */
	int64_t auth_time_s;
	int64_t now_ms, until_ms;
};
err sso_revoke(struct store *, str zone, const struct sso_revocation *) MUST_CHECK;
/* Waits until the second of a revocation at now_ms is over: before it is answered. */
err sso_revocation_settle(int64_t now_ms) MUST_CHECK;
/* Whether a JWT with these claims ended.  iat has seconds only: what was issued in the second of a
 * revocation counts as before it: who issues waits for the next. */
struct sso_bearer {
	str jti, user_id, client_id; /* user_id absent: the client's own */
	int64_t iat_s, auth_time_s;
};
err sso_is_revoked(struct arena *, struct store *, str zone, const struct sso_bearer *,
                   bool *revoked) MUST_CHECK;

/* Drops up to 1,000 rows of tokens and revocations that are over; *gone 0: nothing left to do. */
err sso_purge(struct store *, int64_t now_ms, int64_t *gone) MUST_CHECK;
