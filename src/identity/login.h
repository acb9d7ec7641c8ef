/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in with a name, a password and, where the account has one, a code of the second factor.
 * A wrong name and a wrong password run the same number of hashes and say the same.
 * Source: oauth2-service reference, 1.12, "Security behaviours"; OWASP authentication. */
#pragma once

#include "identity/identity.h"
#include "store/logins.h"

enum login_verdict {
	LOGIN_GOOD,
	LOGIN_WRONG,      /* the name, the password, or an inactive account: nobody learns which */
	LOGIN_LOCKED,     /* too many failures; the password was not looked at */
	LOGIN_CODE,       /* the password is right, the code is missing, wrong or spent */
	LOGIN_UNVERIFIED, /* what follows is told to who knows the password only */
	LOGIN_MUST_CHANGE,
	LOGIN_MUST_ENROL, /* everybody in the zone has a second factor, this one has not */
};

struct login_try {
	str zone, name, password;
	str code; /* of the second factor; "" and absent: none */
};

struct person { /* who logged in */
	struct user user;
	struct login_state state; /* as it was before */
	bool used_code;
};

/* Waits, for a worker thread among others.  ERR_LIMIT: too many logins at once. */
err identity_login(struct arena *, struct identity *, const struct login_try *, struct person *,
                   enum login_verdict *) MUST_CHECK;

/* A part of it alone, under the same lock-out, for one whom a session or an earlier step names. */
enum {
	PROVE_PASSWORD = 1,
	PROVE_CODE = 2,  /* where the account has a second factor */
	PROVE_LOGIN = 4, /* then it counts as a login: the verdicts of the account, its time */
};
err identity_prove(struct arena *, struct identity *, const struct login_try *, unsigned proofs,
                   struct person *, enum login_verdict *) MUST_CHECK;

/* Somebody who proved it before: by a session, a code, a refresh token.  ERR_NOT_FOUND: gone or inactive. */
err identity_person(struct arena *, struct identity *, str zone, str user_id,
                    struct person *) MUST_CHECK;
/* Whoever it is, active or not. */
err identity_anybody(struct arena *, struct identity *, str zone, str user_id,
                     struct person *) MUST_CHECK;

/* Guesses at what belongs to nobody, a passcode or a user code: counted by where they come from. */
bool identity_guesser_locked(struct identity *, const char *what, str from);
void identity_guess_failed(struct identity *, const char *what, str from);
