/* SPDX-License-Identifier: Apache-2.0 */
/* The table of user.
 * Nothing of a password is in it.
 * Source: Apigee management API, users. */
#include "model/user.h"

static const struct field fields[] = {
	FIELD(user, email, "emailId", T_STR, .required = true),
	FIELD(user, first_name, "firstName", T_STR, .dflt = ""),
	FIELD(user, last_name, "lastName", T_STR, .dflt = ""),
	FIELDS_END,
};

const struct noun user_noun = { "User", "user", sizeof(struct user), fields };
