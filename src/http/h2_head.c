/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a HEADERS frame to the message that HTTP/1.1 would have made of it.
 * nghttp2 has refused what RFC 9113 §8 calls malformed; what could still be understood differently
 * behind us is refused here, and what is too much is counted and not kept.
 * Source: RFC 9113 §8.2, §8.3; RFC 9110 §7.2. */
#include "http/h1_class.h"
#include "http/h2_front.h"
#include "http/uri.h"

enum { FIELD_OVERHEAD = 32 }; /* RFC 9113 §10.5.1 */

static void bad(struct h2_call *c, unsigned status, const char *what)
{
	if (!c->bad_status) {
		c->bad_status = status;
		c->bad = what;
	}
}

static const struct h1_limits *limits_of(const struct h2_call *c)
{
	return &h2_conn_of(&c->stream)->server->conf.limits.head;
}

static void pseudo(struct h2_call *c, str name, str value)
{
	if (str_eq(name, S(":method")))
		c->request.verb = value;
	else if (str_eq(name, S(":path")))
		c->target = value;
	else if (str_eq(name, S(":scheme")))
		c->scheme = value;
	else if (str_eq(name, S(":authority")))
		c->authority = value;
}

/* RFC 9113 §8.2.3: crumbs are one field again for those who know no other. */
static void cookie(struct h2_call *c, str name, str value)
{
	if (!c->cookie.arena) {
		c->cookie = buf_in(c->call.arena);
		headers_add(c->call.arena, &c->request.headers, name, STR_NONE);
	} else {
		buf_add(&c->cookie, S("; "));
	}
	buf_add(&c->cookie, value);
}

static void meaning(struct h2_call *c, str name, str value)
{
	uint64_t n;
	if (str_eq(name, S("content-length"))) {
		if (str_to_u64(value, &n) && n <= INT64_MAX)
			c->length = (int64_t)n;
		else
			bad(c, 400, "Content-Length is too large");
	} else if (str_eq(name, S("te"))) { /* nghttp2 lets nothing but "trailers" pass */
		c->request.takes_trailers = true;
	} else if (str_eq(name, S("expect"))) {
		c->expects = str_ieq(value, S("100-continue"));
		if (!c->expects)
			bad(c, 417, "Expect asks for something unknown");
	}
}

static void field(struct h2_call *c, str name, str value)
{
	const struct h1_limits *limits = limits_of(c);
	struct arena *a = c->call.arena;
	c->stream.head_bytes += name.n + value.n + FIELD_OVERHEAD;
	if (c->stream.head_bytes > limits->head)
		bad(c, 431, "the head is too large");
	if (c->bad_status)
		return;
	if (name.n && name.p[0] == ':') {
		pseudo(c, name, str_dup(a, value));
		return;
	}
	if (c->request.headers.n >= limits->headers) {
		bad(c, 431, "too many header fields");
		return;
	}
	if (!header_value_ok(value)) {
		bad(c, 400, "a character that is not allowed");
		return;
	}
	name = str_dup(a, name);
	if (str_eq(name, S("cookie"))) {
		cookie(c, name, value);
		return;
	}
	value = str_dup(a, value);
	headers_add(a, &c->request.headers, name, value);
	meaning(c, name, value);
}

bool h2_request_field(struct h2_stream *s, str name, str value)
{
	struct h2_call *c = h2_call_of(s);
	if (s->whole)
		return h2_body_trailer(s, name, value, limits_of(c)->head);
	field(c, name, value);
	return true;
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

static void target(struct h2_call *c)
{
	struct message *m = &c->request;
	str rest = c->target;
	if (str_eq(rest, S("*")) && str_eq(m->verb, S("OPTIONS"))) {
		m->path = rest;
		return;
	}
	m->path = str_cut(&rest, '?');
	m->query = rest;
	if (!str_starts(m->path, S("/")))
		bad(c, 400, "the request target is malformed");
	else if (!path_ok(m->path))
		bad(c, 400, "the path is malformed");
	else if (h1_span(m->query, H1_QUERY) != m->query.n)
		bad(c, 400, "the query is malformed");
}

/* RFC 9113 §8.3.1: a Host beside :authority says the same; alone, it stands for it. */
static void host(struct h2_call *c)
{
	struct headers *h = &c->request.headers;
	str said = headers_get(h, S("host"));
	unsigned port;
	if (headers_count(h, S("host")) > 1)
		bad(c, 400, "more than one Host");
	else if (!str_given(said) && !str_given(c->authority))
		bad(c, 400, "Host is missing");
	else if (str_given(said) && str_given(c->authority) && !str_ieq(said, c->authority))
		bad(c, 400, "Host and :authority differ");
	else if (!uri_authority(str_given(c->authority) ? c->authority : said, &c->request.host,
	                        &port))
		bad(c, 400, "Host is not valid");
	else if (!str_given(said))
		headers_add(c->call.arena, h, S("host"), c->authority);
}

void h2_request_whole(struct h2_call *c)
{
	const struct h1_limits *limits = limits_of(c);
	struct message *m = &c->request;
	c->stream.whole = true;
	if (c->cookie.arena)
		headers_set(c->call.arena, &m->headers, S("cookie"), buf_str(&c->cookie));
	if (c->bad_status)
		return;
	if (str_eq(m->verb, S("CONNECT")))
		bad(c, 501, "CONNECT is not supported");
	else if (!header_name_ok(m->verb))
		bad(c, 400, "the method is malformed");
	else if (!str_eq(c->scheme, S("https")) && !str_eq(c->scheme, S("http")))
		bad(c, 400, "the scheme is not known");
	else if (m->verb.n + c->target.n + sizeof " HTTP/1.1" > limits->line)
		bad(c, 414, "the request line is too long");
	if (c->bad_status)
		return;
	target(c);
	host(c);
}
