/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in: bounds are checked on the text first, then jansson reads it.
 * No text that is deeper or larger than the bounds reaches jansson's recursive parser, and none with a NUL,
 * which it takes for the end.
 * Source: RFC 8259; jansson 2.14. */
#include "codec/json.h"

#include <jansson.h>

/* Counts what would become a tree: levels of brackets, and values by their separators. */
static err measure(str text, struct diag *diag)
{
	unsigned depth = 0, values = 0, line = 1;
	bool quoted = false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\n')
			line++;
		if (!c)
			return diag_add(diag, ERR_SYNTAX, line, "JSON holds a NUL");
		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
			continue;
		}
		if (c == '"')
			quoted = true;
		else if ((c == '{' || c == '[') && ++depth > JSON_DEPTH_MAX)
			return diag_add(diag, ERR_LIMIT, line,
			                "JSON is nested deeper than %d levels", JSON_DEPTH_MAX);
		else if ((c == '}' || c == ']') && depth)
			depth--;
		if ((c == ',' || c == '{' || c == '[') && ++values > JSON_VALUES_MAX)
			return diag_add(diag, ERR_LIMIT, line, "JSON holds more than %d values",
			                JSON_VALUES_MAX);
	}
	return DONE;
}

static void release(void *root) { json_decref(root); }

err json_read(struct arena *a, str text, struct diag *diag, json_t **out)
{
	json_error_t e;
	TRY(measure(text, diag));
	json_t *root = json_loadb(text.n ? text.p : "", text.n,
	                          JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (!root) {
		unsigned line = e.line > 0 ? (unsigned)e.line : 1;
		return diag_add(diag, ERR_SYNTAX, line, "JSON, column %d: %s",
		                e.column > 0 ? e.column : 1, e.text);
	}
	arena_defer(a, release, root);
	*out = root;
	return DONE;
}

str json_text(const json_t *v)
{
	return json_is_string(v) ? str_from(json_string_value(v), json_string_length(v)) : STR_NONE;
}

str json_member_str(const json_t *object, const char *key)
{
	return json_text(json_object_get(object, key));
}
