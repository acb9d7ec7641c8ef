/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of the management API and the OAuth2 service.  The first line is the verb, the rest the path.
 * Invariant: no segment is empty or leads elsewhere, a HEAD changes nothing, and a secret is not shown.
 * Source: http/routes.h. */
#include <stdint.h>

#include "http/routes.h"

static const struct route rows[] = {
	{ "GET", "/v1/o/{org}/apis", false },          { "POST", "/v1/o/{org}/apis", true },
	{ "GET", "/v1/o/{org}/apis/{api}", true },     { "DELETE", "/v1/o/{org}/apis/{api}", true },
	{ "GET", "/v1/o/{org}/tokens/{token!}", false }, { "GET", "/", false },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	const struct routes *table = routes_compile(a, rows, sizeof rows / sizeof *rows);
	str path = str_from(data, size), verb = str_cut(&path, '\n'), allow = STR_NONE;
	struct message *m = message_request(a, verb, str_given(path) ? path : S(""));
	struct route_match r = { 0 };
	if (route_cut(a, m->path, &r)) {
		must(r.n <= ROUTE_SEGMENTS);
		for (size_t i = 0; i < r.n; i++)
			must(r.segments[i].n && str_find_char(r.segments[i], 0) == STR_NPOS &&
			     !str_eq(r.segments[i], S(".")) && !str_eq(r.segments[i], S("..")));
		route_expand(&r, 1, S("organizations"), S("o"));
		if (route_find(a, table, m, &r, &allow)) {
			must(r.row < sizeof rows / sizeof *rows);
			must(!str_eq(verb, S("HEAD")) || !rows[r.row].changes);
			must(r.safe == (!rows[r.row].changes));
			must((r.n == 0) == !str_given(route_param(&r, "org")));
			str token = route_param(&r, "token");
			must(!str_given(token) || !str_ends(route_shown(a, &r), token) || token.n < 4);
		}
	}
	arena_destroy(&a);
	return 0;
}
