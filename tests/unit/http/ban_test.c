/* SPDX-License-Identifier: Apache-2.0 */
/* Who counts as one address, and for how long it is kept out.
 * Nobody else is, and it ends by itself.
 * Source: http/ban.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "http/ban.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static uint64_t key(const char *address)
{
	struct sockaddr_storage from = { .ss_family = strchr(address, ':') ? AF_INET6 : AF_INET };
	void *to = from.ss_family == AF_INET ? (void *)&((struct sockaddr_in *)&from)->sin_addr : (void *)&((struct sockaddr_in6 *)&from)->sin6_addr;
	assert_int_equal(inet_pton(from.ss_family, address, to), 1);
	return ban_key(&from);
}

static void test_who(void **state)
{
	static const struct { const char *one, *other; bool same; } rows[] = {
		{ "10.0.0.1", "10.0.0.1", true },
		{ "10.0.0.1", "10.0.0.2", false },
		{ "10.0.0.1", "::ffff:10.0.0.1", true },
		{ "::ffff:10.0.0.1", "::ffff:10.0.0.2", false },
		{ "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true },
		{ "2001:db8:1:2::1", "2001:db8:1:3::1", false },
		{ "2001:db8::1", "32.1.13.184", false }, /* the same four bytes first */
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if ((key(rows[i].one) == key(rows[i].other)) != rows[i].same)
			fail_msg("%s and %s", rows[i].one, rows[i].other);
}

static void test_how_long(void **state)
{
	struct arena *a = arena_create(0, 0);
	struct ban *b = ban_make(a, 1000);
	uint64_t one = key("10.0.0.1"), other = key("10.0.0.2");
	(void)state;
	assert_false(ban_has(b, one, 5000));
	assert_true(ban_put(b, one, 5000));
	assert_false(ban_put(b, one, 5500)); /* already; from then on */
	assert_true(ban_has(b, one, 6499));
	assert_false(ban_has(b, other, 6499));
	assert_false(ban_has(b, one, 6500));
	assert_true(ban_put(b, one, 7000));
	arena_destroy(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_how_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
