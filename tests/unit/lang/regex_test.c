/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions: Java's reading of them, replacing, and bounds on time and depth.
 * A test is a row.
 * Source: java.util.regex.Pattern and Matcher. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "lang/regex.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct regex *compiled(struct arena *a, str pattern)
{
	struct regex *r = NULL;
	struct diag diag = { .arena = a };
	if (regex_compile(a, pattern, &diag, 1, &r).code)
		fail_msg("%.*s", STR(diag_text(a, &diag)));
	return r;
}

/* Anywhere. */
static bool finds(struct arena *a, const struct regex *r, str text)
{
	return !str_eq(regex_replace(a, r, text, S("\x01"), false), text);
}

static void matching(void **state)
{
	struct arena *a = *state;
	static const struct { str pattern, text; bool matches, finds; } rows[] = {
		{ S_INIT("a|ab"), S_INIT("ab"), true, true },
		{ S_INIT("b"), S_INIT("abc"), false, true },
		{ S_INIT(""), S_INIT(""), true, true },
		{ S_INIT(""), S_INIT("a"), false, true },
		{ S_INIT("a.c"), S_INIT("a\nc"), false, false },
		{ S_INIT("(?s)a.c"), S_INIT("a\nc"), true, true },
		{ S_INIT("^.{3}$"), S_INIT("\xc3\xa4\xc3\xb6\xc3\xbc"), true, true },
		{ S_INIT("\\d+"), S_INIT("42"), true, true },
		{ S_INIT("\\w"), S_INIT("\xc3\xa4"), false, false },
		{ S_INIT("\\u0041\\x42"), S_INIT("AB"), true, true },
		{ S_INIT("[\\w.-]+@[\\w.-]+"), S_INIT("a.b@c-d.e"), true, true },
		{ S_INIT("(?i)get|post"), S_INIT("POST"), true, true },
		{ S_INIT("a++b"), S_INIT("aaab"), true, true },
		{ S_INIT("(?<y>\\d{4})-\\k<y>"), S_INIT("2020-2020"), true, true },
		{ S_INIT("a.b"), S_INIT("a\xff"
			                "b"), true, true }, /* no UTF-8: one character a byte */
		{ S_INIT("\\Qa.b\\E"), S_INIT("a.b"), true, true },
		{ S_INIT("(?=x)"), S_INIT("yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyx"), false, true },
		{ S_INIT("\xc3\xa4$"), S_INIT("0123456789abcde\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"), false,
		  true },
		{ S_INIT("<\\s*script\\b[^>]*>[^<]+<\\s*/\\s*script\\s*>"),
		  S_INIT("a long text with <script type='x'>evil()</script> in it"), false, true },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct regex *r = compiled(a, rows[i].pattern);
		if (regex_matches(r, rows[i].text) != rows[i].matches ||
		    finds(a, r, rows[i].text) != rows[i].finds)
			fail_msg("%.*s on %.*s", STR(rows[i].pattern), STR(rows[i].text));
	}
	assert_true(regex_matches(compiled(a, STR_NONE), STR_NONE));
}

static void replacing(void **state)
{
	struct arena *a = *state;
	static const struct { str pattern, text, with, all, first; } rows[] = {
		{ S_INIT("b"), S_INIT("abcb"), S_INIT("X"), S_INIT("aXcX"), S_INIT("aXcb") },
		{ S_INIT("x"), S_INIT("abc"), S_INIT("X"), S_INIT("abc"), S_INIT("abc") },
		{ S_INIT("(\\w)(\\d)"), S_INIT("a1b2"), S_INIT("$2$1"), S_INIT("1a2b"), S_INIT("1ab2") },
		{ S_INIT("(a)"), S_INIT("a"), S_INIT("$12"), S_INIT("a2"), S_INIT("a2") },
		{ S_INIT("a"), S_INIT("a"), S_INIT("$0$0"), S_INIT("aa"), S_INIT("aa") },
		{ S_INIT("(?<n>a)"), S_INIT("a"), S_INIT("[${n}]"), S_INIT("[a]"), S_INIT("[a]") },
		{ S_INIT("a"), S_INIT("a"), S_INIT("${n}"), S_INIT("${n}"), S_INIT("${n}") },
		{ S_INIT("a"), S_INIT("a"), S_INIT("\\$1\\\\"), S_INIT("$1\\"), S_INIT("$1\\") },
		{ S_INIT("a"), S_INIT("a"), S_INIT("$"), S_INIT("$"), S_INIT("$") },
		{ S_INIT(""), S_INIT("ab"), S_INIT("-"), S_INIT("-a-b-"), S_INIT("-ab") },
		{ S_INIT(""), S_INIT(""), S_INIT("-"), S_INIT("-"), S_INIT("-") },
		{ S_INIT("x*"), S_INIT("axb"), S_INIT("-"), S_INIT("-a--b-"), S_INIT("-axb") },
		{ S_INIT("(a)|b"), S_INIT("ab"), S_INIT("<$1>"), S_INIT("<a><>"), S_INIT("<a>b") },
		{ S_INIT("^Bearer "), S_INIT("Bearer Bearer x"), S_INIT(""), S_INIT("Bearer x"),
		  S_INIT("Bearer x") },
		{ S_INIT(""), S_INIT("\xc3\xa4"), S_INIT("."), S_INIT(".\xc3\xa4."), S_INIT(".\xc3\xa4") },
		{ S_INIT("b"), S_INIT("a\xff"
			              "b"), S_INIT("c"), S_INIT("a\xff"
			                                        "c"), S_INIT("a\xff"
			                                                     "c") },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct regex *r = compiled(a, rows[i].pattern);
		str all = regex_replace(a, r, rows[i].text, rows[i].with, true);
		str first = regex_replace(a, r, rows[i].text, rows[i].with, false);
		if (!str_eq(all, rows[i].all) || !str_eq(first, rows[i].first))
			fail_msg("row %zu: %.*s, %.*s", i, STR(all), STR(first));
	}
}

