/* SPDX-License-Identifier: Apache-2.0 */
/* Flow variables for tests of the small languages: a table of names and values, and no flow.
 * A name that is not in the table is null.
 * Source: lang/vars.h. */
#pragma once

#include <stddef.h>

#include "lang/vars.h"

struct flowvar {
	str name;
	struct value value;
};

struct test_vars {
	const struct flowvar *v;
	size_t n;
};

struct test_binder {
	struct binder binder;
	struct test_vars vars;
};

static inline struct flowvar *test_bind(struct binder *b, str name)
{
	const struct test_binder *t = (const struct test_binder *)b;
	struct flowvar *out = arena_new(b->arena, struct flowvar);
	out->name = name;
	for (size_t i = 0; i < t->vars.n; i++)
		if (str_eq(t->vars.v[i].name, name))
			out->value = t->vars.v[i].value;
	return out;
}

static inline struct value test_get(struct scope *s, const struct flowvar *v)
{
	(void)s;
	return v->value;
}

static inline struct test_binder test_binder(struct arena *a, struct diag *d, struct test_vars vars)
{
	return (struct test_binder){ { .arena = a, .bind = test_bind, .diag = d }, vars };
}

#define TEXT(n, t) { S_INIT(n), { .kind = VALUE_STRING, .s = S_INIT(t) } }
#define INT(n, k) { S_INIT(n), { .kind = VALUE_INT, .i = (k) } }
#define REAL(n, k) { S_INIT(n), { .kind = VALUE_DOUBLE, .d = (k) } }
#define BOOL(n, k) { S_INIT(n), { .kind = VALUE_BOOL, .i = (k) } }
