/* SPDX-License-Identifier: Apache-2.0 */
/* What a client of the service may be; the resource of sso/clients.c asks.
 * A refusal is a sentence for whoever registers it.
 * Source: oauth2-service reference, 3.8. */
#pragma once

#include "sso/call.h"

/* was: what it replaces, or NULL.  STR_NONE: nothing is wrong. */
str client_refusal(struct sso_call *, const struct oauth_client *, const struct oauth_client *was,
                   bool has_secret);
/* Absolute, without a fragment, of a scheme that no browser runs. */
bool client_address_good(str uri);
str client_secret_refusal(str secret);
/* What it has that administers this service: a restricted client has none of it. */
str client_restriction(struct arena *, const struct oauth_client *);
