/* SPDX-License-Identifier: Apache-2.0 */
/* The names of model/xml_names.h.
 * Only English plurals that the tables have: proxies, policies, aliases, and those in s.
 * Source: model/xml_names.h. */
#include "model/xml_names.h"

#include "base/arena.h"

str xml_element(struct arena *a, str key)
{
	return str_fmt(a, "%.*s%.*s", STR(str_upper(a, str_sub(key, 0, 1))),
	               STR(str_sub(key, 1, STR_NPOS)));
}

bool xml_is_plural(str key) { return key.n > 1 && str_ends(key, S("s")); }

str xml_singular(struct arena *a, str element)
{
	if (str_ends(element, S("ies")))
		return str_fmt(a, "%.*sy", STR(str_sub(element, 0, element.n - 3)));
	return str_sub(element, 0, element.n - (str_ends(element, S("ases")) ? 2 : 1));
}

bool xml_is_attribute(const struct field *fields, const struct field *f)
{
	if (f->type != T_STR || !str_eq(str_from_z(f->path), S("name")))
		return false;
	for (const struct field *other = fields; other->type; other++)
		if (str_eq(str_from_z(other->path), S("value")))
			return false;
	return true;
}
