/* SPDX-License-Identifier: Apache-2.0 */
/* A login that is on its way: the password was right, a code or a new password is still to come.
 * It opens nothing: its cookie names a one-time code that lives ten minutes and is spent by the session.
 * Source: oauth2-service reference, 3.9 (/login/mfa/verify, /force_password_change, /login/mfa/register). */
#pragma once

#include "sso/session.h"

enum half_step { STEP_CODE, STEP_PASSWORD, STEP_ENROL };

struct half_login {
	str text; /* the cookie's value */
	struct person person;
	enum half_step step;
	bool used_code;
	str return_to; /* a path of ours, or absent */
};

/* The page that asks for what is missing, with the cookie of it. */
struct message *half_login_start(struct sso_call *, const struct half_login *);
/* *out is NULL when there is none at this step. */
err half_login_find(struct sso_call *, enum half_step, struct half_login **out) MUST_CHECK;
/* Nothing is missing: the session, and on to where it began.  half: NULL if it was one step. */
struct message *login_finish(struct sso_call *, const struct half_login *half,
                             const struct person *, str return_to);
