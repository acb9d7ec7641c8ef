/* SPDX-License-Identifier: Apache-2.0 */
/* What one hop has to say and to see to: who asked, by which way, and how many hops are left.
 * What this hop saw stands last and is never hidden by what the client claims to be before it.
 * Source: Apigee, "Endpoint properties reference" (X-Forwarded-For); RFC 7239; RFC 9110 §7.6.2. */
#include "flow/run.h"
#include "http/uri.h"

/* ---- X-Forwarded-For and its kin ---- */

static str without_blanks(str s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t'))
		s = str_sub(s, 1, STR_NPOS);
	return s;
}

/* A token, or with quotes as well a quoted-string; 0: neither. */
static size_t word(str s, bool quotes)
{
	size_t n = 0;
	if (quotes && s.n && *s.p == '"') {
		for (n = 1; n < s.n && s.p[n] != '"'; n++)
			n += s.p[n] == '\\';
		return n < s.n ? n + 1 : 0;
	}
	while (n < s.n && header_name_ok(str_sub(s, n, n + 1)))
		n++;
	return n;
}

/* RFC 7239 §4.  What is malformed could swallow, as an open quote would, what is written behind it. */
static bool is_forwarded_list(str s)
{
	for (;;) {
		s = without_blanks(s);
		size_t n = word(s, false);
		if (n) {
			s = str_sub(s, n, STR_NPOS);
			n = str_starts(s, S("=")) ? word(str_sub(s, 1, STR_NPOS), true) : 0;
			if (!n)
				return false;
			s = without_blanks(str_sub(s, n + 1, STR_NPOS));
		}
		if (!s.n)
			return true;
		if (*s.p != ';' && *s.p != ',')
			return false;
		s = str_sub(s, 1, STR_NPOS);
	}
}

/* Behind what the client says of the hops before it. */
static void append(struct exchange *x, struct headers *h, str name, str before, str own)
{
	headers_set(x->arena, h, name,
	            before.n ? str_fmt(x->arena, "%.*s, %.*s", STR(before), STR(own)) : own);
}

static void add_forwarded(struct exchange *x, struct headers *h)
{
	struct sock *sock = x->call->sock;
	str peer = sock_peer_ip(sock), host = headers_get(&x->request->headers, S("Host")), name;
	str proto = sock_is_tls(sock) ? S("https") : S("http");
	bool ip6 = str_has(peer, S(":"));
	unsigned port;
	struct buf own = buf_in(x->arena);
	str xff = headers_all(x->arena, h, S("X-Forwarded-For"));
	append(x, h, S("X-Forwarded-For"), xff, peer);
	headers_set(x->arena, h, S("X-Forwarded-Proto"), proto);
	headers_set(x->arena, h, S("X-Forwarded-Port"),
	            str_fmt(x->arena, "%u", sock_local_port(sock)));
	headers_remove(h, S("X-Forwarded-Host"));
	buf_fmt(&own, ip6 ? "for=\"[%.*s]\"" : "for=%.*s", STR(peer));
	if (uri_authority(host, &name, &port)) { /* a policy may have set anything */
		headers_set(x->arena, h, S("X-Forwarded-Host"), host);
		buf_fmt(&own, ";host=\"%.*s\"", STR(host));
	}
	buf_fmt(&own, ";proto=%.*s", STR(proto));
	str before = headers_all(x->arena, h, S("Forwarded"));
	append(x, h, S("Forwarded"), is_forwarded_list(before) ? before : S(""), buf_str(&own));
}

/* ---- Max-Forwards ---- */

static str hops_left(const struct exchange *x)
{
	str verb = x->request->verb;
	bool counts = str_eq(verb, S("OPTIONS")) || str_eq(verb, S("TRACE"));
	return counts ? headers_get(&x->request->headers, S("Max-Forwards")) : STR_NONE;
}

bool hop_passes(struct exchange *x)
{
	str left = hops_left(x);
	uint64_t n;
	if (!str_given(left) || !str_to_u64(left, &n) || n > 0)
		return true;
	bool asks = str_eq(x->request->verb, S("OPTIONS"));
	x->response =
		message_response(x->arena, asks ? 200 : 405); /* it is not for us to reflect */
	headers_add(x->arena, &x->response->headers, S("Allow"),
	            S("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
	return false;
}

struct headers hop_headers(struct exchange *x, const struct headers *from)
{
	str left = hops_left(x);
	uint64_t n;
	bool says = x->endpoint->x_forwarded_for && x->call->sock;
	bool counts = str_given(left) && str_to_u64(left, &n);
	if (!says && !counts)
		return *from;
	struct headers h = headers_copy(x->arena, from, 6);
	if (says)
		add_forwarded(x, &h);
	if (counts)
		headers_set(x->arena, &h, S("Max-Forwards"),
		            str_fmt(x->arena, "%llu", (unsigned long long)n - 1));
	return h;
}

/* ---- fields that say one thing ---- */

/* Which of them it is, as a bit; by length first: most names differ there. */
static unsigned single(str name)
{
#define IS(literal, bit) (str_ieq(name, S(literal)) ? 1u << (bit) : 0)
	switch (name.n) {
	case 4:
		return IS("Date", 0) | IS("From", 1);
	case 7:
		return IS("Expires", 2) | IS("Referer", 3);
	case 8:
		return IS("Location", 4);
	case 10:
		return IS("User-Agent", 5);
	case 12:
		return IS("Content-Type", 6) | IS("Max-Forwards", 7);
	case 13:
		return IS("Authorization", 8) | IS("Last-Modified", 9);
	default:
		return 0;
	}
#undef IS
}

str hop_repeated(const struct headers *h, const struct strs *repeatable)
{
	unsigned seen = 0;
	for (size_t i = 0; i < h->n; i++) {
		unsigned bit = single(h->v[i].name);
		if ((seen & bit) && !name_listed(repeatable, h->v[i].name))
			return h->v[i].name;
		seen |= bit;
	}
	return STR_NONE;
}
