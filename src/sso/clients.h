/* SPDX-License-Identifier: Apache-2.0 */
/* Clients as the API takes and shows them, for the resource and for batches of them.
 * A secret is taken and never shown.
 * Source: oauth2-service reference, 3.8. */
#pragma once

#include "sso/call.h"

struct client_asked {
	struct oauth_client client;
	str secret; /* absent: not given */
};
/* Reads one; the tree is changed by it.  The answer when it is none. */
struct message *client_read(struct sso_call *, json_t *, struct client_asked *);
/* As a tree of its own, which its reader ends. */
json_t *client_tree(struct sso_call *, const struct oauth_client *);
struct message *client_trouble(struct sso_call *, err, str id);

struct secret_asked {
	str old_secret, secret, mode, client_id;
	enum secret_change how; /* of mode */
};
/* Reads one; nothing is changed.  The answer when it is none. */
struct message *client_secret_read(struct sso_call *, json_t *, struct secret_asked *);
/* The answer of a change that did not fit the secrets which are there, and others. */
struct message *client_secret_trouble(struct sso_call *, err, enum secret_change, str id);

/* What a client's name or secret opened is over when it returns. */
err client_tokens_end(struct sso_call *, const str *ids, size_t n) MUST_CHECK;
