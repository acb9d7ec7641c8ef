/* SPDX-License-Identifier: Apache-2.0 */
/* The clients that every zone starts with.
 * Made once: what a person changes or deletes stays so.
 * Source: the service's document (edgecli); oauth2-service reference, 1.8, 2.3. */
#pragma once

#include "store/store.h"

err sso_seed(struct store *, str zone) MUST_CHECK;

/* The client that may administer clients, users, groups and tokens, by client_credentials: made, or given
 * this secret if it is there.  For the first start; what becomes of it later is its owner's. */
#define SSO_ADMIN S("ssoadmin")
err sso_seed_admin(struct store *, str zone, str secret) MUST_CHECK;
