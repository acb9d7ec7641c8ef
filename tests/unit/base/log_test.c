/* SPDX-License-Identifier: Apache-2.0 */
/* The log: a line is one JSON object, however long its texts are.
 * A test is a row.
 * Source: base/log.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* What goes to stderr meanwhile. */
static size_t logged(str one, str two, char out[4096])
{
	int to[2], before = dup(STDERR_FILENO);
	assert_int_equal(pipe(to), 0);
	dup2(to[1], STDERR_FILENO);
	log_error("e", LOG_STR("one", one), LOG_STR("two", two), LOG_INT("n", 7));
	dup2(before, STDERR_FILENO);
	close(before);
	close(to[1]);
	ssize_t n = read(to[0], out, 4096);
	close(to[0]);
	return n > 0 ? (size_t)n : 0;
}

static void lines(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	static const struct { size_t one, two, one_out; bool two_there; } rows[] = {
		{ 0, 0, 0, true }, { 1000, 500, 1000, true }, { 1199, 0, 1199, true }, { 3000, 0, 1199, true },
		{ 3000, 3000, 1199, false }, { 1199, 800, 1199, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char line[4096];
		str x = str_from(memset(arena_alloc(a, 3000, 1), 'x', 3000), 3000);
		str got = str_from(line, logged(str_sub(x, 0, rows[i].one), str_sub(x, 0, rows[i].two), line));
		str one = str_fmt(a, "\"event\":\"e\",\"one\":\"%.*s\",", STR(str_sub(x, 0, rows[i].one_out)));
		str two = str_fmt(a, "\"two\":\"%.*s\",", STR(str_sub(x, 0, rows[i].two)));
		str end = str_fmt(a, "%.*s%.*s\"n\":7}\n", STR(one), STR(rows[i].two_there ? two : S("")));
		if (!str_starts(got, S("{\"ts_ms\":")) || !str_ends(got, end))
			fail_msg("row %zu: %.*s", i, STR(got));
	}
	arena_destroy(&a);
}

static void escapes(void **state)
{
	(void)state;
	char line[4096];
	str got = str_from(line, logged(S("a\"b\\c\n\x1b\xc3\xa4"), S(""), line));
	assert_true(str_ends(got, S("\"one\":\"a\\\"b\\\\c\\u000a\\u001b\\u00c3\\u00a4\",\"two\":\"\",\"n\":7}\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines), cmocka_unit_test(escapes) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
