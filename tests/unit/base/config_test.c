/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: what is read, and the text of every refusal.
 * A row is a file; its finding must match to the byte.
 * Source: base/config.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/config.h"

struct conf {
	str listen;
	int64_t workers;
	bool demo;
	int color;
	struct config_pairs hosts;
};

static const char *const colors[] = { "red", "green", NULL };
static const struct field fields[] = {
	FIELD(conf, listen, "a.listen", T_STR, .dflt = "127.0.0.1:1"),
	FIELD(conf, workers, "workers", T_INT, .dflt = "2", .min = 1, .max = 64),
	FIELD(conf, demo, "demo", T_BOOL),
	FIELD(conf, color, "color", T_ENUM, .names = colors),
	FIELD(conf, hosts, "hosts", T_OWN, .read = config_pairs_read),
	FIELDS_END,
};

static void files(void **state)
{
	(void)state;
	static const struct { const char *text, *finding; } rows[] = {
		{ "", "" },
		{ "# a comment\n\n  a.listen = \"x:1\" # why\r\nworkers=4\n", "" },
		{ "a.listen = \"x # y\"", "" },
		{ "a.listen = \"c:\\\\\" # a backslash at the end", "" },
		{ "a.listen = \"\\\"# \" # a quote and a sign in it", "" },
		{ "workers = 0", "c:1: workers takes a whole number from 1 to 64, not 0" },
		{ "\nworkers = two", "c:2: workers takes a whole number from 1 to 64, not two" },
		{ "a.listen = x", "c:1: a.listen takes a text in double quotes" },
		{ "a.listen = \"x", "c:1: a.listen takes a text in double quotes" },
		{ "a.listen = \"x\" y", "c:1: a.listen takes a text in double quotes" },
		{ "demo = yes", "c:1: demo takes true or false, not yes" },
		{ "color = \"blue\"", "c:1: color does not know \"blue\"" },
		{ "workers", "c:1: a line is: key = value" },
		{ "= 4", "c:1: a line is: key = value" },
		{ "workers = 1\nworkers = 1", "c:2: workers stands here a second time" },
		{ "worker = 1", "c:1: unknown key worker; known keys: a.listen, workers, demo, color, hosts" },
		{ "hosts = { \"a:1\" = \"b:2\", \"c\" = \"d\" }", "" },
		{ "hosts = {}", "" },
		{ "hosts = { a = b }", "c:1: hosts takes { \"from\" = \"to\", ... }" },
		{ "hosts = { \"a\" = \"b\" \"c\" }", "c:1: hosts takes { \"from\" = \"to\", ... }" },
		{ "hosts = { \"a\" ", "c:1: hosts takes { \"from\" = \"to\", ... }" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_create(0, 0);
		struct diag d = { .arena = a, .file = S("c") };
		struct conf c = { 0 };
		config_defaults(a, fields, &c);
		err e = config_read(a, str_from_z(rows[i].text), fields, &c, &d);
		str text = diag_text(a, &d);
		assert_string_equal(str_z(a, text), rows[i].finding);
		assert_int_equal(e.code != 0, rows[i].finding[0] != 0);
		arena_destroy(&a);
	}
}

static void values(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct diag d = { .arena = a };
	struct conf c = { 0 };
	config_defaults(a, fields, &c);
	assert_true(str_eq(c.listen, S("127.0.0.1:1")));
	assert_int_equal(c.workers, 2);
	assert_int_equal(config_set(a, S("a.listen=[::1]:80"), fields, &c, &d).code, 0);
	assert_true(str_eq(c.listen, S("[::1]:80")));
	assert_int_equal(config_set(a, S("a.listen=\"quoted\""), fields, &c, &d).code, 0);
	assert_true(str_eq(c.listen, S("quoted")));
	assert_int_equal(config_set(a, S("color=green"), fields, &c, &d).code, 0);
	assert_int_equal(c.color, 1);
	assert_int_equal(config_set(a, S("hosts={\"a:1\"=\"b:2\",\"c\"=\"d\"}"), fields, &c, &d).code, 0);
	assert_int_equal(c.hosts.list.n, 2);
	assert_true(str_eq(c.hosts.list.v[1].value, S("d")));
	assert_int_equal(config_set(a, S("nothing"), fields, &c, &d).code, ERR_SYNTAX);
	assert_int_equal(config_set(a, S("x=1"), fields, &c, &d).code, ERR_SYNTAX);
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(files), cmocka_unit_test(values) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
