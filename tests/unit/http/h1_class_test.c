/* SPDX-License-Identifier: Apache-2.0 */
/* Eight bytes of a head at once are judged as the table of classes judges each.
 * Every value at every place, among neighbours that would carry or borrow if anything did.
 * Source: http/h1_class.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>

#include "http/h1_class.h"
#include "unit/base/each_byte.h"

static void check(const char bytes[8], int place)
{
	int c = (unsigned char)bytes[place];
	uint64_t w = word_at(bytes);
	bool usual = c < 0x80 && (isalpha(c) || c == '-');
	assert_int_equal(answers(h1_not_usual(w), place), !usual);
	assert_int_equal(answers(h1_controls(w), place), c < ' ' || c == 0x7f);
}

static void each_byte(void **state)
{
	(void)state;
	each_word(check);
}

/* Names and values of every length end where their first stranger stands. */
static void each_length(void **state)
{
	(void)state;
	static const char strangers[] = { ':', ' ', '\r', '\0', '\x7f', '(' };
	char text[40];
	for (size_t n = 0; n < sizeof text; n++)
		for (size_t at = 0; at <= n; at++)
			for (size_t c = 0; c < sizeof strangers; c++) {
				memset(text, at & 1 ? '!' : 'x', n);
				if (at < n)
					text[at] = strangers[c];
				str s = str_from(text, n);
				assert_int_equal(h1_token_span(s), h1_span(s, H1_TOKEN));
				assert_int_equal(h1_value_span(s), h1_span(s, H1_VALUE));
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
