/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes and name lists: what every noun has.
 * A change makes a new array, since the old one may be shared with a cache.
 * Source: Apigee management API, attributes. */
#include "model/noun.h"

#include <string.h>

#include "base/arena.h"

const char *const approval_names[] = { "approved", "pending", "revoked", NULL };

const struct field attribute_fields[] = {
	FIELD(attribute, name, "name", T_STR, .required = true),
	FIELD(attribute, value, "value", T_STR, .dflt = ""),
	FIELDS_END,
};

str attribute_get(const struct list *attributes, str name)
{
	LIST_EACH(const struct attribute, at, attributes)
		if (str_eq(at->name, name))
			return at->value;
	return STR_NONE;
}

void attribute_set(struct arena *a, struct list *attributes, str name, str value)
{
	struct attribute *v = arena_array(a, struct attribute, attributes->n + 1);
	size_t n = 0;
	bool found = false;
	LIST_EACH(const struct attribute, at, attributes) {
		bool it = str_eq(at->name, name);
		found |= it;
		v[n++] = it ? (struct attribute){ name, value } : *at;
	}
	if (!found)
		v[n++] = (struct attribute){ name, value };
	*attributes = (struct list){ v, n };
}

bool attribute_remove(struct arena *a, struct list *attributes, str name, str *was)
{
	struct attribute *v = arena_array(a, struct attribute, attributes->n + 1);
	size_t n = 0;
	LIST_EACH(const struct attribute, at, attributes) {
		if (str_eq(at->name, name))
			*was = at->value;
		else
			v[n++] = *at;
	}
	bool removed = n < attributes->n;
	*attributes = (struct list){ v, n };
	return removed;
}

bool strs_have(const struct strs *s, str wanted)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->v[i], wanted))
			return true;
	return false;
}

void strs_add(struct arena *a, struct strs *s, str more)
{
	str *v = arena_array(a, str, s->n + 1);
	if (s->n)
		memcpy(v, s->v, s->n * sizeof *v);
	v[s->n] = more;
	*s = (struct strs){ v, s->n + 1 };
}

str strs_shown(struct arena *a, const struct strs *list)
{
	struct buf b = buf_in(a);
	buf_char(&b, '[');
	for (size_t i = 0; i < list->n; i++)
		buf_fmt(&b, "%s%.*s", i ? ", " : "", STR(list->v[i]));
	buf_char(&b, ']');
	return buf_str(&b);
}
