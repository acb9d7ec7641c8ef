/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a multipart body at its boundary.
 * A body must begin with a boundary and end with the closing one: half a body is no body.
 * Source: RFC 7578 §4, RFC 2046 §5.1.1. */
#include "codec/multipart.h"

/* Up to the next semicolon that stands outside quotes. */
static str next_piece(str *rest)
{
	bool quoted = false;
	size_t n = 0;
	for (; n < rest->n && (quoted || rest->p[n] != ';'); n++)
		quoted ^= rest->p[n] == '"';
	str piece = str_sub(*rest, 0, n);
	*rest = n < rest->n ? str_sub(*rest, n + 1, STR_NPOS) : STR_NONE;
	return piece;
}

/* The value of a parameter such as boundary="x"; STR_NONE if absent. */
static str parameter(str header, str name)
{
	str rest = header;
	next_piece(&rest);
	while (str_given(rest)) {
		str one = str_trim(next_piece(&rest));
		str key = str_trim(str_cut(&one, '='));
		if (!str_ieq(key, name) || !str_given(one))
			continue;
		one = str_trim(one);
		bool quoted = one.n > 1 && one.p[0] == '"' && one.p[one.n - 1] == '"';
		return quoted ? str_sub(one, 1, one.n - 1) : one;
	}
	return STR_NONE;
}

static void header_take(struct part *p, str line)
{
	str value = line;
	str name = str_trim(str_cut(&value, ':'));
	value = str_trim(value);
	if (str_ieq(name, S("content-disposition"))) {
		p->name = parameter(value, S("name"));
		p->file_name = parameter(value, S("filename"));
	} else if (str_ieq(name, S("content-type"))) {
		p->content_type = value;
	}
}

static err part_read(str text, struct part *out)
{
	*out = (struct part){ 0 };
	while (!str_starts(text, S("\r\n"))) {
		size_t end = str_find(text, S("\r\n"));
		if (end == STR_NPOS)
			return FAIL(ERR_SYNTAX);
		header_take(out, str_sub(text, 0, end));
		text = str_sub(text, end + 2, STR_NPOS);
	}
	out->bytes = str_sub(text, 2, STR_NPOS);
	return DONE;
}

err multipart_read(struct arena *a, str content_type, str body, struct parts *out)
{
	str boundary = parameter(content_type, S("boundary"));
	if (!boundary.n || boundary.n > 70 || !str_istarts(content_type, S("multipart/form-data")))
		return FAIL(ERR_SYNTAX);
	str first = str_fmt(a, "--%.*s", STR(boundary)),
	    next = str_fmt(a, "\r\n--%.*s", STR(boundary));
	if (!str_starts(body, first))
		return FAIL(ERR_SYNTAX);
	for (str rest = str_sub(body, first.n, STR_NPOS); !str_starts(rest, S("--"));) {
		size_t end = str_find(rest, next);
		struct part p;
		if (end == STR_NPOS || !str_starts(rest, S("\r\n")))
			return FAIL(ERR_SYNTAX);
		if (out->n == MULTIPART_MAX)
			return FAIL(ERR_LIMIT);
		TRY(part_read(str_sub(rest, 2, end), &p));
		VEC_PUSH(a, out, p);
		rest = str_sub(rest, end + next.n, STR_NPOS);
	}
	return DONE;
}

const struct part *multipart_get(const struct parts *parts, str name)
{
	VEC_EACH(const struct part, p, parts)
		if (str_eq(p->name, name))
			return p;
	return NULL;
}
