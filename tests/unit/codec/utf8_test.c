/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8: every kind of sequence, well-formed and not.
 * A test is a row.
 * Source: RFC 3629; Unicode 15, table 3-7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/utf8.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void sequences(void **state)
{
	struct arena *a = *state;
	static const struct { str s; size_t len; uint32_t character; size_t count; } rows[] = {
		{ S_INIT("a"), 1, 'a', 1 },
		{ S_INIT("\0"), 1, 0, 1 },
		{ S_INIT("\xc2\x80"), 2, 0x80, 1 },
		{ S_INIT("\xdf\xbf"), 2, 0x7ff, 1 },
		{ S_INIT("\xe0\xa0\x80"), 3, 0x800, 1 },
		{ S_INIT("\xed\x9f\xbf"), 3, 0xd7ff, 1 },
		{ S_INIT("\xef\xbf\xbf"), 3, 0xffff, 1 },
		{ S_INIT("\xf0\x90\x80\x80"), 4, 0x10000, 1 },
		{ S_INIT("\xf4\x8f\xbf\xbf"), 4, 0x10ffff, 1 },
		{ S_INIT("\x80"), 0, 0xfffd, 1 },
		{ S_INIT("\xc0\x80"), 0, 0xfffd, 2 },
		{ S_INIT("\xc1\xbf"), 0, 0xfffd, 2 },
		{ S_INIT("\xe0\x9f\xbf"), 0, 0xfffd, 3 },
		{ S_INIT("\xed\xa0\x80"), 0, 0xfffd, 3 },
		{ S_INIT("\xf0\x8f\xbf\xbf"), 0, 0xfffd, 4 },
		{ S_INIT("\xf4\x90\x80\x80"), 0, 0xfffd, 4 },
		{ S_INIT("\xf5\x80\x80\x80"), 0, 0xfffd, 4 },
		{ S_INIT("\xe2\x82"), 0, 0xfffd, 2 },
		{ S_INIT("\xe2\x82" "a"), 0, 0xfffd, 3 },
		{ S_INIT("\xff"), 0, 0xfffd, 1 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t at = 0;
		struct buf b = buf_in(a);
		assert_int_equal(utf8_sequence(rows[i].s, 0), rows[i].len);
		assert_int_equal(utf8_valid(rows[i].s), rows[i].len != 0);
		assert_int_equal(utf8_is_text(rows[i].s), rows[i].len && rows[i].character);
		assert_int_equal(utf8_take(rows[i].s, &at), rows[i].character);
		assert_int_equal(at, rows[i].len ? rows[i].len : 1);
		assert_int_equal(utf8_count(rows[i].s), rows[i].count);
		utf8_put(&b, rows[i].character);
		if (rows[i].len)
			assert_true(str_eq(buf_str(&b), rows[i].s));
	}
	assert_true(utf8_valid(STR_NONE));
}

static int setup(void **state)
{
	*state = arena_create(0, 0);
	return 0;
}

static int teardown(void **state)
{
	arena_destroy((struct arena **)state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sequences) };
	return cmocka_run_group_tests(tests, setup, teardown);
}
