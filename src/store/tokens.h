/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens as they rest.  The hot look-up is token_view() of store/cache.h.
 * Durable when the call answers; a refresh token is spent by one conditional UPDATE, so one of many wins.
 * Source: house ("token keys", docs/why/token_keys.md); RFC 6749 §6, RFC 9700 §4.14. */
#pragma once

#include "model/token.h"
#include "store/store.h"

/* Stores an access token, and its refresh token if has_refresh.  ERR_CONFLICT: the key exists. */
err token_put(struct store *, const struct token *) MUST_CHECK;
/* Whatever its status and age, until it is purged. */
err token_get(struct arena *, struct store *, str org, const struct token_key *,
              struct token **out) MUST_CHECK;
err refresh_get(struct arena *, struct store *, str org, const struct token_key *refresh,
                struct token **out) MUST_CHECK;

/* Spends the refresh token `old` of the client and stores `new`, or neither.  ERR_NOT_FOUND: no such
 * refresh token of this client.  ERR_CONFLICT: spent, revoked or expired (look with refresh_get()).
 * When new->refresh_key is old's (ReuseRefreshToken) the row stays, with its count raised.
 * The access token that was issued beside `old` is revoked with it. */
err token_rotate(struct store *, const struct token_key *old, const struct token *new) MUST_CHECK;

/* Approves or revokes; tells the other nodes.  With cascade, the refresh (access) token beside it too.
 * ERR_NOT_FOUND: unknown to the organization. */
err token_set_status(struct store *, str org, const struct token_key *, int status,
                     bool cascade) MUST_CHECK;
err refresh_set_status(struct store *, str org, const struct token_key *refresh, int status,
                       bool cascade) MUST_CHECK;

/* Drops up to 1,000 rows that expired over an hour ago; *gone 0: nothing left to do. */
err token_purge(struct store *, int64_t now_ms, int64_t *gone) MUST_CHECK;
