/* SPDX-License-Identifier: Apache-2.0 */
/* Apigee's condition language, compiled once.
 * Precedence is Apigee's: not, comparison, or, and; a null side follows Apigee's table.
 * Source: Apigee, "Conditions reference" and "Conditional flows". */
#pragma once

#include "lang/vars.h"

struct condition;

/* A finding names the column.  At most 100 nested parentheses and 64 KiB. */
err condition_compile(struct binder *, str text, unsigned line, struct condition **out) MUST_CHECK;
bool condition_true(const struct condition *, struct scope *);
str condition_text(const struct condition *);
