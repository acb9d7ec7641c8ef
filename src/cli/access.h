/* SPDX-License-Identifier: Apache-2.0 */
/* A token of the OAuth2 service for a person at a terminal: what get_token prints and acurl sends.
 * Nothing here writes to stdout; passwords, codes and tokens go to no message.
 * Source: Apigee, "Using get_token"; oauth2-service reference, section 5. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

#define ACCESS_VERSION "2.3.0" /* what a server's cliVersion is compared with */

enum access_code { /* the exit status */
	           ACCESS_DONE = 0,
	           ACCESS_HELP = 1,
	           ACCESS_CLEARED = 2,
	           ACCESS_PRINTED = 3,
	           ACCESS_NO_URL = 11,
	           ACCESS_MISSING = 12,
	           ACCESS_CHARACTERS = 13,
	           ACCESS_OTHER_USER = 14,
	           ACCESS_NO_SERVER = 21,
	           ACCESS_REFUSED = 22,
	           ACCESS_NO_CACHE = 31,
	           ACCESS_NO_WRITE = 32,
};

struct access {
	struct arena *arena;
	const char *program; /* leads each message */
	/* options */
	str user, mfa; /* STR_NONE: not given */
	struct secret *password, *passcode;
	bool mfa_answered, passcode_flow, basic, insecure, verbose, valid_file;
	enum { ACCESS_GET, ACCESS_PRINT, ACCESS_CLEAR, ACCESS_CLEAR_ALL } task;
	/* environment */
	str url, client_auth, home, test;
	/* found */
	str folder; /* of this server, below ~/.sso-cli */
	str token;  /* the answer */
};

void access_environment(struct access *);
/* Takes the option at argv[0] and its value: how many arguments that were; 0: not one of these. */
int access_option(struct access *, int argc, char **argv);
/* Does the task: finds, refreshes or asks for a token.  The path of ACCESS_PRINTED is `folder`. */
enum access_code access_run(struct access *);

/* A line on stderr: always; in red where that is a terminal; with -v. */
void access_say(const struct access *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void access_warn(const struct access *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void access_note(const struct access *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
