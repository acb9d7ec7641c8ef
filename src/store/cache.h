/* SPDX-License-Identifier: Apache-2.0 */
/* The hot reads in memory: a token with its client, a client with its products.
 * Views are immutable, shared by all threads and held for the arena's life; nothing negative is remembered,
 * and no read that began before a change is kept after it.
 * Source: house ("store/cache.c in front of the hot reads"). */
#pragma once

#include "model/api_product.h"
#include "model/app.h"
#include "model/developer.h"
#include "model/oauth_client.h"
#include "model/token.h"
#include "store/store.h"

/* A consumer key with all that decides about it. */
struct client_view {
	const struct app *app;
	const struct credential
		*credential; /* of that key; its secret in clear: compare by str_eq_secret() */
	const struct developer *developer;
	const struct api_product *const
		*products; /* of credential->api_products, at the same index */
	size_t n_products; /* status is in the credential's list */
};

struct token_view {
	const struct token *token;
	const struct client_view *client; /* NULL: the key or its app is gone */
};

/* ERR_NOT_FOUND; ERR_STORE when the database has been away for longer than max_stale_s. */
err client_view(struct arena *, struct store *, str org, str key,
                const struct client_view **out) MUST_CHECK;
err token_view(struct arena *, struct store *, str org, const struct token_key *,
               const struct token_view **out) MUST_CHECK;
/* The same, of a token that is in memory; ERR_NOT_FOUND says nothing of others. */
err token_view_at_hand(struct arena *, struct store *, str org, const struct token_key *,
                       const struct token_view **out) MUST_CHECK;

/* A client of the OAuth2 service, with what its secrets are compared with. */
struct oauth_client_view {
	const struct oauth_client *client;
	str macs[2]; /* absent: no such secret */
	str token_salt;
};
/* The one in memory, ERR_NOT_FOUND if it is not there. */
err oauth_client_at_hand(struct arena *, struct store *, str zone, str id,
                         const struct oauth_client_view **out) MUST_CHECK;
/* Read from the database, and remembered. */
err oauth_client_read(struct arena *, struct store *, str zone, str id,
                      const struct oauth_client_view **out) MUST_CHECK;
