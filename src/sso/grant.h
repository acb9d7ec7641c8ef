/* SPDX-License-Identifier: Apache-2.0 */
/* Grants of the token endpoint: one file and one row in grants.def each.
 * A grant says what is to be issued, or answers why not; it signs and stores nothing.
 * Source: oauth2-service reference, 1.9, 1.10; RFC 6749 §4, §6. */
#pragma once

#include "sso/issue.h"

struct sso_grant {
	const char *name;                                            /* the value of grant_type */
	struct message *(*check)(struct sso_call *, struct issue *); /* NULL: *issue is filled */
};

/* What a login that did not succeed is told; SSO_FINE for LOGIN_GOOD. */
enum sso_error_id login_error(enum login_verdict);

/* What a person allowed in a browser, and a grant issues now. */
struct allowed {
	str user_id, scope;
	int64_t auth_time_s;
	bool used_code;         /* of the second factor, when they logged in */
	enum sso_error_id gone; /* what is said when the person is not there any more */
};
/* NULL: *issue is filled, save for its grant_type. */
struct message *grant_allowed(struct sso_call *, struct issue *, const struct allowed *);
