/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of the Edge OAuth2 service, with up to two secrets each while one is being replaced.
 * A secret is kept as a MAC under a key of the key file: it may be short, and is never shown again.
 * Source: oauth2-service reference, "Clients", "Client secret rotation". */
#pragma once

#include "model/oauth_client.h"
#include "store/store.h"

struct client_key {
	str zone, id;
};

/* secret: STR_NONE for a client without one.  ERR_CONFLICT: it exists. */
err oauth_client_create(struct store *, const struct client_key *, const struct oauth_client *,
                        str secret) MUST_CHECK;
err oauth_client_get(struct arena *, struct store *, const struct client_key *,
                     struct oauth_client **out) MUST_CHECK;
err oauth_client_list(struct arena *, struct store *, str zone, const struct page *,
                      struct list *out) MUST_CHECK;
err oauth_client_change(struct arena *, struct store *, const struct client_key *, struct edit *,
                        struct oauth_client **out) MUST_CHECK;
/* With its tokens, codes and approvals. */
err oauth_client_delete(struct arena *, struct store *, const struct client_key *,
                        struct oauth_client **was) MUST_CHECK;

/* SECRET_ADD: a second beside the first, ERR_CONFLICT if there are two.  SECRET_DELETE: the older of two
 * goes, ERR_CONFLICT if there is one.  SECRET_UPDATE: this one alone.  A salt is drawn each time. */
enum secret_change { SECRET_UPDATE, SECRET_ADD, SECRET_DELETE };
err oauth_client_secret(struct store *, const struct client_key *, enum secret_change,
                        str secret) MUST_CHECK;

/* Several of these in one change: all of them or none. */
struct client_step {
	enum { CLIENT_CREATE, CLIENT_REPLACE, CLIENT_DELETE, CLIENT_SECRET } what;
	struct client_key key;
	const struct oauth_client *to; /* of CREATE, REPLACE */
	enum secret_change how;        /* of SECRET */
	str secret;                    /* of CREATE, SECRET */
	struct oauth_client *client;   /* out: as it is, or was */
};
/* What one of them answers; *failed is which. */
err oauth_clients_run(struct arena *, struct store *, struct client_step *, size_t n,
                      size_t *failed) MUST_CHECK;

struct client_credentials_view { /* what a client is recognised by */
	const struct oauth_client *client;
	bool has_secret, secret_fits; /* presented "" fits a client without a secret: never */
	bool proves;                  /* it can say who it is: by a secret, or by keys of its own */
	str token_salt;               /* changes with the secret */
};
/* The client with the verdict on what was presented.  ERR_NOT_FOUND costs the same as a wrong secret. */
err oauth_client_check(struct arena *, struct store *, const struct client_key *, str presented,
                       struct client_credentials_view *out) MUST_CHECK;
