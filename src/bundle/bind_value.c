/* SPDX-License-Identifier: Apache-2.0 */
/* From the text of an element or attribute to the C value of its field.
 * A text that is no value of the field's kind is a finding that says what would be one.
 * Source: house; base/field.h for the kinds. */
#include "bundle/bind.h"

#include "lang/condition.h"
#include "lang/template.h"

enum { SHOWN = 60 }; /* bytes of a wrong value that a finding repeats */

bool bind_is_value(enum field_type type)
{
	switch (type) {
	case T_STR:
	case T_TEXT:
	case T_BOOL:
	case T_UINT:
	case T_INT:
	case T_DOUBLE:
	case T_ENUM:
	case T_MS:
	case T_FLOWVAR:
	case T_TEMPLATE:
	case T_TEMPLATE_TEXT:
	case T_COND:
	case T_OWN:
		return true;
	default:
		return false;
	}
}

static err wrong(struct binder *b, str text, str what, unsigned line, str right)
{
	bool cut = text.n > SHOWN;
	return diag_add(b->diag, ERR_SYNTAX, line, "%.*s is \"%.*s%s\"; %.*s", STR(what),
	                STR(str_sub(text, 0, SHOWN)), cut ? "..." : "", STR(right));
}

static bool out_of_range(const struct field *f, int64_t n)
{
	return (f->min || f->max) && (n < f->min || n > f->max);
}

static str range_text(struct arena *a, const struct field *f)
{
	if (!f->min && !f->max)
		return S("a whole number is needed");
	if (f->max == INT64_MAX)
		return str_fmt(a, "a whole number of at least %lld is needed", (long long)f->min);
	return str_fmt(a, "a whole number from %lld to %lld is needed", (long long)f->min,
	               (long long)f->max);
}

static err read_uint(struct binder *b, const struct field *f, str text, uint64_t *at, str what,
                     unsigned line)
{
	if (str_to_u64(text, at) && *at <= INT64_MAX && !out_of_range(f, (int64_t)*at))
		return DONE;
	return wrong(b, text, what, line, range_text(b->diag->arena, f));
}

static err read_int(struct binder *b, const struct field *f, str text, int64_t *at, str what,
                    unsigned line)
{
	if (str_to_i64(text, at) && !out_of_range(f, *at))
		return DONE;
	return wrong(b, text, what, line, range_text(b->diag->arena, f));
}

static err read_bool(struct binder *b, str text, bool *at, str what, unsigned line)
{
	*at = str_ieq(text, S("true"));
	if (*at || str_ieq(text, S("false")))
		return DONE;
	return wrong(b, text, what, line, S("true or false is needed"));
}

static err read_enum(struct binder *b, const struct field *f, str text, int *at, str what,
                     unsigned line)
{
	struct buf all = buf_in(b->diag->arena);
	buf_add(&all, S("one of "));
	for (int i = 0; f->names[i]; i++) {
		if (str_eq(text, str_from_z(f->names[i]))) {
			*at = i;
			return DONE;
		}
		if (*f->names[i]) /* an empty first name stands for "not given" */
			buf_fmt(&all, "%s%s", all.n > 7 ? ", " : "", f->names[i]);
	}
	buf_add(&all, S(" is needed"));
	return wrong(b, text, what, line, buf_str(&all));
}

static err read_template(struct binder *b, str text, struct template **at, unsigned line)
{
	return template_compile(b, str_dup(b->arena, text), '{', '}', line, at);
}

static err read_by_table(struct binder *b, const struct field *f, str text, void *at, str what,
                         unsigned line)
{
	switch (f->type) {
	case T_BOOL:
		return read_bool(b, text, at, what, line);
	case T_UINT:
		return read_uint(b, f, text, at, what, line);
	case T_INT:
	case T_MS:
		return read_int(b, f, text, at, what, line);
	case T_DOUBLE:
		if (str_to_double(text, at))
			return DONE;
		return wrong(b, text, what, line, S("a number is needed"));
	case T_ENUM:
		return read_enum(b, f, text, at, what, line);
	case T_FLOWVAR:
		*(struct flowvar **)at = b->bind(b, str_dup(b->arena, text));
		return DONE;
	case T_COND:
		return condition_compile(b, str_dup(b->arena, text), line, at);
	default:
		must(f->type == T_OWN && f->read);
		return f->read(b->arena, f, text, at, b->diag, line);
	}
}

err bind_value(struct binder *b, const struct field *f, str text, void *at, str what, unsigned line)
{
	if (f->type == T_TEXT) {
		*(str *)at = str_dup(b->arena, text);
		return DONE;
	}
	if (f->type == T_TEMPLATE_TEXT)
		return read_template(b, text, at, line);
	text = str_trim(text);
	if (f->type == T_STR) {
		*(str *)at = str_dup(b->arena, text);
		return DONE;
	}
	if (f->type == T_TEMPLATE)
		return read_template(b, text, at, line);
	return read_by_table(b, f, text, at, what, line);
}
