/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions: every operator in both spellings, nulls, types, precedence, and what is refused.
 * A test is a row.
 * Source: Apigee, "Conditions reference" and "Conditional flows". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "lang/condition.h"
#include "scope.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct flowvar vars[] = {
	TEXT("request.verb", "GET"),
	TEXT("proxy.pathsuffix", "/token"),
	TEXT("s", "abc"),
	TEXT("s2", "abc"),
	TEXT("up", "ABC"),
	TEXT("empty", ""),
	TEXT("null.text", "null"),
	TEXT("yes", "true"),
	TEXT("Yes", "TRUE"),
	TEXT("no", "false"),
	TEXT("ten", "10"),
	TEXT("nine", "9"),
	TEXT("path", "/a/b/feed/rss/1234"),
	TEXT("request.header.help!me", "x"),
	TEXT("request.header.content-type", "application/json; charset=utf-8"),
	TEXT("quote", "say \"hi\""),
	INT("response.status.code", 400),
	INT("zero", 0),
	INT("minus", -5),
	INT("big", INT64_MAX),
	REAL("half", 0.5),
	REAL("two", 2.0),
	BOOL("t", 1),
	BOOL("f", 0),
};

struct row {
	const char *text;
	bool holds;
};

static const struct row operators[] = {
	{ "request.verb = \"GET\"", true },
	{ "request.verb == \"GET\"", true },
	{ "request.verb equals \"GET\"", true },
	{ "request.verb EQUALS \"GET\"", true },
	{ "request.verb Is \"GET\"", true },
	{ "request.verb is \"get\"", false },
	{ "request.verb=\"GET\"", true },
	{ "request.verb==\"POST\"", false },
	{ "request.verb != \"POST\"", true },
	{ "request.verb!=\"GET\"", false },
	{ "request.verb NotEquals \"POST\"", true },
	{ "request.verb IsNot \"GET\"", false },
	{ "request.verb is not \"POST\"", true },
	{ "request.verb not equals \"GET\"", false },
	{ "request.verb := \"get\"", true },
	{ "request.verb:=\"get\"", true },
	{ "request.verb =: \"get\"", true },
	{ "request.verb EqualsCaseInsensitive \"gEt\"", true },
	{ "request.verb := \"put\"", false },
	{ "request.verb Not EqualsCaseInsensitive \"get\"", false },
	{ "response.status.code > 399", true },
	{ "response.status.code GreaterThan 400", false },
	{ "response.status.code >= 400", true },
	{ "response.status.code GreaterThanOrEquals 401", false },
	{ "response.status.code < 400", false },
	{ "response.status.code LesserThan 401", true },
	{ "response.status.code <= 400", true },
	{ "response.status.code lesserthanorequals 399", false },
	{ "response.status.code>=400&&response.status.code<500", true },
	{ "response.status.code not GreaterThan 400", true },
	{ "s =| \"ab\"", true },
	{ "s StartsWith \"ab\"", true },
	{ "s StartsWith \"b\"", false },
	{ "s StartsWith s2", true },
	{ "s Not StartsWith \"ab\"", false },
	{ "s not startswith \"b\"", true },
	{ "s StartsWith \"\"", true },
	{ "s ~ \"a*\"", true },
	{ "s Matches \"*c\"", true },
	{ "s Like \"a*c\"", true },
	{ "s LIKE \"b*\"", false },
	{ "s !~ \"b*\"", true },
	{ "s Not Matches \"a*\"", false },
	{ "up ~ \"a*\"", false },
	{ "path ~ \"/a/*/1234\"", true },
	{ "proxy.pathsuffix MatchesPath \"/token\"", true },
	{ "proxy.pathsuffix ~/ \"/token\"", true },
	{ "proxy.pathsuffix ~/\"/*\"", true },
	{ "proxy.pathsuffix LikePath \"/other\"", false },
	{ "proxy.pathsuffix !~/ \"/other\"", true },
	{ "proxy.pathsuffix Not MatchesPath \"/token\"", false },
	{ "path MatchesPath \"/a/**/feed/**\"", true },
	{ "path MatchesPath \"/a/*\"", false },
	{ "proxy.pathsuffix MatchesPath \"/{anything}\"", true },
	{ "s ~~ \"[a-c]+\"", true },
	{ "s JavaRegex \"[a-c]+\"", true },
	{ "s ~~ \"b\"", false }, /* the whole text */
	{ "s ~~ \"(?i)ABC\"", true },
	{ "s !~~ \"b\"", true },
	{ "s Not JavaRegex \"a.c\"", false },
	{ "response.status.code ~~ \"4\\d\\d\"", true },
	{ "! t", false },
	{ "!t", false },
	{ "Not f", true },
	{ "NOT(t)", false },
	{ "not not t", true },
	{ "!(request.verb = \"GET\")", false },
	{ "not request.verb = \"GET\"", false },
	{ "not request.verb = \"POST\" and t", true },
};

