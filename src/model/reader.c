/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars by their field's type, from text.
 * A number kept as text keeps its text; an enum is one of its names.
 * Source: base/field.h, model/noun.h. */
#include "model/reader.h"

#include <string.h>

err reading_fail(struct reading *r, str where, const char *what)
{
	return where.n ? diag_add(r->diag, ERR_SYNTAX, 0, "%.*s: %s", STR(where), what)
	               : diag_add(r->diag, ERR_SYNTAX, 0, "%s", what);
}

bool reading_takes(const struct reading *r, const struct field *f)
{
	return f->type != T_IGNORED && !(f->hidden || (f->read_only && r->mode != MODEL_STORED));
}

static err one_of(struct reading *r, const struct field *f, str text, str where, int *at)
{
	for (int i = 0; f->names[i]; i++) {
		if (str_eq(text, str_from_z(f->names[i]))) {
			*at = i;
			return DONE;
		}
	}
	struct buf b = buf_in(r->arena);
	for (int i = 0; f->names[i]; i++)
		buf_fmt(&b, "%s%s", i ? ", " : "not one of ", f->names[i]);
	return reading_fail(r, where, str_z(r->arena, buf_str(&b)));
}

static bool fits(const struct field *f, int64_t n)
{
	return !(f->min || f->max) || (n >= f->min && n <= f->max);
}

static err text_of(struct reading *r, const struct field *f, str text, str where, str *at)
{
	int64_t n;
	int which;
	if (f->names)
		TRY(one_of(r, f, text, where, &which));
	if ((f->min || f->max) && (!str_to_i64(text, &n) || !fits(f, n)))
		return reading_fail(r, where, "not a number that fits");
	*at = str_dup(r->arena, text);
	return DONE;
}

static err number(struct reading *r, const struct field *f, str text, str where, int64_t *at)
{
	if (!str_to_i64(text, at) || !fits(f, *at))
		return reading_fail(r, where, "not a whole number that fits");
	return DONE;
}

err reading_scalar(struct reading *r, const struct field *f, str text, str where, void *at)
{
	uint64_t u;
	switch (f->type) {
	case T_STR:
	case T_TEXT:
		return text_of(r, f, text, where, at);
	case T_ENUM:
		return one_of(r, f, text, where, at);
	case T_INT:
	case T_MS:
		return number(r, f, text, where, at);
	case T_UINT:
		if (!str_to_u64(text, &u))
			return reading_fail(r, where, "not a whole number that fits");
		*(uint64_t *)at = u;
		return DONE;
	case T_DOUBLE:
		return str_to_double(text, at) ? DONE : reading_fail(r, where, "not a number");
	case T_BOOL:
		if (!str_eq(text, S("true")) && !str_eq(text, S("false")))
			return reading_fail(r, where, "not true or false");
		*(bool *)at = text.n == 4;
		return DONE;
	default:
		must(!"a scalar type");
	}
	return DONE;
}

err reading_finish(struct reading *r, const struct field *fields, const bool *seen, str where,
                   void *thing)
{
	if (r->mode != MODEL_CREATE)
		return DONE;
	for (size_t i = 0; fields[i].type; i++) {
		const struct field *f = &fields[i];
		str name = where.n ? str_fmt(r->arena, "%.*s.%s", STR(where), f->path)
		                   : str_from_z(f->path);
		if (seen[i])
			continue;
		if (f->required)
			return reading_fail(r, name, "missing");
		if (f->dflt)
			TRY(reading_scalar(r, f, str_from_z(f->dflt), name, field_at(f, thing)));
	}
	return DONE;
}

void *list_append(struct arena *a, struct list *l, size_t *cap, size_t size)
{
	if (l->n == *cap) {
		*cap = *cap ? *cap * 2 : 8;
		void *v = arena_zalloc(a, *cap * size, _Alignof(max_align_t));
		if (l->n)
			memcpy(v, l->v, l->n * size);
		l->v = v;
	}
	return (char *)l->v + l->n++ * size;
}
