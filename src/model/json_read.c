/* SPDX-License-Identifier: Apache-2.0 */
/* JSON into structs by their tables.
 * What is not in the table is refused by its name, save in our own documents; null is "not given".
 * Source: model/json.h. */
#include <jansson.h>
#include <string.h>

#include "model/reader.h"

static err read_object(struct reading *, const struct field *, const json_t *, str where,
                       void *thing);

static str below(struct reading *r, str where, const char *key)
{
	return where.n ? str_fmt(r->arena, "%.*s.%s", STR(where), key)
	               : str_dup(r->arena, str_from_z(key));
}

/* A scalar may also come as the number or boolean that its text would be. */
static err read_scalar(struct reading *r, const struct field *f, const json_t *v, str where,
                       void *at)
{
	bool digits = f->type == T_INT || f->type == T_MS || f->type == T_UINT ||
	              f->type == T_DOUBLE || (f->type == T_STR && (f->min || f->max));
	bool truth = f->type == T_BOOL || (f->type == T_ENUM && strcmp(f->names[0], "false") == 0);
	if (json_is_string(v))
		return reading_scalar(r, f, json_text(v), where, at);
	if (json_is_integer(v) && digits)
		return reading_scalar(r, f,
		                      str_fmt(r->arena, "%lld", (long long)json_integer_value(v)),
		                      where, at);
	if (json_is_real(v) && f->type == T_DOUBLE) {
		*(double *)at = json_real_value(v);
		return DONE;
	}
	if (json_is_boolean(v) && truth)
		return reading_scalar(r, f, json_is_true(v) ? S("true") : S("false"), where, at);
	return reading_fail(r, where,
	                    truth    ? "not true or false"
	                    : digits ? "not a number"
	                             : "not a string");
}

static err read_strs(struct reading *r, const json_t *v, str where, struct strs *out)
{
	if (!json_is_array(v))
		return reading_fail(r, where, "not an array");
	size_t n = json_array_size(v);
	*out = (struct strs){ arena_array(r->arena, str, n + 1), n };
	for (size_t i = 0; i < n; i++) {
		str s = json_text(json_array_get(v, i));
		if (!str_given(s))
			return reading_fail(r, str_fmt(r->arena, "%.*s[%zu]", STR(where), i),
			                    "not a string");
		out->v[i] = str_dup(r->arena, s);
	}
	return DONE;
}

static err read_list(struct reading *r, const struct field *f, const json_t *v, str where,
                     struct list *out)
{
	size_t cap = 0;
	if (!json_is_array(v))
		return reading_fail(r, where, "not an array");
	*out = (struct list){ 0 };
	for (size_t i = 0; i < json_array_size(v); i++) {
		const json_t *item = json_array_get(v, i);
		str place = str_fmt(r->arena, "%.*s[%zu]", STR(where), i);
		void *at = list_append(r->arena, out, &cap, f->sub_size);
		if (f->min && json_is_string(item)) /* a bare name stands for its first member */
			TRY(read_scalar(r, f->sub, item, place, field_at(f->sub, at)));
		else
			TRY(read_object(r, f->sub, item, place, at));
	}
	return DONE;
}

static err read_value(struct reading *r, const struct field *f, const json_t *v, str where,
                      void *thing)
{
	void *at = field_at(f, thing);
	switch (f->type) {
	case T_STRS:
		return read_strs(r, v, where, at);
	case T_LIST:
		return read_list(r, f, v, where, at);
	case T_GROUP:
		return read_object(r, f->sub, v, where, at);
	case T_GROUPP:
		*(void **)at = arena_zalloc(r->arena, f->sub_size, _Alignof(max_align_t));
		return read_object(r, f->sub, v, where, *(void **)at);
	default:
		return read_scalar(r, f, v, where, at);
	}
}

/* The row with that path; *group: rows whose path goes on below it. */
static const struct field *row(const struct field *fields, str path, bool *group)
{
	*group = false;
	for (const struct field *f = fields; f->type; f++) {
		str p = str_from_z(f->path);
		if (str_eq(p, path))
			return f;
		*group |= str_starts(p, path) && p.p[path.n] == '/';
	}
	return NULL;
}

struct object {
	const struct field *fields;
	void *thing;
	bool seen[MODEL_ROWS_MAX];
};

static err read_member(struct reading *r, struct object *o, str path, const json_t *v, str where)
{
	bool group;
	const struct field *f = row(o->fields, path, &group);
	if (!f && !group)
		return r->mode == MODEL_STORED ? DONE : reading_fail(r, where, "unknown key");
	if (json_is_null(v))
		return DONE;
	if (f) {
		must(f - o->fields < MODEL_ROWS_MAX);
		o->seen[f - o->fields] = true;
		return reading_takes(r, f) ? read_value(r, f, v, where, o->thing) : DONE;
	}
	if (!json_is_object(v))
		return reading_fail(r, where, "not an object");
	const char *key;
	json_t *inner;
	json_object_foreach((json_t *)(uintptr_t)v, key, inner) TRY(read_member(
		r, o, str_fmt(r->arena, "%.*s/%s", STR(path), key), inner, below(r, where, key)));
	return DONE;
}

static err read_object(struct reading *r, const struct field *fields, const json_t *tree, str where,
                       void *thing)
{
	struct object o = { .fields = fields, .thing = thing };
	const char *key;
	json_t *v;
	if (!json_is_object(tree))
		return reading_fail(r, where, "not an object");
	json_object_foreach((json_t *)(uintptr_t)tree, key, v)
		TRY(read_member(r, &o, str_from_z(key), v, below(r, where, key)));
	return reading_finish(r, fields, o.seen, where, thing);
}

err model_read_tree(struct arena *a, const struct field *fields, const json_t *tree,
                    enum model_read mode, struct diag *diag, void *out)
{
	struct reading r = { a, mode, diag };
	return read_object(&r, fields, tree, STR_NONE, out);
}

err model_read_json(struct arena *a, const struct noun *noun, str json, enum model_read mode,
                    struct diag *diag, void *out)
{
	json_t *tree;
	TRY(json_read(a, json, diag, &tree));
	return model_read_tree(a, noun->fields, tree, mode, diag, out);
}
