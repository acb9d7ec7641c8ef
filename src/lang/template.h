/* SPDX-License-Identifier: Apache-2.0 */
/* Message templates: text with {variables}, {variable:default} and {functions(...)}.
 * Braces that hold no name (JSON, CSS) stay text.
 * Source: Apigee, "Message templates". */
#pragma once

#include "lang/vars.h"

struct template;

/* prefix and suffix are the delimiters, '{' and '}' unless a payload names others. */
err template_compile(struct binder *, str text, char prefix, char suffix, unsigned line,
                     struct template **out) MUST_CHECK;

/* unresolved (may be NULL) receives the first name that had no value and no default. */
str template_render(const struct template *, struct scope *, str *unresolved);
bool template_is_literal(const struct template *, str *text); /* no variable in it */
