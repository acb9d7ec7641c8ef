/* SPDX-License-Identifier: Apache-2.0 */
/* Token keys.
 * They sort by the hour of expiry, and never sorts last.
 * Source: docs/why/token_keys.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/token.h"

static void hours(void **state)
{
	static const struct {
		int64_t ms;
		uint32_t hour;
	} rows[] = {
		{ 0, 0 },
		{ 3599999, 0 },
		{ 3600000, 1 },
		{ 1700000000000, 472222 },
		{ -1, TOKEN_HOUR_NEVER },
		{ INT64_MAX, TOKEN_HOUR_NEVER },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(token_hour(rows[i].ms), rows[i].hour);
}

static void keys(void **state)
{
	static const unsigned char abc[] = {
		0, 7, 0x34, 0x9e, 0xba, 0x78, 0x16, 0xbf
	}; /* 472222, SHA-256("abc")... */
	(void)state;
	struct token_key k = token_key_of(472222, S("abc"));
	assert_memory_equal(k.bytes, abc, sizeof abc);
	struct token_key later = token_key_of(472223, S("abc")),
			 never = token_key_of(TOKEN_HOUR_NEVER, S("abc"));
	assert_true(memcmp(k.bytes, later.bytes, sizeof k.bytes) < 0);
	assert_true(memcmp(later.bytes, never.bytes, sizeof k.bytes) < 0);
	struct token_key other = token_key_of(472222, S("abd"));
	assert_memory_not_equal(k.bytes, other.bytes, sizeof k.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(hours), cmocka_unit_test(keys) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
