/* SPDX-License-Identifier: Apache-2.0 */
/* Browser sessions: a cookie after a login, and what a page's form must bring back with it.
 * A session's text is drawn at the login, so that nobody can prepare one for somebody else.
 * Source: OWASP session management; oauth2-service reference, 4.3. */
#pragma once

#include "identity/login.h"
#include "sso/call.h"

struct session {
	str text; /* the cookie's value */
	struct person person;
	int64_t auth_time_s;
	bool used_code; /* a second factor, too */
};

/* Sets *out if the request has the cookie of a live session whose user is there; else *out is NULL. */
err session_find(struct sso_call *, struct session **out) MUST_CHECK;
/* After a login: the answer sets the cookie. */
err session_open(struct sso_call *, const struct person *, struct message *answer) MUST_CHECK;
/* The answer takes the cookie away. */
err session_close(struct sso_call *, struct message *answer) MUST_CHECK;

str sso_cookie(const struct sso_call *, const char *name); /* of the request; STR_NONE */
void sso_cookie_set(
	struct sso_call *, struct message *, const char *name, str value,
	int64_t max_age_s); /* 0: take it away; HttpOnly, SameSite=Lax, Secure on https */

/* Double submit: the cookie X-Uaa-Csrf, and the form field of that name or the header X-CSRF-TOKEN. */
str csrf_token(struct sso_call *,
               struct message *page); /* the one there is, or a new one with its cookie */
bool csrf_fits(const struct sso_call *);

/* A path of this service that a page may go on to: never another host.  Otherwise STR_NONE. */
str local_path(str text);
