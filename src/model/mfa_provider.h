/* SPDX-License-Identifier: Apache-2.0 */
/* A provider of second factors, as the API of the OAuth2 service shows it: an authenticator app.
 * While it is active, everybody in its zone has a second factor.
 * Source: oauth2-service reference, "Zones, providers, the rest" (UAA's /mfa-providers). */
#pragma once

#include "model/noun.h"

#define MFA_ISSUER "gatehouse" /* of a provider that says none, and where there is none */

struct mfa_provider {
	str id, name;
	int type;        /* there is one */
	bool active;     /* at most one of a zone */
	str issuer;      /* what the app shows above the code */
	str description; /* what the page that sets it up says of it */
	str zone;
	int64_t created_at_ms, last_modified_at_ms;
};

extern const struct noun mfa_provider_noun;
