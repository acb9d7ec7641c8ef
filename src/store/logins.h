/* SPDX-License-Identifier: Apache-2.0 */
/* What logging in knows of a user beside the account: failures, the second factor, the salt of rev_sig.
 * Who has no row is a verified user without failures and without a second factor.
 * Source: oauth2-service reference, "Lockout", "Revocation signature"; RFC 6238 §5.2. */
#pragma once

#include "store/users.h"

struct login_state {
	str rev_salt; /* drawn at each change of the password; "" before the first */
	bool verified, machine;
	bool must_change;       /* the password, before anything else */
	int64_t password_at_ms; /* 0: before anybody wrote that down */
	int64_t account_at_ms;
	int64_t failures, failed_at_ms;                 /* since the last success; the newest */
	int64_t last_login_at_ms, previous_login_at_ms; /* 0: never */
	str totp_secret;                                /* base32; absent: no second factor */
	int64_t totp_since_ms;
	bool zone_factor; /* everybody in the zone must have one: store/mfa_providers.h */
};

/* A machine has none. */
static inline bool login_needs_code(const struct login_state *s)
{
	return !s->machine && (s->zone_factor || str_given(s->totp_secret));
}

err login_state_get(struct arena *, struct store *, const struct user_key *,
                    struct login_state *out) MUST_CHECK; /* ERR_NOT_FOUND: no such user */

/* One more failure; the count starts anew when the newest before it is older than since_ms. */
err login_failed(struct store *, const struct user_key *, int64_t now_ms,
                 int64_t since_ms) MUST_CHECK;
/* Spends what that costs, for a name that nobody has: a durable write is the longest part beside the hash. */
err login_failed_nobody(struct store *, int64_t now_ms) MUST_CHECK;
/* rev_salt: as it was when the password was looked at.  ERR_CONFLICT: it was changed meanwhile, or the
 * user is gone; what fitted then fits no more. */
err login_succeeded(struct store *, const struct user_key *, str rev_salt,
                    int64_t now_ms) MUST_CHECK;
err login_unlock(struct store *, const struct user_key *) MUST_CHECK;

err login_flags_set(struct store *, const struct user_key *, const struct login_flags *) MUST_CHECK;

/* secret: STR_NONE takes the second factor away. */
err login_totp_set(struct store *, const struct user_key *, str secret, int64_t now_ms) MUST_CHECK;
/* Spends a code by its time step.  ERR_CONFLICT: this or a later one was spent before. */
err login_totp_spend(struct store *, const struct user_key *, int64_t step) MUST_CHECK;
