/* SPDX-License-Identifier: Apache-2.0 */
/* JSONPath as Apigee's policies and the jsonPath() function use it.
 * Evaluation visits at most JSONPATH_VISITS_MAX nodes, filters included.
 * Source: Goessner's JSONPath; RFC 9535 where it agrees; Jayway's filters (=~ /regex/i). */
#pragma once

#include "codec/json.h"

struct jsonpath;
enum { JSONPATH_VISITS_MAX = 100000 };

/* "$.a" or "a".  Functions (length()) and scripts ([(@.length-1)]) are refused: Apigee's are. */
err jsonpath_compile(struct arena *, str text, struct diag *, unsigned line,
                     struct jsonpath **out) MUST_CHECK;
/* It names one place: no wildcard, slice, filter, union or "..". */
bool jsonpath_is_definite(const struct jsonpath *);

/* The nodes found, in document order; borrowed from the tree. */
struct jsonpath_found {
	json_t **v;
	size_t n, cap;
};
err jsonpath_find(struct arena *, const struct jsonpath *, json_t *root,
                  struct jsonpath_found *out) MUST_CHECK;
