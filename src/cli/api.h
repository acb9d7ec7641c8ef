/* SPDX-License-Identifier: Apache-2.0 */
/* The command line's way to the management API: one call, its answer, and what went wrong in words.
 * The password comes from the environment or a file, never from an argument that others can list.
 * Source: Apigee Edge management API. */
#pragma once

#include "cli/verb.h"
#include "http/message.h"

/* Options that every verb which calls the API shares. */
struct api_options {
	str url, organization, user, password_file;
};
#define API_OPTIONS(strct)                                                          \
	FIELD(strct, api.url, "url", T_STR, .dflt = "http://127.0.0.1:8080",        \
	      .doc = "URL\tThe management API (http://127.0.0.1:8080)"),            \
		FIELD(strct, api.organization, "org", T_STR, .dflt = "acme",        \
	              .doc = "NAME\tThe organization (acme)"),                      \
		FIELD(strct, api.user, "user", T_STR,                               \
	              .doc = "EMAIL\tWho you are; default: $GATEHOUSE_ADMIN_USER"), \
		FIELD(strct, api.password_file, "password-file", T_STR,             \
	              .doc = "FILE\tHolds the password; default: $GATEHOUSE_ADMIN_PASSWORD")

struct api_call {
	const struct api_options *api;
	str verb, path; /* path below /v1/organizations/{org}, with query */
	str content_type, body;
	unsigned status; /* out */
	str answer;      /* out */
};

/* Runs the call to its end.  A finding says why there was no answer, or what the server refused. */
err api_run(struct arena *, struct api_call *, struct diag *) MUST_CHECK;
