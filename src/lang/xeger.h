/* SPDX-License-Identifier: Apache-2.0 */
/* A random text that a regular expression matches.
 * Bounded in steps, depth and length whatever the expression is.
 * Source: Apigee, "Message templates", xeger(); the dialect is java.util.regex's core. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum { XEGER_MAX = 4096 }; /* bytes made */

/* Literals, classes, \d \w \s and their opposites, ".", groups, "|", and quantifiers; "*" and "+"
 * repeat at most ten times more than they must.  ERR_SYNTAX, ERR_LIMIT. */
err xeger(struct arena *, str pattern, str *out) MUST_CHECK;
