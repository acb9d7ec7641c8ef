/* SPDX-License-Identifier: Apache-2.0 */
/* Java's regular expressions as far as PCRE2 speaks them, with a bound on every match.
 * 50 groups deep at most; a match that takes more than REGEX_MATCH_LIMIT steps does not match,
 * and a search through a text ends after a tenth of a second.
 * Source: java.util.regex.Pattern; pcre2api(3). */
#pragma once

#include "base/diag.h"

enum { REGEX_MATCH_LIMIT = 200000 };
struct regex;

err regex_compile(struct arena *, str pattern, struct diag *, unsigned line,
                  struct regex **out) MUST_CHECK;
bool regex_matches(const struct regex *, str text); /* the whole text */
/* $1 and ${name} are groups, a backslash takes the next character as it is.  A search that takes
 * too long finds nothing more; a result over 16 MiB is not made: the text is returned. */
str regex_replace(struct arena *, const struct regex *, str text, str with, bool all);
