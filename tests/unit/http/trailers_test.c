/* SPDX-License-Identifier: Apache-2.0 */
/* Trailer sections: what is taken of one, and how it is written again.
 * A row is a section as the chunk decoder passes it, and the end of a chunked body that comes of it.
 * Source: RFC 9110 §6.5.1, RFC 9112 §7.1.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/trailers.h"

static const struct {
	const char *in, *out;
} rows[] = {
	{ "\r\n", "0\r\n\r\n" },
	{ "", "0\r\n\r\n" },
	{ "A: b\r\n\r\n", "0\r\nA: b\r\n\r\n" },
	{ "A:b\r\nC: \t d e \r\n\r\n", "0\r\nA: b\r\nC: d e\r\n\r\n" },
	{ "A:\r\n\r\n", "0\r\nA: \r\n\r\n" },
	{ "A: b: c\r\nA: d\r\n\r\n", "0\r\nA: b: c\r\nA: d\r\n\r\n" },
	{ "Content-Length: 5\r\nX: 1\r\n\r\n", "0\r\nX: 1\r\n\r\n" },
	{ "transfer-encoding: chunked\r\nHOST: a\r\nset-cookie: a\r\n\r\n", "0\r\n\r\n" },
	{ "Authorization: a\r\nCookie: a\r\nIf-Match: a\r\nX-Forwarded-For: a\r\nProxy-X: a\r\n\r\n", "0\r\n\r\n" },
	{ "Grpc-Status: 0\r\nGrpc-Message: ok\r\n\r\n", "0\r\nGrpc-Status: 0\r\nGrpc-Message: ok\r\n\r\n" },
};

static void sections(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_create(0, 0);
		struct headers h = { 0 };
		trailers_take(a, str_from_z(rows[i].in), &h);
		assert_string_equal(str_z(a, trailers_last_chunk(a, &h)), rows[i].out);
		arena_destroy(&a);
	}
}

static void many(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct buf b = buf_in(a);
	struct headers h = { 0 };
	for (int i = 0; i < 1000; i++)
		buf_add(&b, S("A: b\r\n"));
	trailers_take(a, buf_str(&b), &h);
	assert_int_equal(h.n, 64);
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sections), cmocka_unit_test(many) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
