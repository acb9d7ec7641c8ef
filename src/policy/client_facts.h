/* SPDX-License-Identifier: Apache-2.0 */
/* What a verified key or token tells about its app, developer and product: as flow variables computed
 * when asked, and the check which product of the client opens the call.
 * The view behind it is immutable and lives as long as the exchange.
 * Source: Apigee, VerifyAPIKey and OAuthV2 flow variables; product matching as Apigee's verifiers do. */
#pragma once

#include "flow/exchange.h"
#include "store/cache.h"

struct client_facts {
	str prefix; /* "verifyapikey.{policy}." or "" */
	const struct client_view *client;
	const struct api_product *product; /* the one that opened the call */
	const struct token *token;         /* NULL for a key */
	str access_token;                  /* as presented */
	int64_t now_ms;
};

/* Makes them readable: under facts->prefix, which every name begins with. */
void client_facts_provide(struct exchange *, const struct client_facts *);
/* Makes the four that statistics count by readable without a prefix. */
void client_facts_dimensions(struct exchange *, const struct client_facts *);

enum product_match { PRODUCT_FOUND, PRODUCT_NONE, PRODUCT_NOT_THIS_PATH };
/* among: names that count (a token's), NULL: all of the key.  A product counts while it is approved for
 * the key; empty proxies, environments or resources mean all. */
enum product_match product_match(struct exchange *, const struct client_view *,
                                 const struct strs *among, const struct api_product **out);
