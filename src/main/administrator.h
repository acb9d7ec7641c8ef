/* SPDX-License-Identifier: Apache-2.0 */
/* The first administrator.
 * A password that was made here is shown once on a terminal or rests in a file of mode 0600: never in a
 * log, never in both.
 * Source: house ("bootstrap"). */
#pragma once

#include "identity/identity.h"
#include "main/seed.h"

/* GATEHOUSE_ADMIN_USER, or "admin@example.com", as users are stored. */
str administrator_name(struct arena *);
/* Makes the user with the role orgadmin and a password: GATEHOUSE_ADMIN_PASSWORD, or a random one.
 * *shown: it was made here and stands on the terminal. */
err administrator_make(struct seed *, struct identity *, str data, bool *shown) MUST_CHECK;
str administrator_file(struct arena *, str data); /* where a random password is written to */

/* The OAuth2 service's administrator, a client: once per store, with GATEHOUSE_SSO_ADMIN_SECRET or with a
 * random secret, which rests in DATA/sso-admin-secret. */
struct administrator_client {
	struct seed *seed;
	str data;
};
err administrator_client_make(struct administrator_client *) MUST_CHECK;
