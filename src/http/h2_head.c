/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a HEADERS frame to the message that HTTP/1.1 would have made of it.
 * nghttp2 has refused what RFC 9113 §8 calls malformed; what could still be understood differently
 * behind us is refused here, and what is too much is counted and not kept.
 * Source: RFC 9113 §8.2, §8.3; RFC 9110 §7.2. */
#include "http/h1_class.h"
#include "http/h2.h"
#include "http/uri.h"

enum { FIELD_OVERHEAD = 32 }; /* RFC 9113 §10.5.1 */

void h2_bad(struct h2_stream *s, unsigned status, const char *what)
{
	if (!s->bad_status) {
		s->bad_status = status;
		s->bad = what;
	}
}

static void pseudo(struct h2_stream *s, str name, str value)
{
	if (str_eq(name, S(":method")))
		s->request.verb = value;
	else if (str_eq(name, S(":path")))
		s->target = value;
	else if (str_eq(name, S(":scheme")))
		s->scheme = value;
	else if (str_eq(name, S(":authority")))
		s->authority = value;
}

/* RFC 9113 §8.2.3: crumbs are one field again for those who know no other. */
static void cookie(struct h2_stream *s, str name, str value)
{
	if (!s->cookie.arena) {
		s->cookie = buf_in(s->call.arena);
		headers_add(s->call.arena, &s->request.headers, name, STR_NONE);
	} else {
		buf_add(&s->cookie, S("; "));
	}
	buf_add(&s->cookie, value);
}

static void meaning(struct h2_stream *s, str name, str value)
{
	uint64_t n;
	if (str_eq(name, S("content-length"))) {
		if (str_to_u64(value, &n) && n <= INT64_MAX)
			s->length = (int64_t)n;
		else
			h2_bad(s, 400, "Content-Length is too large");
	} else if (str_eq(name, S("expect"))) {
		s->expects = str_ieq(value, S("100-continue"));
		if (!s->expects)
			h2_bad(s, 417, "Expect asks for something unknown");
	}
}

void h2_field(struct h2_stream *s, str name, str value)
{
	const struct h1_limits *limits = &s->h2->conn->server->conf.limits.head;
	struct arena *a = s->call.arena;
	s->head_bytes += name.n + value.n + FIELD_OVERHEAD;
	if (s->head_bytes > limits->head)
		h2_bad(s, 431, "the head is too large");
	if (s->bad_status)
		return;
	if (name.n && name.p[0] == ':') {
		pseudo(s, name, str_dup(a, value));
		return;
	}
	if (s->request.headers.n >= limits->headers) {
		h2_bad(s, 431, "too many header fields");
		return;
	}
	if (!header_value_ok(value)) {
		h2_bad(s, 400, "a character that is not allowed");
		return;
	}
	name = str_dup(a, name);
	if (str_eq(name, S("cookie"))) {
		cookie(s, name, value);
		return;
	}
	value = str_dup(a, value);
	headers_add(a, &s->request.headers, name, value);
	meaning(s, name, value);
}

/* As strict as the HTTP/1.1 scanner, since the same will be written to targets. */
static bool path_ok(str path)
{
	for (;;) {
		path = str_sub(path, h1_span(path, H1_PATH), STR_NPOS);
		if (path.n == 0)
			return true;
		if (path.n < 3 || path.p[0] != '%' || !h1_is(path.p[1], H1_HEX) ||
		    !h1_is(path.p[2], H1_HEX))
			return false;
		path = str_sub(path, 3, STR_NPOS);
	}
}

static void target(struct h2_stream *s)
{
	struct message *m = &s->request;
	str rest = s->target;
	if (str_eq(rest, S("*")) && str_eq(m->verb, S("OPTIONS"))) {
		m->path = rest;
		return;
	}
	m->path = str_cut(&rest, '?');
	m->query = rest;
	if (!str_starts(m->path, S("/")))
		h2_bad(s, 400, "the request target is malformed");
	else if (!path_ok(m->path))
		h2_bad(s, 400, "the path is malformed");
	else if (h1_span(m->query, H1_QUERY) != m->query.n)
		h2_bad(s, 400, "the query is malformed");
}

/* RFC 9113 §8.3.1: a Host beside :authority says the same; alone, it stands for it. */
static void host(struct h2_stream *s)
{
	struct headers *h = &s->request.headers;
	str said = headers_get(h, S("host")), name;
	unsigned port;
	if (headers_count(h, S("host")) > 1)
		h2_bad(s, 400, "more than one Host");
	else if (!str_given(said) && !str_given(s->authority))
		h2_bad(s, 400, "Host is missing");
	else if (str_given(said) && str_given(s->authority) && !str_ieq(said, s->authority))
		h2_bad(s, 400, "Host and :authority differ");
	else if (!uri_authority(str_given(s->authority) ? s->authority : said, &name, &port))
		h2_bad(s, 400, "Host is not valid");
	else if (!str_given(said))
		headers_add(s->call.arena, h, S("host"), s->authority);
}

void h2_head_whole(struct h2_stream *s)
{
	const struct h1_limits *limits = &s->h2->conn->server->conf.limits.head;
	struct message *m = &s->request;
	s->whole = true;
	if (s->cookie.arena)
		headers_set(s->call.arena, &m->headers, S("cookie"), buf_str(&s->cookie));
	if (s->bad_status)
		return;
	if (str_eq(m->verb, S("CONNECT")))
		h2_bad(s, 501, "CONNECT is not supported");
	else if (!header_name_ok(m->verb))
		h2_bad(s, 400, "the method is malformed");
	else if (!str_eq(s->scheme, S("https")) && !str_eq(s->scheme, S("http")))
		h2_bad(s, 400, "the scheme is not known");
	else if (m->verb.n + s->target.n + sizeof " HTTP/1.1" > limits->line)
		h2_bad(s, 414, "the request line is too long");
	if (s->bad_status)
		return;
	target(s);
	host(s);
}
