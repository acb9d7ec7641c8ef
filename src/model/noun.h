/* SPDX-License-Identifier: Apache-2.0 */
/* The nouns: plain structs, each with one field table that JSON, XML and documentation read.
 * A zeroed struct is valid; strings belong to whoever filled the struct, usually one arena.
 * Source: Apigee management API; the order of rows is the order of keys that Apigee writes. */
#pragma once

#include "base/field.h"

/* A struct as the management API shows it. */
struct noun {
	const char *element; /* XML root, "App"; also names it in messages            */
	const char *items;   /* JSON key of an expanded list, "app" in {"app":[...]}; */
			     /* the XML list is its element with an s: "Apps"         */
	size_t size;
	const struct field *fields;
};

/* What a field type is in JSON (model/json.h) and what reads back into it:
 *   T_STR     string; STR_NONE is left out unless .dflt stands in; with .min/.max set it is a decimal
 *             number kept as text ("port" : "443"), taken as string or number
 *   T_ENUM    string; {"false","true"} also take a JSON boolean
 *   T_INT T_UINT T_MS   number (a whole one; taken as a string of digits too)
 *   T_STRS    array of strings;  T_LIST  array of objects, or of what .sub says
 *   T_GROUP   object; T_GROUPP object, left out when NULL; T_IGNORED taken, never kept
 * A path with a slash nests: "properties/property" is {"properties":{"property":[...]}}. */

struct attribute { /* custom attribute or property */
	str name, value;
};
extern const struct field attribute_fields[];
str attribute_get(const struct list *attributes, str name); /* STR_NONE if absent */
/* Replaces or adds, in a new array: the old one may be shared. */
void attribute_set(struct arena *, struct list *attributes, str name, str value);
bool attribute_remove(struct arena *, struct list *attributes, str name,
                      str *was); /* false: absent */

bool strs_have(const struct strs *, str);
/* In a new array each time: for a few, never for as many as somebody sends. */
void strs_add(struct arena *, struct strs *, str);
str strs_shown(struct arena *, const struct strs *); /* "[a, b]", as Apigee writes lists in texts */

#define LIST_EACH(type, it, list) \
	for (type *it = (list)->v; it && it < (type *)(list)->v + (list)->n; it++)

enum approval {
	APPROVED,
	PENDING,
	REVOKED
}; /* of apps, credentials, products on credentials, tokens */
extern const char *const approval_names[]; /* "approved", "pending", "revoked" */
