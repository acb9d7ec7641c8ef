/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at how SQLite means to run each statement that a conformance test prepares.
 * Invariant: what walks a table, or all that an organization or a zone has in it, is a row below, with its reason.
 * Source: sqlite.org/eqp.html. */
#include <dlfcn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "store/suite.h"

static const struct {
	const char *step; /* how its line begins */
	const char *why;
} walks[] = {
	{ "SCAN CONSTANT ROW", "no table" },
	{ "SCAN organization", "lists them" },
	{ "SCAN virtual_host", "all of them, for the gateway's table of hosts" },
	{ "SCAN seal_key", "the key file's, at the start" },
	{ "SCAN s", "schema steps, at the start" },
	{ "SCAN n", "schema steps, at the start" },
	{ "SEARCH environment", "lists an organization's" },
	{ "SEARCH deployment", "lists an organization's" },
	{ "SEARCH mfa_provider", "a handful" },
	{ "SEARCH p USING INDEX mfa_provider_active", "at most one is" },
	{ "SEARCH signing_key", "a handful" },
	{ "SEARCH m USING INDEX sqlite_autoindex_oauth_client_meta_1", "lists a zone's, 500 at most" },
	{ "SEARCH t USING INDEX sso_token_of_family", "before a key goes for good; a read" },
	{ "SEARCH user_role", "lists an organization's roles and who has them" },
	{ "SEARCH one_time_code USING INDEX one_time_code_of", "a user goes; codes are few and short-lived" },
};

static bool is_known(const char *step)
{
	for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
		size_t n = strlen(walks[i].step);
		if (!strncmp(step, walks[i].step, n) && (step[n] == ' ' || !step[n]))
			return true;
	}
	return false;
}

/* An expression that has an index, and is only looked at, walks as well. */
static bool is_walk(const char *step, const char *sql)
{
	return !strncmp(step, "SCAN ", 5) || strstr(step, "(zone=?)") || strstr(step, "(org=?)") ||
	       (strstr(sql, "lower(email) =") && !strstr(step, "<expr>=?"));
}

static void look(sqlite3 *h, const char *sql)
{
	char *text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3_stmt *s;
	must(sqlite3_prepare_v2(h, text, -1, &s, NULL) == SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(s, 3);
		if (!is_walk(step, sql) || is_known(step))
			continue;
		fprintf(stderr, "walks: %s\n   in: %s\n", step, sql);
		_exit(1);
	}
	sqlite3_finalize(s);
	sqlite3_free(text);
}

/* Stands before the library's own. */
int sqlite3_prepare_v3(sqlite3 *h, const char *sql, int n, unsigned flags, sqlite3_stmt **s, const char **tail)
{
	static int (*next)(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
	int rc = next(h, sql, n, flags, s, tail);
	if (rc == SQLITE_OK && strstr(sql, " WHERE "))
		look(h, sql);
	return rc;
}
