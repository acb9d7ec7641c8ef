/* SPDX-License-Identifier: Apache-2.0 */
/* Approvals: which scopes a user has let a client have, or kept from it, and until when.
 * An approval that is over counts for nothing, whoever asks.
 * Source: oauth2-service reference, 3.7. */
#pragma once

#include "model/noun.h"
#include "store/store.h"

#define APPROVAL_MS (30 * 86400000LL) /* what one lasts of which nothing else is said */

struct approval_key {
	str zone, user_id;
	str client_id; /* STR_NONE: any client's */
};

struct scope_approval {
	str client_id, scope;
	bool approved; /* else denied */
	int64_t expires_at_ms, last_updated_at_ms;
};

/* struct scope_approval, those that live at now_ms, by client and scope. */
err approval_list(struct arena *, struct store *, const struct approval_key *, int64_t now_ms,
                  struct list *out) MUST_CHECK;
/* Each takes the place of the one of its client and scope: all of them or none. */
err approvals_put(struct store *, const struct approval_key *, const struct list *) MUST_CHECK;
/* The same in the place of all that the key has. */
err approvals_replace(struct store *, const struct approval_key *, const struct list *) MUST_CHECK;
err approvals_delete(struct store *, const struct approval_key *) MUST_CHECK;
