/* SPDX-License-Identifier: Apache-2.0 */
/* Base64, base64url and hexadecimal: the RFC's vectors and what strictness refuses.
 * A test is a row.
 * Source: RFC 4648 §10. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/base64.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

typedef err (*reader)(struct arena *, str, str *);

static void writing(void **state)
{
	struct arena *a = *state;
	static const struct { str bytes, base64, url; } rows[] = {
		{ S_INIT(""), S_INIT(""), S_INIT("") },
		{ S_INIT("f"), S_INIT("Zg=="), S_INIT("Zg") },
		{ S_INIT("fo"), S_INIT("Zm8="), S_INIT("Zm8") },
		{ S_INIT("foo"), S_INIT("Zm9v"), S_INIT("Zm9v") },
		{ S_INIT("foob"), S_INIT("Zm9vYg=="), S_INIT("Zm9vYg") },
		{ S_INIT("fooba"), S_INIT("Zm9vYmE="), S_INIT("Zm9vYmE") },
		{ S_INIT("foobar"), S_INIT("Zm9vYmFy"), S_INIT("Zm9vYmFy") },
		{ S_INIT("\xfb\xff\xfe"), S_INIT("+//+"), S_INIT("-__-") },
		{ S_INIT("\0\0\0"), S_INIT("AAAA"), S_INIT("AAAA") },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		str back = STR_NONE;
		assert_true(str_eq(base64_write(a, rows[i].bytes), rows[i].base64));
		assert_true(str_eq(base64url_write(a, rows[i].bytes), rows[i].url));
		assert_int_equal(base64_read(a, rows[i].base64, &back).code, ERR_NONE);
		assert_true(str_eq(back, rows[i].bytes));
		assert_int_equal(base64url_read(a, rows[i].url, &back).code, ERR_NONE);
		assert_true(str_eq(back, rows[i].bytes));
	}
}

static void refusing(void **state)
{
	struct arena *a = *state;
	static const struct { const char *text; reader read; bool ok; } rows[] = {
		{ "Zg", base64_read, false },       { "Zg=", base64_read, false },
		{ "Zg==", base64_read, true },      { "Zg==", base64url_read, true },
		{ "Zm8=", base64url_read, true },   { "Zm9v====", base64_read, false },
		{ "Zh==", base64_read, false },     { "Zm9=", base64_read, false },
		{ "Zh", base64url_read, false },    { "Z", base64url_read, false },
		{ "Zm9v\n", base64_read, false },   { "Zm 9v", base64_read, false },
		{ "+//+", base64url_read, false },  { "-__-", base64_read, false },
		{ "=", base64_read, false },        { "====", base64_read, false },
		{ "Zg=a", base64_read, false },     { "Zm8=Zm8=", base64_read, false },
		{ "Zg=", base64url_read, false },   { "", base64url_read, true },
		{ "Zm9v\xbf""m9vZm9v", base64url_read, false }, { "Zm9vZm\xff", base64url_read, false },
		{ "Zm9vZm9vZ", base64url_read, false }, { "Zm9vZm9vZm8", base64url_read, true },
		{ "Zm9vZm9vZm9", base64url_read, false }, { "Zm9vZm9vZh", base64url_read, false },
		{ "00fF", hex_read, true },         { "0", hex_read, false },
		{ "0g", hex_read, false },          { "0x10", hex_read, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		str out;
		err e = rows[i].read(a, str_from_z(rows[i].text), &out);
		if ((e.code == ERR_NONE) != rows[i].ok)
			fail_msg("row %zu: %s", i, rows[i].text);
	}
	str out;
	assert_int_equal(hex_read(a, S("00fFA9"), &out).code, ERR_NONE);
	assert_true(str_eq(out, S("\0\xff\xa9")));
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
	const struct CMUnitTest tests[] = { cmocka_unit_test(writing), cmocka_unit_test(refusing) };
	return cmocka_run_group_tests(tests, setup, teardown);
}
