/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that sign the JWTs of the Edge OAuth2 service, private parts sealed.
 * A retired key signs no more and verifies until it is dropped, when its last token has died.
 * Source: oauth2-service reference, "Keys". */
#pragma once

#include "store/store.h"

struct signing_key {
	str id;  /* kid */
	str alg; /* "RS256", "ES256" */
	str private_pem;
	int64_t created_at_ms, retired_at_ms; /* retired: 0 while it signs */
};

/* Adds one; with retire, the keys of its alg that signed until now retire in the same transaction.
 * ERR_CONFLICT: the id exists, or (only_first) another node was first to make one of the alg. */
struct signing_key_put {
	str zone;
	const struct signing_key *key;
	bool retire, only_first;
};
err signing_key_put(struct store *, const struct signing_key_put *) MUST_CHECK;
/* struct signing_key, the newest first. */
err signing_key_list(struct arena *, struct store *, str zone, struct list *out) MUST_CHECK;
/* Drops those that retired before that and have signed no token that the store knows and that lives. */
struct signing_key_end {
	int64_t retired_before_ms, now_ms;
};
err signing_key_drop(struct store *, str zone, const struct signing_key_end *,
                     int64_t *gone) MUST_CHECK;
