/* SPDX-License-Identifier: Apache-2.0 */
/* A user as SCIM shows them, and who is asked for.
 * They are the users of the management API: one account, two faces.
 * Source: oauth2-service reference, 3.5. */
#pragma once

#include "identity/login.h"
#include "sso/scim.h"

/* The user of the path; the answer when there is none. */
struct message *scim_user_find(struct sso_call *, struct person *);
bool scim_user_is_self(const struct sso_call *);
/* One user with all keys. */
struct message *scim_user_answer(struct sso_call *, unsigned status, const struct person *);
/* The answer with the user as they are now. */
struct message *scim_user_now(struct sso_call *, unsigned status, str id);
struct message *scim_user_trouble(struct sso_call *, err, str name_or_id);
