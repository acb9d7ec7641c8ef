/* SPDX-License-Identifier: Apache-2.0 */
/* Paths with wildcards: MatchesPath, Matches, API resources of products.
 * Matching takes time linear in the path times the pattern at worst, never exponential.
 * Source: Apigee, "Pattern matching in conditions"; product resources as Apigee's verifiers do. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum path_style {
	/* x ~/ pattern: '*' one element (or a part of one), '**' anything, {name} one element, '%'
	 * takes the next character as it is.  "/x" does not match "/x/", "/x/" followed by '**' needs the slash, and
	 * "/" also matches the empty suffix. */
	PATH_ELEMENTS,
	/* x ~ pattern: '*' any characters, '%' takes the next as it is. */
	PATH_GLOB,
	/* A product's resource: a lone "/" is everything, '*' within one segment, '**' at the end the rest. */
	PATH_RESOURCE,
};

enum { PATH_PATTERN_MAX = 1024 };
struct path_pattern;

/* ERR_LIMIT over PATH_PATTERN_MAX bytes; there are no ill-formed patterns. */
err path_pattern_compile(struct arena *, enum path_style, str pattern,
                         struct path_pattern **out) MUST_CHECK;
bool path_pattern_matches(const struct path_pattern *, str path); /* case-sensitive */

/* For patterns that are met once; an overlong one matches nothing. */
bool path_matches(str pattern, str path);
bool glob_matches(str pattern, str text);
bool resource_matches(str pattern, str path);
