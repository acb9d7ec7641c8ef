/* SPDX-License-Identifier: Apache-2.0 */
/* Header variables: a header is a list of values, cut at commas, whichever line they came in.
 * Names compare without case; a value that could end a line is refused.
 * Source: Apigee, "Flow variables reference": header.{name}, .N, .values, .values.count. */
#include "flow/var_row.h"

struct texts {
	VEC(str) all;
};

static void collect(struct arena *arena, const struct message *m, str name, struct texts *out)
{
	for (size_t i = 0; i < m->headers.n; i++) {
		const struct header *h = &m->headers.v[i];
		if (!str_ieq(h->name, name))
			continue;
		for (str rest = h->value; str_given(rest);)
			VEC_PUSH(arena, &out->all, str_trim(str_cut(&rest, ',')));
	}
}

static str joined(struct arena *arena, const str *v, size_t n, str between)
{
	struct buf b = buf_in(arena);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add(&b, between);
		buf_add(&b, v[i]);
	}
	return buf_str(&b);
}

struct value value_list(struct arena *arena, const str *v, size_t n, enum var_part part,
                        unsigned nth)
{
	if (part == PART_COUNT)
		return VALUE_OF_INT(n);
	if (part == PART_FIRST)
		nth = 1;
	if (!n || nth > n)
		return (struct value){ 0 };
	if (part == PART_STRING)
		return VALUE_STR(joined(arena, v, n, S(",")));
	if (part == PART_VALUES)
		return VALUE_STR(str_fmt(arena, "[%.*s]", STR(joined(arena, v, n, S(", ")))));
	return VALUE_STR(v[nth - 1]);
}

struct value var_header(struct exchange *x, const struct flowvar *v, struct message *m)
{
	if (v->part == PART_FIRST) {
		str value = headers_get(&m->headers, v->arg);
		if (!str_given(value))
			return (struct value){ 0 };
		return VALUE_STR(str_trim(str_cut(&value, ',')));
	}
	struct texts t = { 0 };
	collect(x->arena, m, v->arg, &t);
	return value_list(x->arena, t.all.v, t.all.n, v->part, v->nth);
}

err var_header_set(struct exchange *x, const struct flowvar *v, struct message *m,
                   struct value value)
{
	str s = value_text(x->arena, value);
	if (v->part > PART_NTH)
		return FAIL(ERR_DENIED);
	if (!header_name_ok(v->arg) || !header_value_ok(s))
		return FAIL(ERR_SYNTAX);
	if (v->part == PART_NTH) {
		struct texts t = { 0 };
		collect(x->arena, m, v->arg, &t);
		VEC_PUSH(x->arena, &t.all, s); /* behind the last, or in the place of another */
		if (v->nth < t.all.n) {
			t.all.v[v->nth - 1] = s;
			t.all.n--;
		}
		s = joined(x->arena, t.all.v, t.all.n, S(", "));
	} else if (value.kind == VALUE_NULL) {
		headers_remove(&m->headers, v->arg);
		return DONE;
	}
	headers_set(x->arena, &m->headers, v->arg, s);
	return DONE;
}

/* The distinct names, in the order they came. */
struct value var_headers(struct exchange *x, const struct flowvar *v, struct message *m)
{
	struct texts t = { 0 };
	for (size_t i = 0; i < m->headers.n; i++) {
		size_t k = 0;
		while (k < i && !str_ieq(m->headers.v[k].name, m->headers.v[i].name))
			k++;
		if (k == i)
			VEC_PUSH(x->arena, &t.all, m->headers.v[i].name);
	}
	static const enum var_part parts[] = { PART_COUNT, PART_VALUES, PART_STRING };
	return value_list(x->arena, t.all.v, t.all.n, parts[v->row->arg / 16], 0);
}
