/* SPDX-License-Identifier: Apache-2.0 */
/* The shared words of a schema, as each database reads them.
 * Whole words change and nothing else; every table ends as its database wants.
 * Source: docs/why/one_sql_text.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/embed.h"
#include "store/driver.h"

static const struct dialect words = { "T1", "I1", "B1", " END" };

static void translated(void **state)
{
	static const struct {
		const char *sql, *wanted;
	} rows[] = {
		{ "CREATE TABLE t (a TEXT, b BIGINT, c BYTEA);\n",
		  "CREATE TABLE t (a T1, b I1, c B1) END;\n" },
		{ "CREATE TABLE t (a TEXT);\nCREATE INDEX i ON t (a);\n",
		  "CREATE TABLE t (a T1) END;\nCREATE INDEX i ON t (a);\n" },
		{ "CREATE TABLE IF NOT EXISTS t (a TEXT);\n",
		  "CREATE TABLE IF NOT EXISTS t (a T1) END;\n" },
		{ "ALTER TABLE t ADD COLUMN a TEXT;\n", "ALTER TABLE t ADD COLUMN a T1;\n" },
		{ "CREATE TABLE t (\n\ta_TEXT TEXT, TEXT_a BIGINT\n);\n",
		  "CREATE TABLE t (\n\ta_TEXT T1, TEXT_a I1\n) END;\n" },
		{ "-- TEXT; CREATE TABLE\nINSERT INTO t VALUES (1);\n",
		  "INSERT INTO t VALUES (1);\n" },
	};
	(void)state;
	struct arena *a = arena_create(0, 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(dialect_sql(a, &words, rows[i].sql), rows[i].wanted);
	arena_destroy(&a);
}

static void steps(void **state)
{
	static const char *const strange[] = { "SERIAL",   "VARCHAR",   "BOOLEAN",
		                               "JSON",     "TIMESTAMP", "AUTOINCREMENT",
		                               " INTEGER", " INT ",     "WITHOUT ROWID" };
	(void)state;
	struct arena *a = arena_create(0, 0);
	for (size_t i = 0; embedded_schema[i].name; i++) {
		assert_true(str_ends(embedded_str(&embedded_schema[i]),
		                     S("\n"))); /* comments end in one */
		str sql = str_from_z(dialect_sql(a, &words, embedded_schema[i].begin));
		for (size_t k = 0; k < sizeof strange / sizeof *strange; k++)
			assert_false(str_has(sql, str_from_z(strange[k])));
	}
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(translated), cmocka_unit_test(steps) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
