/* SPDX-License-Identifier: Apache-2.0 */
/* A query string or form body, edited as text: what is not named keeps its bytes and its place.
 * Values come in plain and are percent-encoded; names compare decoded.  "" when nothing is left.
 * Source: WHATWG URL §5; Apigee, "AssignMessage policy". */
#pragma once

#include "base/arena.h"

str params_set(struct arena *, str raw, str name,
               str value); /* at the place of the first of the name */
str params_add(struct arena *, str raw, str name, str value);
str params_remove(struct arena *, str raw, str name,
                  unsigned nth); /* nth from 1; 0: all of the name */
/* The pairs of that name in `from`, set in `raw`. */
str params_copy(struct arena *, str raw, str from, str name, unsigned nth);
