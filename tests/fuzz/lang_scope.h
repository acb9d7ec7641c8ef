/* SPDX-License-Identifier: Apache-2.0 */
/* Flow variables for fuzz targets: the first letter of a name says what kind of value it has.
 * Every kind comes from some name of one letter, so that short inputs reach all comparisons.
 * Source: lang/vars.h. */
#pragma once

#include <string.h>

#include "lang/vars.h"

struct flowvar {
	struct value value;
};

static struct flowvar *fuzz_bind(struct binder *b, str name)
{
	struct flowvar *v = arena_new(b->arena, struct flowvar);
	switch (name.p[0] & 7) {
	case 1:
		v->value = VALUE_STR(name);
		break;
	case 2:
		v->value = VALUE_OF_INT((int64_t)name.n - 2);
		break;
	case 3:
		v->value = (struct value){ .kind = VALUE_DOUBLE, .d = (double)name.n / 2 };
		break;
	case 4:
		v->value = VALUE_OF_BOOL(name.n & 1);
		break;
	case 5:
		v->value = VALUE_STR(S("{\"a\":[1,{\"b\":\"c\"}],\"d\":null}"));
		break;
	case 6:
		v->value = VALUE_STR(S("<a x='1'><b>t</b><b/></a>"));
		break;
	case 7:
		v->value = VALUE_STR(S("/a/b.c/\xc3\xa4/d"));
		break;
	default: /* null */
		break;
	}
	return v;
}

static struct value fuzz_get(struct scope *s, const struct flowvar *v)
{
	(void)s;
	return v->value;
}