static const struct row literals[] = {
	{ "t", true },
	{ "f", false },
	{ "yes", true },
	{ "Yes", true },
	{ "no", false },
	{ "s", false },
	{ "zero", false },
	{ "minus", true },
	{ "half", true },
	{ "absent", false },
	{ "true", true },
	{ "FALSE", false },
	{ "null", false },
	{ "(true)", true },
	{ "", true },
	{ " \n ", true },
	{ "t = true", true },
	{ "t = \"true\"", true },
	{ "t = True", true },
	{ "yes = true", true },
	{ "Yes = true", false },
	{ "f = false", true },
	{ "t = 1", false },
	{ "response.status.code = 400", true },
	{ "response.status.code = \"400\"", true },
	{ "response.status.code = 400L", true },
	{ "response.status.code = 400.0", true },
	{ "response.status.code = 400f", true },
	{ "response.status.code = 400D", true },
	{ "response.status.code = \"400.0\"", false },
	{ "half = 0.5", true },
	{ "two = 2", true },
	{ "two = \"2.0\"", true },
	{ "minus = -5", true },
	{ "minus < -4", true },
	{ "big = 9223372036854775807", true },
	{ "ten = 10", true },
	{ "ten > nine", false }, /* strings, by their characters */
	{ "ten > 9", false },    /* one side is a string: both are */
	{ "ten < 9", true },
	{ "s = s2", true },
	{ "s = up", false },
	{ "s := up", true },
	{ "'request.header.help!me' = \"x\"", true },
	{ "'s' = \"abc\"", true },
	{ "s = 's2'", true },
	{ "request.header.content-type StartsWith \"application/json\"", true },
	{ "\"abc\" = s", true },
	{ "1 = 1", true },
	{ "s = \"a\nbc\"", false },
	{ "(request.verb = \"GET\")\r\n\tand\r\n\t(proxy.pathsuffix MatchesPath \"/token\")", true },
};

static const struct row nulls[] = {
	{ "absent = \"x\"", false },     { "s = null", false },        { "absent = null", true },
	{ "absent == \"x\"", false },    { "s == null", false },       { "absent == null", true },
	{ "absent := \"x\"", false },    { "s := null", false },       { "absent := null", true },
	{ "absent =| \"x\"", false },    { "s =| null", false },       { "absent =| null", false },
	{ "absent != \"x\"", true },     { "s != null", true },        { "absent != null", false },
	{ "absent > \"x\"", true },      { "s > null", false },        { "absent > null", false },
	{ "absent >= \"x\"", false },    { "s >= null", true },        { "absent >= null", true },
	{ "absent < \"x\"", true },      { "s < null", false },        { "absent < null", false },
	{ "absent <= \"x\"", true },     { "s <= null", false },       { "absent <= null", true },
	{ "absent ~ \"*\"", false },     { "absent ~~ \".*\"", false }, { "absent ~/ \"/**\"", false },
	{ "absent !~ \"*\"", true },     { "absent !~~ \".*\"", true }, { "absent !~/ \"/**\"", true },
	{ "absent = gone", true },       { "absent != gone", false },  { "absent = s", false },
	{ "s is absent", false },        { "absent Is Null", true },   { "s IsNot NULL", true },
	{ "null.text = null", false },   { "null.text = \"null\"", true },
	{ "absent = \"null\"", false },  { "empty = null", false },    { "empty = \"\"", true },
	{ "absent not startswith \"x\"", true }, { "!(absent = \"x\")", true },
	{ "absent not equals \"x\"", true }, { "absent not := \"x\"", true },
	{ "absent not := null", false }, { "not absent", true },
};

