/* SPDX-License-Identifier: Apache-2.0 */
/* Grants: how a client gets a token.  One file and one row in grants.def each.
 * A grant answers an oauth_error, never prints one: the endpoint knows the shape its client expects.
 * Source: RFC 6749 §4, §5.2, §6. */
#pragma once

#include "token/token.h"

enum oauth_error_id {
	OAUTH_FINE,
#define ERROR(name, ...) OAUTH_##name,
#include "token/errors.def"
#undef ERROR
	OAUTH_N,
};

struct oauth_error {
	const char *code, *text;
	unsigned status;
};
const struct oauth_error *oauth_error(enum oauth_error_id); /* not for OAUTH_FINE */

struct grant_request {
	str organization;
	str client_id, client_secret;
	bool trusted;      /* ExternalAuthorization: the secret was checked by somebody else */
	str scope;         /* STR_NONE: all that the products allow */
	str refresh_token; /* refresh_token grant */
	bool reuse_refresh_token;
	str end_user;
	int64_t access_ms, refresh_ms;             /* lifetimes; -1: never */
	struct list attributes, hidden_attributes; /* struct attribute */
	int64_t now_ms;
};

struct grant_answer {
	struct token token;
	str access_token, refresh_token; /* the texts: seen here and by the client, never again */
	const struct client_view *client;
};

struct grant {
	const char *name; /* the value of grant_type */
	enum oauth_error_id (*issue)(struct arena *, struct token_service *,
	                             const struct grant_request *, struct grant_answer *);
};

const struct grant *grant_find(str grant_type); /* NULL: unknown */

/* What grants share. */
/* RFC 6749 §2.3: who the client is, whether it may be one now, and its secret unless trusted. */
enum oauth_error_id grant_client(struct arena *, struct token_service *,
                                 const struct grant_request *, const struct client_view **);
/* RFC 6749 §3.3: the scope of a new token, of what was asked and what the client's products allow. */
enum oauth_error_id grant_scope(struct arena *, const struct client_view *, str asked,
                                str *granted);
/* Fills the answer's token for the client, with a fresh access token text. */
void grant_token(struct arena *, struct token_service *, const struct grant_request *,
                 const struct client_view *, struct grant_answer *);
