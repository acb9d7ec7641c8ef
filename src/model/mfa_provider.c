/* SPDX-License-Identifier: Apache-2.0 */
/* The table of mfa provider.
 * Digits, duration and algorithm are what every authenticator app takes, and no keys of it.
 * Source: oauth2-service reference, "Zones, providers, the rest". */
#include "model/mfa_provider.h"

static const char *const types[] = { "google-authenticator", NULL };

static const struct field fields[] = {
	FIELD(mfa_provider, id, "id", T_STR, .read_only = true),
	FIELD(mfa_provider, name, "name", T_STR, .required = true),
	FIELD(mfa_provider, type, "type", T_ENUM, .names = types, .required = true),
	FIELD(mfa_provider, active, "active", T_BOOL),
	FIELD(mfa_provider, issuer, "config/issuer", T_STR, .dflt = MFA_ISSUER),
	FIELD(mfa_provider, description, "config/providerDescription", T_STR),
	FIELD(mfa_provider, zone, "identityZoneId", T_STR, .read_only = true),
	FIELD(mfa_provider, created_at_ms, "created", T_MS, .read_only = true),
	FIELD(mfa_provider, last_modified_at_ms, "last_modified", T_MS, .read_only = true),
	FIELDS_END,
};

const struct noun mfa_provider_noun = { "MfaProvider", "mfaProvider", sizeof(struct mfa_provider),
	                                fields };
