/* SPDX-License-Identifier: Apache-2.0 */
/* How the small languages reach flow variables without knowing what a flow is.
 * A name is bound once, when a bundle is compiled, and read many times.
 * Source: Apigee, "Flow variables reference". */
#pragma once

#include "base/diag.h"

enum value_kind { VALUE_NULL, VALUE_STRING, VALUE_INT, VALUE_DOUBLE, VALUE_BOOL };

struct value {
	enum value_kind kind;
	str s;     /* VALUE_STRING */
	int64_t i; /* VALUE_INT, VALUE_BOOL */
	double d;  /* VALUE_DOUBLE */
};

#define VALUE_STR(t) ((struct value){ .kind = VALUE_STRING, .s = (t) })
#define VALUE_OF_INT(n) ((struct value){ .kind = VALUE_INT, .i = (n) })
#define VALUE_OF_BOOL(b) ((struct value){ .kind = VALUE_BOOL, .i = (b) })

enum { VALUE_ROOM = 40 };
str value_write(struct value, char room[VALUE_ROOM]); /* the same, without an arena */
str value_text(struct arena *, struct value);         /* as a template prints it; null is "" */

struct flowvar; /* a bound name; flow/vars.h knows what is inside */

/* What a compiler of expressions is handed. */
struct binder {
	struct arena *arena; /* what is compiled lives here */
	struct flowvar *(*bind)(struct binder *, str name);
	struct diag *diag;
	/* What it finds in its environment, NULL: nothing is looked up; and the proxy that it becomes, NULL:
	 * none, all of it is only checked. */
	const struct surroundings *around;
	struct proxy *proxy;
};
struct surroundings; /* model/surroundings.h */
struct proxy;        /* flow/proxy.h */

/* What an evaluation is handed. */
struct scope {
	struct arena *arena;
	struct value (*get)(struct scope *, const struct flowvar *);
};