static const struct row precedence[] = {
	/* A && B || C && D is A && (B || C) && D */
	{ "f and t or t", false },
	{ "t or t and f", false },
	{ "t or f and f", false },
	{ "f or t and t", true },
	{ "(f and t) or t", true },
	{ "t or (t and f)", true },
	{ "t && f || t && t", true },
	{ "f && f || t && t", false },
	{ "t && t || t && f", false },
	{ "t AND t OR f", true },
	{ "f Or f Or t", true },
	{ "t and t and f", false },
	{ "not f and f", false },
	{ "not (f and f)", true },
	{ "not t or t", true },
	{ "not f or f and f", false },
	{ "not s = \"x\" or f", true },
	{ "request.verb = \"GET\" or request.verb = \"POST\" and f", false },
	{ "((((t))))", true },
	{ "(t)and(t)", true },
	{ "(t)&&(f)||(t)", true },
	{ "!(t and f) and !(f or f)", true },
	{ "!(!(t))", true },
	{ "not (t or f) or (t and not f)", true },
};

static void check(struct arena *a, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct diag diag = { .arena = a };
		struct test_binder b = test_binder(a, &diag, (struct test_vars){ vars, COUNT(vars) });
		struct scope scope = { a, test_get };
		struct condition *c = NULL;
		if (condition_compile(&b.binder, str_from_z(rows[i].text), 1, &c).code)
			fail_msg("%s: %.*s", rows[i].text, STR(diag_text(a, &diag)));
		if (condition_true(c, &scope) != rows[i].holds)
			fail_msg("%s: not %s", rows[i].text, rows[i].holds ? "true" : "false");
	}
}

static void all_operators(void **state) { check(*state, operators, COUNT(operators)); }
static void all_literals(void **state) { check(*state, literals, COUNT(literals)); }
static void all_nulls(void **state) { check(*state, nulls, COUNT(nulls)); }
static void all_precedence(void **state) { check(*state, precedence, COUNT(precedence)); }

