/* SPDX-License-Identifier: Apache-2.0 */
/* URLs: the parts are slices that put together give the text again.
 * None of them could end a line of a request.
 * Source: RFC 3986. */
#include <stdint.h>

#include "http/uri.c"

static bool plain(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str in = str_from(data, size);
	struct uri u, again;
	if (!uri_parse(in, &u).code) {
		must(plain(u.scheme) && plain(u.host) && plain(u.path) && plain(u.query));
		must(u.host.n && uri_path_ok(u.path) && u.port >= 1 && u.port <= 65535);
		bool ip6 = str_has(u.host, S(":"));
		str text = str_fmt(a, "%.*s://%s%.*s%s:%u%.*s%s%.*s", STR(u.scheme), ip6 ? "[" : "",
		                   STR(u.host), ip6 ? "]" : "", u.port, STR(u.path),
		                   str_given(u.query) ? "?" : "", STR(u.query));
		err e = uri_parse(text, &again);
		must(!e.code && str_eq(again.host, u.host) && again.port == u.port && again.tls == u.tls);
		must(str_eq(again.path, u.path) && str_eq(again.query, u.query));
	}
	uri_path_ok(in);
	arena_destroy(&a);
	return 0;
}
