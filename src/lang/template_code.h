/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled template: pieces of text, variables and calls; and the table of functions.
 * Immutable once compiled; a function's literal arguments are looked at then, once.
 * Source: Apigee, "Message templates", function reference. */
#pragma once

#include "lang/template.h"

struct argument {                  /* as a call is written */
	const struct flowvar *var; /* NULL: a literal */
	str name;
	str text; /* the literal, or the default, or STR_NONE */
};

struct call {
	const struct template_function *fn;
	struct argument *args;
	size_t n;
	const void *prepared; /* what .prepare made of the literal arguments, or NULL */
};

struct input {    /* as a function gets it */
	str text; /* "" for what is unresolved */
	bool given;
};

typedef str (*template_run)(struct arena *, const struct call *, const struct input *);
typedef err (*template_prepare)(struct binder *, unsigned line, struct call *);

enum { TEMPLATE_ARGS_MAX = 13 };

struct template_function {
	const char *name;
	unsigned min, max; /* arguments; at most TEMPLATE_ARGS_MAX */
	template_run run;
	template_prepare prepare; /* optional */
	const char *word;         /* a digest's name */
	bool lenient;             /* an unresolved argument is not reported */
};

const struct template_function *template_function_named(str name); /* NULL if there is none */

/* The functions that need a room of their own. */
str template_time(struct arena *, const struct call *, const struct input *);
err template_time_prepare(struct binder *, unsigned line, struct call *);
str template_jsonpath(struct arena *, const struct call *, const struct input *);
err template_jsonpath_prepare(struct binder *, unsigned line, struct call *);
str template_xpath(struct arena *, const struct call *, const struct input *);
str template_xeger(struct arena *, const struct call *, const struct input *);
err template_xeger_prepare(struct binder *, unsigned line, struct call *);
