/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of the OAuth2 service: their names are the scopes that their members may have.
 * A member is a user or a group; membership through groups counts.
 * Source: oauth2-service reference, "SCIM groups". */
#pragma once

#include "store/store.h"

/* The names of the groups that the user is in, directly or through groups, each once. */
err group_names_of(struct arena *, struct store *, str zone, str user_id,
                   struct strs *names) MUST_CHECK;
