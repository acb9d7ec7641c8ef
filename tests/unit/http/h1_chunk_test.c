/* SPDX-License-Identifier: Apache-2.0 */
/* Chunked bodies, good and bad, fed whole and cut at every byte.
 * A row is the coded bytes, the payload (or the kind of trouble) and what is left behind the end.
 * Source: RFC 9112 §7.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http/h1.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct {
	str in;
	enum err_code code;
	const char *payload;
	size_t rest; /* bytes behind the end */
	bool unfinished;
} rows[] = {
	{ S_INIT("0\r\n\r\n"), 0, "", 0, false },
	{ S_INIT("5\r\nhello\r\n0\r\n\r\n"), 0, "hello", 0, false },
	{ S_INIT("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /"), 0, "hello world", 5, false },
	{ S_INIT("a\r\n0123456789\r\n0A\r\n0123456789\r\n000\r\n\r\n"), 0, "01234567890123456789", 0, false },
	{ S_INIT("0000000000000001\r\nx\r\n0\r\n\r\n"), 0, "x", 0, false },
	{ S_INIT("00000000000000001\r\nx\r\n0\r\n\r\n"), ERR_LIMIT, NULL, 0, false },
	{ S_INIT("1;a\r\nx\r\n0;b\r\n\r\n"), 0, "x", 0, false },
	{ S_INIT("1;a=b;c=\"d;\\\"e\" ; f = g\r\nx\r\n0\r\n\r\n"), 0, "x", 0, false },
	{ S_INIT("1 ;a\r\nx\r\n0\r\n\r\n"), 0, "x", 0, false },
	{ S_INIT("1;\ta\t=\tb\r\nx\r\n0\r\n\r\n"), 0, "x", 0, false },
	{ S_INIT("1;abc=def\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\nrest"), 0, "x", 4, false },
	{ S_INIT("0\r\nA: \"b\\\" ;=\xe4\t\r\n\r\n"), 0, "", 0, false },
	{ S_INIT("1\r\nx"), 0, "x", 0, true },
	{ S_INIT("5\r\nhel"), 0, "hel", 0, true },
	{ S_INIT("0\r\n"), 0, "", 0, true },
	{ S_INIT("7fffffffffffffff\r\nx"), 0, "x", 0, true },
	{ S_INIT("8000000000000000\r\nx"), ERR_LIMIT, NULL, 0, false },
	{ S_INIT("ffffffffffffffff\r\nx"), ERR_LIMIT, NULL, 0, false },
	{ S_INIT("10000000000000000\r\nx"), ERR_LIMIT, NULL, 0, false },
	{ S_INIT("\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT(" 1\r\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1 \r\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("-1\r\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("+1\r\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("0x1\r\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("g\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1\rx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1\r\nxy\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1\r\nx\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1\r\nx0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1\r\nx\r\n0\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1;\r\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1;a \r\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1;a=\r\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1;a=\"\r\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1;a=\"b\"c\r\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1;a\nb\r\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("1;a=\"\0\"\r\nx\r\n0\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("0\r\n A: b\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("0\r\nA : b\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("0\r\nA: b\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("0\r\nA: b\r\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("0\r\n: b\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("0\r\n\n"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("0\r\n\rx"), ERR_SYNTAX, NULL, 0, false },
	{ S_INIT("0\r\nA: \x01\r\n\r\n"), ERR_SYNTAX, NULL, 0, false },
};

/* Feeds one slice and collects. */
static err feed(struct h1_chunks *c, str *in, struct buf *payload, bool *end)
{
	do {
		str piece;
		TRY(h1_chunk(c, in, &piece, end));
		buf_add(payload, piece);
		if (piece.n == 0)
			break;
	} while (!*end);
	return DONE;
}

static void check(size_t row, size_t cut)
{
	struct arena *a = arena_create(0, 0);
	struct h1_chunks c = { 0 };
	struct buf payload = buf_in(a);
	bool end = false;
	str in = str_dup(a, str_sub(rows[row].in, 0, cut));
	err e = feed(&c, &in, &payload, &end);
	size_t rest = in.n;
	if (!e.code && !end) {
		assert_int_equal(in.n, 0);
		in = str_dup(a, str_sub(rows[row].in, cut, STR_NPOS));
		e = feed(&c, &in, &payload, &end);
		rest = in.n;
	} else if (!e.code) {
		rest += rows[row].in.n - cut;
	}
	if (e.code != rows[row].code)
		fail_msg("%.*s cut at %zu: %s", STR(rows[row].in), cut, err_word(e.code));
	if (!e.code) {
		assert_int_equal(end, !rows[row].unfinished);
		assert_true(str_eq(buf_str(&payload), str_from_z(rows[row].payload)));
		if (end)
			assert_int_equal(rest, rows[row].rest);
	}
	arena_destroy(&a);
}

static void every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t cut = 0; cut <= rows[i].in.n; cut++)
			check(i, cut);
}

/* A sender of one-byte chunks with a long extension each, and one of an endless trailer. */
static void bounded(void **state)
{
	(void)state;
	static const struct { const char *first, *again; size_t most; } senders[] = {
		{ "", "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n", 300 },
		{ "1;a=", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 300 },
		{ "1", " \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t \t ", 400 },
		{ "0\r\n", "a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 200 },
	};
	for (size_t i = 0; i < COUNT(senders); i++) {
		struct arena *a = arena_create(0, 0);
		struct h1_chunks c = { 0 };
		struct buf payload = buf_in(a);
		bool end;
		str in = str_from_z(senders[i].first);
		err e = feed(&c, &in, &payload, &end);
		size_t n = 0;
		for (; !e.code && n < 1000; n++) {
			in = str_from_z(senders[i].again);
			e = feed(&c, &in, &payload, &end);
		}
		assert_int_equal(e.code, ERR_LIMIT);
		assert_true(n <= senders[i].most);
		arena_destroy(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut),
		cmocka_unit_test(bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
