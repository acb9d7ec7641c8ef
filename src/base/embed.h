/* SPDX-License-Identifier: Apache-2.0 */
/* Files that the build puts into the program: embed(ROOM NAME FOLDER) in CMakeLists.txt makes
 * embedded_NAME, every file below FOLDER by its path there, in byte order; the last row is empty.
 * Source: house. */
#pragma once

#include "base/str.h"

struct embedded {
	const char *name; /* "0001_start.sql", "oauth/apiproxy/oauth.xml"; NULL ends the table */
	const char *begin, *end;
};

static inline str embedded_str(const struct embedded *e)
{
	return str_from(e->begin, (size_t)(e->end - e->begin));
}

extern const struct embedded embedded_schema[];  /* store/: src/store/schema */
extern const struct embedded embedded_bundles[]; /* main/: bundles           */
extern const struct embedded embedded_walk[];    /* main/: docs/walk         */
extern const struct embedded embedded_pages[];   /* sso/: src/sso/pages       */
extern const struct embedded embedded_sso_cli[]; /* sso/: packaging/sso-cli   */
