/* SPDX-License-Identifier: Apache-2.0 */
/* The Edge OAuth2 service: trades the credentials of a person or a machine for JWTs, as the service at
 * login.apigee.com did.
 * Its address is configuration: no answer, token or page is made from a Host header.
 * Source: the service's documents; oauth2-service reference. */
#pragma once

#include "http/server.h"
#include "identity/identity.h"
#include "identity/password_policy.h"
#include "token/bearer.h"

struct sso_settings {
	str url;  /* how clients reach it, without a slash at the end: "http://localhost:9099" */
	str zone; /* the zone that this host name stands for; tokens say it as zid */
	int64_t access_validity_s, refresh_validity_s; /* of clients that say nothing */
	struct password_policy password;               /* of new passwords */
	str logout_whitelist; /* addresses that /logout.do may lead to, separated by commas */
	bool rotate_refresh;  /* a refresh token is good once; public clients' always are */
};

struct cli_bundle;

struct sso {
	struct sso_settings settings;
	struct store *store;
	struct identity *identity;
	struct bearer_service bearers;
	struct cli_bundle *cli_bundle; /* sso/cli_bundle.h */
	const struct routes *routes;   /* sso_routes() */
};

/* What routes.def says, compiled. */
const struct routes *sso_routes(struct arena *);
/* Runs one call of the listener; arg of the http_call is the struct sso. */
void sso_serve(struct http_call *);
str sso_error_body(struct arena *, unsigned status, const char *what, str *content_type);