static void refusing(void **state)
{
	struct arena *a = *state;
	struct buf deep = buf_in(a), longest = buf_in(a);
	for (int i = 0; i < 51; i++)
		buf_char(&deep, '(');
	for (int i = 0; i < 51; i++)
		buf_char(&deep, ')');
	for (int i = 0; i < 9000; i++)
		buf_char(&longest, 'a');
	const struct { str pattern; enum err_code code; const char *text; } rows[] = {
		{ S("(a"), ERR_SYNTAX, "3: regular expression \"(a\", column 3: missing closing parenthesis" },
		{ S("[a"), ERR_SYNTAX, NULL },
		{ S("a{2,1}"), ERR_SYNTAX, NULL },
		{ S("*a"), ERR_SYNTAX, NULL },
		{ S("\\C"), ERR_SYNTAX, NULL },
		{ S("\xff"), ERR_SYNTAX, NULL },
		{ buf_str(&deep), ERR_SYNTAX, NULL },
		{ buf_str(&longest), ERR_LIMIT, "3: a regular expression of more than 8192 bytes" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct regex *r = NULL;
		struct diag diag = { .arena = a };
		assert_int_equal(regex_compile(a, rows[i].pattern, &diag, 3, &r).code, rows[i].code);
		assert_int_equal(diag.findings.n, 1);
		if (rows[i].text && !str_eq(diag_text(a, &diag), str_from_z(rows[i].text)))
			fail_msg("row %zu: %.*s", i, STR(diag_text(a, &diag)));
	}
}

/* Patterns that take exponential or quadratic time: the answer comes soon, whatever it is. */
static void bounds(void **state)
{
	struct arena *a = *state;
	static const char *const patterns[] = { "(a+)+b", "(a|a)*b", "(.*)*x", "(a?){40}a{40}", "^(([a-z])+.)+[A-Z]([a-z])+$" };
	static const size_t sizes[] = { 30, 1000, 100000, 1000000 };
	for (size_t i = 0; i < COUNT(patterns); i++) {
		for (size_t k = 0; k < COUNT(sizes); k++) {
			char *p = arena_alloc(a, sizes[k], 1);
			for (size_t j = 0; j < sizes[k]; j++)
				p[j] = j % 17 == 16 ? '!' : 'a';
			struct regex *r = compiled(a, str_from_z(patterns[i]));
			int64_t start = clock_mono_ns();
			(void)regex_matches(r, str_from(p, sizes[k]));
			(void)finds(a, r, str_from(p, sizes[k]));
			(void)regex_replace(a, r, str_from(p, sizes[k]), S("x"), true);
			int64_t ms = (clock_mono_ns() - start) / 1000000;
			if (ms > 3000) /* twice a tenth of a second, with room for sanitizers */
				fail_msg("%s on %zu bytes: %lld ms", patterns[i], sizes[k], (long long)ms);
		}
	}
	str text = { arena_zalloc(a, 1 << 20, 1), 1 << 20 }, with = { arena_zalloc(a, 1 << 20, 1), 1 << 20 };
	assert_ptr_equal(regex_replace(a, compiled(a, S("")), text, with, true).p, text.p);
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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matching),
		cmocka_unit_test(replacing),
		cmocka_unit_test(refusing),
		cmocka_unit_test(bounds),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
