/* SPDX-License-Identifier: Apache-2.0 */
/* multipart/form-data: what comes out of a body, and which bodies are refused.
 * A row is a body; parts are shown as name=bytes joined by '|'.
 * Source: RFC 7578. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/multipart.h"

#define TYPE "multipart/form-data; boundary=b"

static void bodies(void **state)
{
	(void)state;
	static const struct { const char *type, *body, *shown; } rows[] = {
		{ TYPE, "--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nx\r\n--b--\r\n", "f=x" },
		{ TYPE, "--b\r\ncontent-disposition: form-data; name=f; filename=\"a.zip\"\r\n\r\n\r\n--b--", "f=" },
		{ TYPE, "--b\r\n\r\n--b\r\n--b--", NULL }, /* the empty line belongs to the boundary */
		{ TYPE, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b\r\n"
		        "Content-Disposition: form-data; name=b\r\n\r\n2\r\n\r\n--b--", "a=1|b=2\r\n" },
		{ "multipart/form-data; charset=x; boundary=\"b\"", "--b\r\n\r\nx\r\n--b--", "=x" },
		{ "multipart/form-data; boundary=\"b;c\"", "--b;c--", "" },
		{ TYPE, "--b\r\nContent-Disposition: form-data; filename=\"a;name=x;\"; name=\"f;g\"\r\n\r\n1\r\n--b--", "f;g=1" },
		{ TYPE, "--b--", "" },
		{ TYPE, "--b\r\n\r\nx\r\n--b", NULL },
		{ TYPE, "--b\r\n\r\nx", NULL },
		{ TYPE, "--b\r\nno end of heads", NULL },
		{ TYPE, "--bx\r\n\r\nx\r\n--b--", NULL },
		{ TYPE, "preamble --b--", NULL },
		{ TYPE, "", NULL },
		{ "multipart/form-data", "--b--", NULL },
		{ "multipart/mixed; boundary=b", "--b--", NULL },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_create(0, 0);
		struct parts parts = { 0 };
		err e = multipart_read(a, str_from_z(rows[i].type), str_from_z(rows[i].body), &parts);
		assert_int_equal(e.code != 0, rows[i].shown == NULL);
		struct buf b = buf_in(a);
		for (size_t k = 0; k < parts.n; k++)
			buf_fmt(&b, "%s%.*s=%.*s", k ? "|" : "", STR(parts.v[k].name), STR(parts.v[k].bytes));
		if (rows[i].shown)
			assert_string_equal(str_z(a, buf_str(&b)), rows[i].shown);
		arena_destroy(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bodies) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
