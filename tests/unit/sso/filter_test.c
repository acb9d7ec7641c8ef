/* SPDX-License-Identifier: Apache-2.0 */
/* Filters: which text all that fits must have.
 * A test is a row.
 * Source: sso/filter.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sso/filter.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct filter_value nothing(const void *thing)
{
	(void)thing;
	return (struct filter_value){ 0 };
}

static const struct filter_attribute table[] = {
	{ "userName", FILTER_TEXT, nothing, false },
	{ "email", FILTER_TEXT, nothing, false },
	{ "active", FILTER_BOOL, nothing, false },
	{ 0 },
};

static const struct {
	const char *filter, *name; /* NULL: anybody's */
} rows[] = {
	{ "userName eq \"a\"", "a" },
	{ "USERNAME EQ \"A\"", "A" },
	{ "userName eq \"\"", "" },
	{ "userName eq \"a\\\"b\"", "a\"b" },
	{ "active eq true and userName eq \"a\"", "a" },
	{ "userName eq \"a\" and userName eq \"b\"", "a" }, /* nobody fits, whoever is looked at */
	{ "active eq true and (email pr and (userName eq \"a\"))", "a" },
	{ "(userName eq \"a\" or userName eq \"a\") and userName eq \"b\"", "b" },
	{ "userName eq \"a\" or userName eq \"a\"", NULL },
	{ "userName eq \"a\" or active eq true", NULL },
	{ "userName eq \"a\" and active eq true or email pr", NULL },
	{ "userName sw \"a\"", NULL },
	{ "userName ge \"a\" and userName le \"a\"", NULL },
	{ "userName pr", NULL },
	{ "email eq \"a\"", NULL },
	{ "active eq true", NULL },
};

static void pins(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_create(0, 0);
		struct filter *f;
		bool costs;
		str name;
		assert_int_equal(filter_parse(a, table, str_from_z(rows[i].filter), &f, &costs).code, ERR_NONE);
		bool pinned = filter_pins(f, "userName", &name);
		if (pinned != (rows[i].name != NULL) || (pinned && !str_eq(name, str_from_z(rows[i].name))))
			fail_msg("%s", rows[i].filter);
		arena_destroy(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pins) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
