/* SPDX-License-Identifier: Apache-2.0 */
/* Who is calling: HTTP Basic against the users of the store, and what their roles allow.
 * A wrong name and a wrong password cost the same and answer the same.
 * Source: RFC 7617; OWASP password storage; Apigee, "Organization roles". */
#pragma once

#include "store/users.h"

struct identity;
struct lockout_policy;  /* identity/attempts.h */
struct password_policy; /* identity/password_policy.h: for how long one is good */
struct identity *identity_create(struct store *, const struct lockout_policy *,
                                 const struct password_policy *);
void identity_destroy(struct identity **);

struct principal {
	struct user_key key; /* key.name is the e-mail address */
};

/* ERR_DENIED: no credentials, wrong ones, a locked or inactive user, or
 * one with a second factor, which Basic has no place for.  ERR_LIMIT: too many checks at once;
 * try again soon.  ERR_STORE: nobody can tell now. */
err identity_basic(struct arena *, struct identity *, str authorization,
                   struct principal *) MUST_CHECK;

/* Whether a role of the principal allows it.  ERR_DENIED: none does. */
err identity_may(struct arena *, struct identity *, const struct principal *, str org,
                 bool write) MUST_CHECK;

/* Sets a user's password: hashed by Argon2id on the password lane. */
err identity_set_password(struct arena *, struct identity *, const struct user_key *,
                          str password) MUST_CHECK;

/* A user who is there whole, or not at all.  password: STR_NONE, none yet. */
err identity_create_user(struct arena *, struct identity *, const struct user *,
                         const struct login_flags *, str password) MUST_CHECK;

/* Ends what a user has from logging in: tokens and sessions.  Waits for the next second, in which a token
 * may be issued again.  From a fiber. */
err identity_end_logins(struct identity *, str zone, str user_id) MUST_CHECK;
/* A new password of somebody who may have it (identity/password_policy.h); ends their logins. */
err identity_change_password(struct arena *, struct identity *, const struct user *,
                             str password) MUST_CHECK;
/* ERR_DENIED: it is another.  Counts no failure: for who has proved the one there is. */
err identity_is_password(struct arena *, struct identity *, const struct user_key *,
                         str password) MUST_CHECK;

str identity_user_name(struct arena *, str name); /* as keys have it: lower case, trimmed */
