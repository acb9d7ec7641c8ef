/* SPDX-License-Identifier: Apache-2.0 */
/* A group of the OAuth2 service, and who is in it.
 * Its name is the scope that its members may have.
 * Source: oauth2-service reference, "SCIM groups". */
#pragma once

#include "model/noun.h"

struct group {
	str id; /* UUID */
	str name, description;
	int64_t version, created_at_ms, last_modified_at_ms;
};

struct group_member {
	str id; /* a user's or a group's */
	str origin;
	bool is_group;
};
