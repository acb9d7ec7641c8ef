/* SPDX-License-Identifier: Apache-2.0 */
/* An app with its credentials (consumer key, secret, products).
 * A consumer key is unique in its organization; an app's name under its developer.
 * Source: Apigee management API, apps, app keys; the profile in "default OAuth configuration". */
#pragma once

#include "model/noun.h"

struct product_status {
	str apiproduct;
	int status; /* enum approval */
};

struct credential {
	struct list api_products; /* struct product_status */
	struct list attributes;
	str consumer_key, consumer_secret;
	int64_t expires_at_ms; /* -1: never */
	int64_t issued_at_ms;
	struct strs scopes;
	int status; /* enum approval */
};

struct app {
	str access_type; /* "" or "read" */
	struct strs
		api_products; /* "apiProducts": always empty in what is written; what a create names */
	str app_family;       /* "default" */
	str app_id;
	struct list attributes;
	str callback_url;
	int64_t created_at_ms;
	str created_by;
	struct list credentials; /* struct credential */
	str developer_id;
	int64_t last_modified_at_ms;
	str last_modified_by, name;
	struct strs scopes;
	int status;                /* enum approval */
	int64_t key_expires_in_ms; /* "keyExpiresIn", taken only: life of a new key; -1 or 0: never */
};

/* The credential with that key, or NULL. */
struct credential *app_credential(const struct app *, str key);

/* Of a key that is made now: -1, never. */
int64_t app_key_expires_at_ms(const struct app *, int64_t now_ms);

/* credential_noun reads the bodies of keys/create and keys/K ({"apiProducts":["P"]} gives approved
 * items); credential_noun also writes one as app_noun nests it. */
extern const struct noun app_noun, credential_noun;
