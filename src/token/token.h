/* SPDX-License-Identifier: Apache-2.0 */
/* Opaque tokens: their text, and what a presented one is worth.
 * A text is 28 characters: 3 tell the hour of expiry, 21 are random (125 bits), 4 are a check that we
 * made it, so that garbage costs no look-up.
 * Source: house ("token keys"); Apigee's samples for the length. */
#pragma once

#include "store/cache.h"
#include "store/tokens.h"

enum { TOKEN_LENGTH = 28 };

struct token_service;

struct token_settings {
	int64_t access_ms, refresh_ms; /* when a policy names no lifetime; -1: never */
};

struct token_service *token_service_create(struct store *, const struct token_settings *);
void token_service_destroy(struct token_service **);
struct store *token_store(const struct token_service *);
struct token_settings token_settings(const struct token_service *);
void token_settings_set(struct token_service *,
                        const struct token_settings *); /* from any thread */

/* A new text for a token that expires then (-1: never), and the key it is stored under. */
str token_mint(struct arena *, const struct token_service *, int64_t expires_at_ms,
               struct token_key *);
/* The key that a text of ours is stored under; false: we never made this text. */
bool token_key_read(const struct token_service *, str text, struct token_key *);

enum token_worth {
	TOKEN_GOOD,
	TOKEN_UNKNOWN,
	TOKEN_EXPIRED,
	TOKEN_REVOKED,
	TOKEN_CLIENT_GONE, /* its key or app was deleted */
	TOKEN_KEY_REVOKED,
	TOKEN_APP_REVOKED,
	TOKEN_DEVELOPER_INACTIVE,
	TOKEN_STORE_AWAY, /* nobody can tell now */
};

/* What a presented text is worth in the organization at now_ms.  *view is set unless UNKNOWN or AWAY. */
enum token_worth token_verify(struct arena *, struct token_service *, str org, str text,
                              int64_t now_ms, const struct token_view **view);
