/* SPDX-License-Identifier: Apache-2.0 */
/* Query and form parameters, read from the raw text when asked for.
 * What is not touched keeps its bytes; what is set is percent-encoded anew.
 * Source: Apigee, "Flow variables reference": queryparam, formparam; WHATWG URL §5. */
#include "codec/form.h"
#include "flow/var_row.h"

static str source(struct exchange *x, int which, struct message *m)
{
	if (which == PARAM_QUERY)
		return m->kind == MESSAGE_REQUEST ? m->query : STR_NONE;
	return message_is_form(m) ? exchange_form(x, m) : STR_NONE;
}

/* The next pair that is not empty, raw; false at the end. */
static bool next_pair(str *rest, str *pair, str *name, str *value)
{
	while (str_given(*rest)) {
		*pair = str_cut(rest, '&');
		if (!pair->n)
			continue;
		*value = *pair;
		*name = str_cut(value, '=');
		if (!str_given(*value))
			*value = S("");
		return true;
	}
	return false;
}

struct value var_param(struct exchange *x, const struct flowvar *v, struct message *m)
{
	str rest = source(x, v->row->arg, m), pair, name, value;
	VEC(str) all = { 0 };
	while (next_pair(&rest, &pair, &name, &value)) {
		if (!str_eq(percent_decode(x->arena, name, true), v->arg))
			continue;
		if (v->part == PART_FIRST)
			return VALUE_STR(percent_decode(x->arena, value, true));
		VEC_PUSH(x->arena, &all, percent_decode(x->arena, value, true));
	}
	return value_list(x->arena, all.v, all.n, v->part, v->nth);
}

/* The text with the nth parameter of the name replaced (0: all of them by one), or added. */
static str edited(struct arena *arena, str text, str name, unsigned nth, const str *with)
{
	str fresh = with ? str_fmt(arena, "%.*s=%.*s", STR(percent_encode(arena, name)),
	                           STR(percent_encode(arena, *with)))
	                 : S("");
	struct buf b = buf_in(arena);
	unsigned seen = 0;
	bool placed = false;
	str pair, raw_name, value;
	while (next_pair(&text, &pair, &raw_name, &value)) {
		if (str_eq(percent_decode(arena, raw_name, true), name) &&
		    (++seen == nth || !nth)) {
			pair = placed ? S("") : fresh;
			placed = true;
		}
		if (b.n && pair.n)
			buf_char(&b, '&');
		buf_add(&b, pair);
	}
	if (!placed && fresh.n) {
		if (b.n)
			buf_char(&b, '&');
		buf_add(&b, fresh);
	}
	return buf_str(&b);
}

err var_param_set(struct exchange *x, const struct flowvar *v, struct message *m,
                  struct value value)
{
	if (v->part > PART_NTH)
		return FAIL(ERR_DENIED);
	if (m->kind != MESSAGE_REQUEST && v->row->arg == PARAM_QUERY)
		return FAIL(ERR_NOT_FOUND);
	str with = value_text(x->arena, value);
	const str *given = value.kind == VALUE_NULL ? NULL : &with;
	unsigned nth = v->part == PART_NTH ? v->nth : 0;
	if (v->row->arg == PARAM_QUERY) {
		str query = edited(x->arena, m->query, v->arg, nth, given);
		m->query = query.n ? query : STR_NONE;
		return DONE;
	}
	if (!message_is_form(m) && exchange_content(x, m).n)
		return FAIL(ERR_SYNTAX); /* it has a content, and that is no form */
	message_set_content(x->arena, m,
	                    edited(x->arena, source(x, PARAM_FORM, m), v->arg, nth, given),
	                    form_type);
	return DONE;
}

struct value var_params(struct exchange *x, const struct flowvar *v, struct message *m)
{
	str rest = source(x, v->row->arg % 16, m), pair, name, value;
	VEC(str) all = { 0 };
	struct map seen = map_in(x->arena);
	while (next_pair(&rest, &pair, &name, &value)) {
		name = percent_decode(x->arena, name, true);
		if (map_has(&seen, name))
			continue;
		map_put(&seen, name, NULL);
		VEC_PUSH(x->arena, &all, name);
	}
	static const enum var_part parts[] = { PART_COUNT, PART_VALUES, PART_STRING };
	return value_list(x->arena, all.v, all.n, parts[v->row->arg / 16], 0);
}

struct value var_formstring(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)v;
	str form = source(x, PARAM_FORM, m);
	return str_given(form) ? VALUE_STR(form) : (struct value){ 0 };
}
