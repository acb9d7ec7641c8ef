/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields: a small array searched from the front.
 * The order of what stays never changes: repeated fields mean what their order says.
 * Source: RFC 9110 §5. */
#include "http/headers.h"

#include "http/h1_class.h"

str headers_get(const struct headers *h, str name)
{
	for (size_t i = 0; i < h->n; i++)
		if (str_ieq(h->v[i].name, name))
			return h->v[i].value;
	return STR_NONE;
}

size_t headers_count(const struct headers *h, str name)
{
	size_t n = 0;
	for (size_t i = 0; i < h->n; i++)
		n += str_ieq(h->v[i].name, name);
	return n;
}

str headers_all(struct arena *a, const struct headers *h, str name)
{
	if (headers_count(h, name) < 2)
		return headers_get(h, name);
	struct buf b = buf_in(a);
	bool more = false;
	for (size_t i = 0; i < h->n; i++) {
		if (!str_ieq(h->v[i].name, name))
			continue;
		if (more)
			buf_add(&b, S(", "));
		buf_add(&b, h->v[i].value);
		more = true;
	}
	return buf_str(&b);
}

void headers_add(struct arena *a, struct headers *h, str name, str value)
{
	VEC_PUSH(a, h, (struct header){ name, value });
}

static void remove_from(struct headers *h, str name, size_t from)
{
	size_t kept = from;
	for (size_t i = from; i < h->n; i++)
		if (!str_ieq(h->v[i].name, name))
			h->v[kept++] = h->v[i];
	h->n = kept;
}

void headers_remove(struct headers *h, str name) { remove_from(h, name, 0); }

struct headers headers_copy(struct arena *a, const struct headers *from, size_t more)
{
	struct headers to = { .n = from->n, .cap = from->n + more };
	to.v = arena_array(a, struct header, to.cap);
	if (from->n)
		memcpy(to.v, from->v, from->n * sizeof *to.v);
	return to;
}

/* The first field of the name keeps its place, so that a rewritten head reads as it came. */
void headers_set(struct arena *a, struct headers *h, str name, str value)
{
	for (size_t i = 0; i < h->n; i++) {
		if (str_ieq(h->v[i].name, name)) {
			h->v[i] = (struct header){ name, value };
			remove_from(h, name, i + 1);
			return;
		}
	}
	headers_add(a, h, name, value);
}

bool headers_have_token(const struct headers *h, str name, str token)
{
	for (size_t i = 0; i < h->n; i++) {
		if (!str_ieq(h->v[i].name, name))
			continue;
		for (str rest = h->v[i].value; str_given(rest);) {
			str one = str_trim(str_cut(&rest, ','));
			if (str_ieq(str_trim(str_sub(one, 0, str_find_char(one, ';'))), token))
				return true;
		}
	}
	return false;
}

bool header_name_ok(str name) { return name.n > 0 && h1_token_span(name) == name.n; }

bool header_value_ok(str value) { return h1_value_span(value) == value.n; }
