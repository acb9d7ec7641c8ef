/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that access_run() is made of: cache, wire, terminal, and reading by pattern.
 * The cache's names and the patterns are those of the shell tools, because people share caches with them.
 * Source: oauth2-service reference, 5.4 and 5.5. */
#pragma once

#include "base/vec.h"
#include "cli/access.h"

/* ---- access_read.c: by pattern, as the shell tools read ---- */
/* The text of "key":"text" and the number of "key":123, without a space at the colon; the first. */
str access_text(str json, str key); /* STR_NONE: not there */
bool access_number(str json, str key, int64_t *out);
/* The payload of a JWT, unverified: the server that gave it is who is asked.  STR_NONE: it is none. */
str access_claims(struct arena *, str token);
/* The prompts of a whole answer of GET /login.  STR_NONE: it does not begin with HTTP/1.1 200, or has none. */
str access_prompts(str answer);
bool access_is_fine(str answer); /* begins with HTTP/1.1 200 */

/* ---- access_cache.c ---- */
struct names {
	VEC(str) all;
};
err access_folder_open(struct access *) MUST_CHECK; /* makes it; says why not */
str access_cached(struct access *,
                  const char *name); /* "server.login"; STR_NONE: not there, empty */
err access_keep(struct access *, str name, str bytes) MUST_CHECK;
str access_token_name(struct arena *, str user);    /* of its file */
struct names access_users(struct access *);         /* who has a token file */
void access_clear(struct access *, str folder);     /* empties it, a line a file on stderr */
str access_root(struct access *);                   /* ~/.sso-cli */
err access_valid_write(struct access *) MUST_CHECK; /* ~/.sso-cli/valid_token.dat */

/* ---- access_wire.c ---- */
struct access_answer {
	unsigned status; /* 0: there was none, and why is said */
	str whole, body; /* with the head; without */
	const char *why;
};
str access_form(struct access *, const char *key, str value); /* key=value, encoded */
/* form: STR_NONE for GET.  At most 1 MiB and 30 seconds; redirects are not followed. */
struct access_answer access_call(struct access *, str path, str form);

/* ---- access_ask.c ---- */
enum { ASK_S = 30, ASK_PASSCODE_S = 90 };
/* A line of standard input; "" when none came in time, or it is empty.  hidden: without echo. */
str access_ask(struct access *, const char *prompt, int seconds, bool hidden);
