/* SPDX-License-Identifier: Apache-2.0 */
/* Eight bytes at once answer as each byte would alone, whatever stands beside it.
 * Every value at every place, among neighbours that would carry or borrow if anything did.
 * Source: base/word.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>

#include "base/str.h"
#include "unit/base/each_byte.h"

static void check(const char bytes[8], int place)
{
	unsigned char c = (unsigned char)bytes[place];
	uint64_t w = word_at(bytes), low = word_lower(w);
	unsigned char lowered = (unsigned char)(low >> (8 * place));
	assert_int_equal(lowered, c < 0x80 ? tolower(c) : c);
	assert_int_equal(answers(word_from(w, 0x20), place), c >= 0x20 && c < 0x80);
	assert_int_equal(answers(word_from(w, 0x7f), place), c == 0x7f);
	assert_int_equal(answers(word_is(w, '"'), place), c == '"');
	assert_int_equal(answers(word_is(w, 0x7f), place), c == 0x7f);
	uint64_t bit = (uint64_t)0x20 << (8 * place); /* the case of letters, and of nothing else */
	assert_int_equal(word_isame(w, w ^ bit), c < 0x80 && isalpha(c));
}

static void each_byte(void **state)
{
	(void)state;
	each_word(check);
	for (int place = 0; place < 8; place++)
		assert_int_equal(word_first(WORD_TOPS << (8 * place)), place);
}

/* Of texts of every length one byte is changed: nobody may overlook it. */
static void each_length(void **state)
{
	(void)state;
	char a[24], b[24], c[24];
	for (size_t n = 1; n <= sizeof a; n++)
		for (size_t at = 0; at < n; at++) {
			memset(a, 'k', n);
			memcpy(b, a, n);
			memset(c, 'K', n);
			b[at] = 'x';
			assert_false(str_eq(str_from(a, n), str_from(b, n)));
			assert_false(str_ieq(str_from(b, n), str_from(c, n)));
			assert_true(str_ieq(str_from(a, n), str_from(c, n)));
			if (n < 8)
				assert_true(word_is(word_full(b, n), 'x') &&
				            !(word_is(word_full(a, n), 'k') ^ WORD_TOPS));
			assert_true(str_hash(str_from(a, n)) != str_hash(str_from(b, n)));
			assert_true(str_hash(str_from(a, n)) != str_hash(str_from(a, n - 1)));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_byte),
		cmocka_unit_test(each_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