static void refusing(void **state)
{
	struct arena *a = *state;
	static const struct { const char *text, *finding; } rows[] = {
		{ "(a = \"x\"", "7: condition, column 1: this \"(\" is not closed" },
		{ "a = \"x\")", "7: condition, column 8: this \")\" closes nothing" },
		{ "((a)", "7: condition, column 1: this \"(\" is not closed" },
		{ "(a))", "7: condition, column 4: this \")\" closes nothing" },
		{ "()", "7: condition, column 2: \")\" stands where a variable or a value should" },
		{ "a =", "7: condition, column 4: the condition ends where a variable or a value should stand" },
		{ "= \"x\"", "7: condition, column 1: \"=\" stands where a variable or a value should" },
		{ "a and", "7: condition, column 6: the condition ends where a variable or a value should stand" },
		{ "and a", "7: condition, column 1: \"and\" stands where a variable or a value should" },
		{ "a b", "7: condition, column 3: \"b\" stands where \"and\" or \"or\" should" },
		{ "(a b)", "7: condition, column 4: \"b\" stands where \"and\", \"or\" or \")\" should" },
		{ "a = \"x", "7: condition, column 5: the quote \" is not closed" },
		{ "'a = 1", "7: condition, column 1: the quote ' is not closed" },
		{ "a = {b}", "7: condition, column 5: unexpected character '{'" },
		{ "a & b", "7: condition, column 3: unexpected character '&'" },
		{ "a = \"x\"\n and\n ? b", "9: condition, column 2: unexpected character '?'" },
		{ "a ~ b", "7: condition, column 5: a pattern in double quotes should stand here" },
		{ "a ~/ 1", "7: condition, column 6: a pattern in double quotes should stand here" },
		{ "a ~~ \"(x\"", "7: condition, column 6: regular expression \"(x\", column 3: "
		                 "missing closing parenthesis" },
		{ "a not b", "7: condition, column 7: an operator should follow \"not\" here" },
		{ "a not", "7: condition, column 6: an operator should follow \"not\" here" },
		{ "not", "7: condition, column 4: the condition ends where a variable or a value should stand" },
		{ "a = b = c", "7: condition, column 7: \"=\" stands where \"and\" or \"or\" should" },
		{ "'' = 1", "7: condition, column 1: a variable needs a name" },
		{ "a := = b", "7: condition, column 6: \"=\" stands where a variable or a value should" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct diag diag = { .arena = a };
		struct test_binder b = test_binder(a, &diag, (struct test_vars){ 0 });
		struct condition *c = NULL;
		err e = condition_compile(&b.binder, str_from_z(rows[i].text), 7, &c);
		if (e.code != ERR_SYNTAX || !str_eq(diag_text(a, &diag), str_from_z(rows[i].finding)))
			fail_msg("%s: %.*s", rows[i].text, STR(diag_text(a, &diag)));
	}
}

static void bounds(void **state)
{
	struct arena *a = *state;
	static const struct { const char *open, *middle, *close; int times; enum err_code code; bool holds; }
	rows[] = {
		{ "(", "t", ")", 100, ERR_NONE, true },
		{ "(", "t", ")", 101, ERR_LIMIT, false },
		{ "!", "t", "", 100, ERR_NONE, true },
		{ "!", "t", "", 101, ERR_LIMIT, false },
		{ "t and ", "t", "", 10000, ERR_NONE, true },
		{ "f or ", "t", "", 10000, ERR_NONE, true },
		{ "f or ", "t", "", 20000, ERR_LIMIT, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct diag diag = { .arena = a };
		struct test_binder b = test_binder(a, &diag, (struct test_vars){ vars, COUNT(vars) });
		struct scope scope = { a, test_get };
		struct condition *c = NULL;
		struct buf text = buf_in(a);
		for (int k = 0; k < rows[i].times; k++)
			buf_add(&text, str_from_z(rows[i].open));
		buf_add(&text, str_from_z(rows[i].middle));
		for (int k = 0; k < rows[i].times; k++)
			buf_add(&text, str_from_z(rows[i].close));
		err e = condition_compile(&b.binder, buf_str(&text), 1, &c);
		assert_int_equal(e.code, rows[i].code);
		if (!e.code)
			assert_int_equal(condition_true(c, &scope), rows[i].holds);
	}
}

static void text_and_cost(void **state)
{
	struct arena *a = *state;
	struct diag diag = { .arena = a };
	struct test_binder b = test_binder(a, &diag, (struct test_vars){ vars, COUNT(vars) });
	struct scope scope = { a, test_get };
	struct condition *c = NULL;
	str text = S(" (proxy.pathsuffix MatchesPath \"/token\") and (request.verb = \"GET\")\n");
	assert_int_equal(condition_compile(&b.binder, text, 1, &c).code, ERR_NONE);
	assert_true(str_eq(condition_text(c), str_trim(text)));
	size_t before = arena_used(a), hits = 0;
	int64_t start = clock_mono_ns();
	for (int i = 0; i < 200000; i++)
		hits += condition_true(c, &scope);
	print_message("two comparisons: %lld ns\n", (long long)(clock_mono_ns() - start) / 200000);
	assert_int_equal(hits, 200000);
	assert_int_equal(arena_used(a), before); /* evaluation allocates nothing */
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
		cmocka_unit_test(all_operators), cmocka_unit_test(all_literals),
		cmocka_unit_test(all_nulls),     cmocka_unit_test(all_precedence),
		cmocka_unit_test(refusing),      cmocka_unit_test(bounds),
		cmocka_unit_test(text_and_cost),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
