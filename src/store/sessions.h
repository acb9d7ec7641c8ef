/* SPDX-License-Identifier: Apache-2.0 */
/* Browser sessions of the OAuth2 service.
 * The cookie's text is never kept: a row has its digest, since the text has 190 random bits.
 * Source: OWASP session management; oauth2-service reference, 4.3. */
#pragma once

#include "store/store.h"

struct session_row {
	str user_id;
	str doc; /* JSON of whoever made it */
	int64_t expires_at_ms;
};

err session_put(struct store *, str zone, str text, const struct session_row *) MUST_CHECK;
err session_get(struct arena *, struct store *, str zone, str text, int64_t now_ms,
                struct session_row *out) MUST_CHECK; /* ERR_NOT_FOUND: unknown or expired */
err session_delete(struct store *, str zone, str text) MUST_CHECK; /* that it is gone is fine */
err sessions_delete_of(struct store *, str zone, str user_id) MUST_CHECK;

/* Drops up to 1,000 that are over; *gone 0: nothing left to do. */
err session_purge(struct store *, int64_t now_ms, int64_t *gone) MUST_CHECK;
