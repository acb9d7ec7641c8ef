/* SPDX-License-Identifier: Apache-2.0 */
/* What clients of the OAuth2 service say to people.
 * There is none without its client.
 * Source: oauth2-service reference, "Clients". */
#pragma once

#include "model/client_meta.h"
#include "store/oauth_clients.h"

/* ERR_NOT_FOUND: no such client. */
err client_meta_put(struct store *, const struct client_key *,
                    const struct client_meta *) MUST_CHECK;
err client_meta_get(struct arena *, struct store *, const struct client_key *,
                    struct client_meta *out) MUST_CHECK;
err client_meta_list(struct arena *, struct store *, str zone, struct list *out)
	MUST_CHECK; /* struct client_meta, by client_id: the first 500 */
