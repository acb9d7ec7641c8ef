/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the row of a route table that answers a request.
 * Work is bounded by the table: rows times segments, whatever the path holds.
 * Source: RFC 3986 §3.3; RFC 9110 §9.2.1, §10.2.1. */
#include "http/routes.h"

#include <string.h>

#include "codec/form.h"
#include "codec/utf8.h"

struct route_part {
	str text; /* the word itself, or the name of what stands there */
	bool named, secret;
};

struct route_shape {
	str verb;
	struct route_part *parts;
	size_t n;
	bool changes;
};

struct routes {
	size_t n;
	struct route_shape shapes[];
};

static struct route_part part_of(str text)
{
	must(text.n);
	if (text.p[0] != '{')
		return (struct route_part){ .text = text };
	bool secret = str_ends(text, S("!}"));
	return (struct route_part){ str_sub(text, 1, text.n - 1 - secret), true, secret };
}

static struct route_shape shape_of(struct arena *a, const struct route *row)
{
	struct route_part parts[ROUTE_SEGMENTS];
	size_t n = 0;
	str rest = str_from_z(row->pattern);
	must(!str_cut(&rest, '/').n);
	while (rest.n) {
		must(n < ROUTE_SEGMENTS);
		parts[n++] = part_of(str_cut(&rest, '/'));
	}
	struct route_shape s = { str_from_z(row->verb), arena_array(a, struct route_part, n), n,
		                 row->changes };
	memcpy(s.parts, parts, n * sizeof *parts);
	return s;
}

const struct routes *routes_compile(struct arena *a, const struct route *rows, size_t n)
{
	struct routes *t =
		arena_zalloc(a, sizeof *t + n * sizeof *t->shapes, _Alignof(struct routes));
	t->n = n;
	for (size_t i = 0; i < n; i++)
		t->shapes[i] = shape_of(a, &rows[i]);
	return t;
}

/* What clients and proxies resolve on their way is no name (RFC 3986 §6.2.2.3), nor is what no store keeps. */
static bool segment_may_be(str s)
{
	return s.n && !str_eq(s, S(".")) && !str_eq(s, S("..")) && utf8_is_text(s);
}

bool route_cut(struct arena *a, str path, struct route_match *m)
{
	str rest = path;
	*m = (struct route_match){ 0 };
	if (!path.n || str_cut(&rest, '/').n)
		return false;
	while (rest.n) {
		str segment = percent_decode(a, str_cut(&rest, '/'), false);
		if (m->n == ROUTE_SEGMENTS || !segment_may_be(segment))
			return false;
		m->segments[m->n++] = segment;
	}
	return true;
}

void route_expand(struct route_match *m, size_t place, str brief, str whole)
{
	if (place < m->n && str_eq(m->segments[place], brief))
		m->segments[place] = whole;
}

static bool shape_fits(const struct route_shape *s, const struct route_match *m)
{
	if (s->n != m->n)
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (!s->parts[i].named && !str_eq(s->parts[i].text, m->segments[i]))
			return false;
	return true;
}

/* A browser that asks before its user does.  Source: Fetch, "Sec-Purpose"; the others are older browsers'. */
static bool looks_ahead(const struct message *request)
{
	static const str names[] = { S_INIT("Sec-Purpose"), S_INIT("Purpose"), S_INIT("X-Purpose"),
		                     S_INIT("X-Moz") };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		str purpose = headers_get(&request->headers, names[i]);
		if (str_istarts(purpose, S("prefetch")) || str_istarts(purpose, S("preview")))
			return true;
	}
	return false;
}

static bool is_safe(const struct route_shape *s)
{
	return str_eq(s->verb, S("GET")) && !s->changes;
}

static bool verb_fits(const struct route_shape *s, const struct message *request)
{
	if (str_eq(request->verb, S("HEAD")))
		return is_safe(s);
	return str_eq(s->verb, request->verb) && !(s->changes && looks_ahead(request));
}

static void allow_add(struct buf *allow, str verb)
{
	if (str_has(buf_str(allow), verb)) /* no verb is a part of another */
		return;
	if (allow->n)
		buf_add(allow, S(", "));
	buf_add(allow, verb);
}

bool route_find(struct arena *a, const struct routes *t, const struct message *request,
                struct route_match *m, str *allow)
{
	struct buf verbs = buf_in(a);
	for (size_t i = 0; i < t->n; i++) {
		const struct route_shape *s = &t->shapes[i];
		if (!shape_fits(s, m))
			continue;
		if (verb_fits(s, request)) {
			m->shape = s;
			m->row = i;
			m->safe = is_safe(s);
			return true;
		}
		allow_add(&verbs, s->verb);
		if (is_safe(s))
			allow_add(&verbs, S("HEAD"));
	}
	*allow = verbs.n ? buf_str(&verbs) : STR_NONE;
	return false;
}

str route_param(const struct route_match *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->shape->parts[i].named && str_eq(m->shape->parts[i].text, str_from_z(name)))
			return m->segments[i];
	return STR_NONE;
}

bool route_says(const struct route_match *m, str word)
{
	for (size_t i = 0; i < m->n; i++)
		if (!m->shape->parts[i].named && str_eq(m->shape->parts[i].text, word))
			return true;
	return false;
}

str route_shown(struct arena *a, const struct route_match *m)
{
	struct buf b = buf_in(a);
	for (size_t i = 0; i < m->n; i++) {
		buf_char(&b, '/');
		buf_add(&b,
		        m->shape->parts[i].secret ? S("***") : percent_encode(a, m->segments[i]));
	}
	return buf_str(&b);
}
