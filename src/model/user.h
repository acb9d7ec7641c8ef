/* SPDX-License-Identifier: Apache-2.0 */
/* A person of the management side: key (zone, origin, lower-case name); roles hang on organizations.
 * The password is an opaque hash text, made and read by identity/ alone; it is no member here.
 * Source: Apigee management API, users, userroles. */
#pragma once

#include "model/noun.h"

/* The zone and origin of users that live in this store and log in with a password. */
#define USER_ZONE S("uaa")
#define USER_ORIGIN S("usergrid")

struct user_key {
	str zone, origin, name; /* the name in lower case: an e-mail address */
};

struct user {
	struct user_key key; /* not in JSON */
	str id;              /* UUID; not in JSON */
	str email, first_name, last_name;
	bool active;                                /* not in JSON */
	int64_t created_at_ms, last_modified_at_ms; /* not in JSON */
	int64_t version;                            /* grows with each change; not in JSON */
	str external_id, phone;                     /* not in JSON; absent: none */
};

extern const struct noun user_noun; /* {"emailId","firstName","lastName"} */
