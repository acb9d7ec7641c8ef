/* SPDX-License-Identifier: Apache-2.0 */
/* The page that asks for a new password, twice, and perhaps for the one there is.
 * What is wrong with what was typed stands beside its field; what was typed never comes back.
 * Source: oauth2-service reference, 4.2; WCAG 2.2, 3.3.1. */
#pragma once

#include "identity/login.h"
#include "sso/call.h"

struct password_ask {
	const char *action, *why;
	bool old;                 /* asks for the one there is */
	str code;                 /* of a link */
	str old_wrong, new_wrong; /* what is the matter with what was typed */
};

struct message *password_ask(struct sso_call *, const struct password_ask *);
/* *faults absent: it is set, and what the old one opened has ended.  Otherwise what the policy has against
 * it, and nothing is changed. */
err password_replace(struct sso_call *, const struct person *, str password,
                     str *faults) MUST_CHECK;
/* Typed twice, it is the same, and not the old one (STR_NONE: not known).  Absent: all is well. */
str password_typed_wrong(const struct sso_call *, str old);
