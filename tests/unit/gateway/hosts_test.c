/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual hosts by Host header: exact names, wildcards, ports, listeners, and rubbish.
 * A row is a header and whose it is.
 * Source: Apigee, "About virtual hosts"; RFC 9110 §7.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gateway/hosts.h"
#include "http/uri.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct { size_t listener; str alias, env; } aliases[] = {
	{ 0, S_INIT("acme-test.localhost"), S_INIT("test") },
	{ 0, S_INIT("localhost"), S_INIT("test") },
	{ 0, S_INIT("127.0.0.1"), S_INIT("test") },
	{ 0, S_INIT("::1"), S_INIT("test") },
	{ 0, S_INIT("acme-prod.localhost"), S_INIT("prod") },
	{ 0, S_INIT("*.example.com"), S_INIT("wild") },
	{ 0, S_INIT("*.api.example.com"), S_INIT("deeper") },
	{ 0, S_INIT("UPPER.example"), S_INIT("upper") },
	{ 0, S_INIT("localhost"), S_INIT("second") }, /* the first has it */
	{ 1, S_INIT("localhost"), S_INIT("secure") },
	{ 2, S_INIT("*"), S_INIT("any") },
	{ 2, S_INIT("named"), S_INIT("named") },
};

static const struct { size_t listener; const char *header, *env; } headers[] = {
	{ 0, "acme-test.localhost", "test" },
	{ 0, "acme-test.localhost:9001", "test" },
	{ 0, "Acme-Test.LOCALHOST:9001", "test" },
	{ 0, "localhost:1", "test" },
	{ 0, "127.0.0.1:9001", "test" },
	{ 0, "[::1]:9001", "test" },
	{ 0, "[::1]", "test" },
	{ 0, "acme-prod.localhost", "prod" },
	{ 0, "x.example.com", "wild" },
	{ 0, "y.x.example.com:80", "wild" },
	{ 0, "x.api.example.com", "deeper" },
	{ 0, "api.example.com", "wild" },
	{ 0, "example.com", NULL },
	{ 0, "xexample.com", NULL },
	{ 0, "upper.example", "upper" },
	{ 0, "stranger", NULL },
	{ 0, "", NULL },
	{ 0, NULL, NULL },
	{ 0, ":9001", NULL },
	{ 0, "localhost:", "test" },
	{ 0, "localhost:99999", NULL },
	{ 0, "localhost:abc", NULL },
	{ 0, "user@localhost", NULL },
	{ 0, "localhost/..", NULL },
	{ 0, "[::1", NULL },
	{ 0, ".", NULL },
	{ 1, "localhost", "secure" },
	{ 1, "acme-test.localhost", NULL },
	{ 2, "whoever", "any" },
	{ 2, "a.b.c.d", "any" },
	{ 2, "named", "named" },
	{ 2, "", "any" },
	{ 2, NULL, "any" },
};

static void lookup(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct hosts *h = hosts_create(3);
	for (size_t i = 0; i < COUNT(aliases); i++)
		hosts_add(h, aliases[i].listener, aliases[i].alias,
		          &(struct host){ .organization = S("acme"), .environment = aliases[i].env, .name = S("default") });
	for (size_t i = 0; i < COUNT(headers); i++) {
		str name = S("");
		unsigned port;
		if (!uri_authority(str_from_z(headers[i].header), &name, &port))
			name = S("");
		const struct host *found = hosts_find(h, headers[i].listener, a, name);
		str got = found ? found->environment : S("nobody");
		if (!str_eq(got, headers[i].env ? str_from_z(headers[i].env) : S("nobody")))
			fail_msg("%s: %.*s", headers[i].header, STR(got));
	}
	hosts_destroy(&h);
	assert_null(h);
	hosts_destroy(&h);
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lookup) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
