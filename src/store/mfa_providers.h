/* SPDX-License-Identifier: Apache-2.0 */
/* Providers of second factors, of which a zone has at most one that is active.
 * Who is made active takes the place of the one that was.
 * Source: oauth2-service reference, "Zones, providers, the rest". */
#pragma once

#include "model/mfa_provider.h"
#include "store/store.h"

struct mfa_provider_key {
	str zone, id;
};

/* ERR_CONFLICT: the name is taken. */
err mfa_provider_create(struct store *, const struct mfa_provider *) MUST_CHECK;
err mfa_provider_replace(struct store *, const struct mfa_provider *) MUST_CHECK;
err mfa_provider_get(struct arena *, struct store *, const struct mfa_provider_key *,
                     struct mfa_provider *out) MUST_CHECK;
err mfa_provider_list(struct arena *, struct store *, str zone,
                      struct list *out) MUST_CHECK; /* struct mfa_provider, by name */
/* ERR_NOT_FOUND: none is. */
err mfa_provider_active(struct arena *, struct store *, str zone,
                        struct mfa_provider *out) MUST_CHECK;
/* ERR_CONFLICT: it is active. */
err mfa_provider_delete(struct store *, const struct mfa_provider_key *) MUST_CHECK;
