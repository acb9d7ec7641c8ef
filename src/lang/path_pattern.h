/* SPDX-License-Identifier: Apache-2.0 */
/* Paths with wildcards: MatchesPath, Matches, API resources of products, base paths.
 * Matching takes time linear in the path times the number of wildcards, never exponential.
 * Source: Apigee, "Conditions with path expressions"; product resources as Apigee's verifiers do. */
#pragma once

#include "base/arena.h"

/* x ~/ pattern: '*' one element, '**' any number, {name} one element, '%' escapes. */
bool path_matches(str pattern, str path);
/* x ~ pattern: '*' any characters. '%*' a star.  Case-sensitive. */
bool glob_matches(str pattern, str text);
/* A product's resource: a lone "/" is everything, '*' within one segment, '**' at the end the rest. */
bool resource_matches(str pattern, str path);
