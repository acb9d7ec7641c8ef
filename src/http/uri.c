/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting an http or https URL.
 * Every part is a slice of the text; nothing is decoded, so nothing can change its meaning.
 * Source: RFC 3986 §3, RFC 9110 §4.2. */
#include "http/uri.h"

#include "http/h1_class.h"

/* "[" IPv6address "]": what is inside is judged loosely here, and exactly by the resolver. */
static bool cut_ip6(str *rest, str *host)
{
	size_t close = str_find_char(*rest, ']');
	if (close == STR_NPOS)
		return false;
	*host = str_sub(*rest, 1, close);
	*rest = str_sub(*rest, close + 1, STR_NPOS);
	if (host->n < 2 || str_find_char(*host, ':') == STR_NPOS)
		return false;
	for (size_t i = 0; i < host->n; i++)
		if (!h1_is(host->p[i], H1_HEX) && host->p[i] != ':' && host->p[i] != '.')
			return false;
	return true;
}

static bool cut_name(str *rest, str *host)
{
	size_t n = h1_span(*rest, H1_HOST);
	*host = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, STR_NPOS);
	str after = *host;
	for (size_t at; (at = str_find_char(after, '%')) != STR_NPOS;) {
		after = str_sub(after, at + 1, STR_NPOS);
		if (after.n < 2 || !h1_is(after.p[0], H1_HEX) || !h1_is(after.p[1], H1_HEX))
			return false;
	}
	return n > 0 && n <= 255;
}

bool uri_authority(str text, str *host, unsigned *port)
{
	uint64_t number;
	str rest = text;
	if (!(rest.n && rest.p[0] == '[' ? cut_ip6(&rest, host) : cut_name(&rest, host)))
		return false;
	if (rest.n == 0 || str_eq(rest, S(":")))
		return true;
	if (rest.p[0] != ':' || rest.n > 6 || !str_to_u64(str_sub(rest, 1, STR_NPOS), &number))
		return false;
	*port = (unsigned)number;
	return number >= 1 && number <= 65535;
}

err uri_parse(str text, struct uri *u)
{
	*u = (struct uri){ .text = text };
	u->tls = str_istarts(text, S("https://"));
	if (!u->tls && !str_istarts(text, S("http://")))
		return FAIL(ERR_SYNTAX);
	u->scheme = str_sub(text, 0, u->tls ? 5 : 4);
	u->port = u->tls ? 443 : 80;
	str rest = str_sub(text, u->scheme.n + 3, STR_NPOS);
	size_t end = 0;
	while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
		end++;
	u->authority = str_sub(rest, 0, end);
	if (!uri_authority(u->authority, &u->host, &u->port))
		return FAIL(ERR_SYNTAX);
	u->host_hash = str_hash(u->host);
	rest = str_sub(rest, end, STR_NPOS);
	if (h1_span(rest, H1_QUERY) != rest.n)
		return FAIL(ERR_SYNTAX);
	u->path = str_cut(&rest, '?');
	u->query = rest;
	if (u->path.n == 0)
		u->path = S("/");
	return DONE;
}

bool uri_path_ok(str path)
{
	return path.n > 0 && path.p[0] == '/' && h1_span(path, H1_VCHAR) == path.n;
}
