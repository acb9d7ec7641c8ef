/* SPDX-License-Identifier: Apache-2.0 */
/* The password policy: what each rule says, and that several are said together.
 * A test is a row.
 * Source: identity/password_policy.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "identity/password_policy.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct password_policy lax = { 0, 255, 0, 0, 0, 0, 0 }, strict = { 8, 12, 1, 2, 3, 1, 0 };

static const struct {
	const struct password_policy *policy;
	const char *password, *refusal; /* NULL: it is good */
} rows[] = {
	{ &lax, "x", NULL },
	{ &lax, " ", NULL },
	{ &lax, "", "Password must be at least 1 characters in length." },
	{ &strict, "Abc123!x", NULL },
	{ &strict, "Abc123!xxxxx", NULL },
	{ &strict, "Abc12 3!", NULL },
	{ &strict, "Abc123!", "Password must be at least 8 characters in length." },
	{ &strict, "Abc123!\xc3\xa4", NULL }, /* a letter of two bytes is one character */
	{ &strict, "Abc123!xxxxxx", "Password must be no more than 12 characters in length." },
	{ &strict, "abc123!x", "Password must contain at least 1 uppercase characters." },
	{ &strict, "ABc123!X", "Password must contain at least 2 lowercase characters." },
	{ &strict, "Abcx12!x", "Password must contain at least 3 digit characters." },
	{ &strict, "Abc12345", "Password must contain at least 1 special characters." },
	{ &strict, "Abc123\xc3\xa4" "bc", "Password must contain at least 1 special characters." },
	{ &strict, "short",
	  "Password must be at least 8 characters in length. Password must contain at least 1 uppercase "
	  "characters. Password must contain at least 3 digit characters. Password must contain at least 1 "
	  "special characters." },
};

static void refusals(void **state)
{
	struct arena *a = arena_create(0, 0);
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		str got = password_policy_refusal(a, rows[i].policy, str_from_z(rows[i].password));
		if (str_given(got) != (rows[i].refusal != NULL) ||
		    (rows[i].refusal && !str_eq(got, str_from_z(rows[i].refusal))))
			fail_msg("row %zu: %.*s", i, STR(got));
	}
	char *wide = arena_alloc(a, 2000, 1); /* within the length, and too many bytes to hash */
	for (int i = 0; i < 2000; i++)
		wide[i] = "\xc3\xa4"[i % 2];
	str got = password_policy_refusal(a, &(struct password_policy){ .max_length = 1000 },
	                                  str_from(wide, 2000));
	assert_true(str_eq(got, S("Password must be no more than 1024 bytes in length.")));
	arena_destroy(&a);
}

#define DAY 86400000LL
static const struct {
	int64_t months, set_at_ms, now_ms;
	bool expired;
} ages[] = {
	{ 0, 0, INT64_MAX, false },
	{ 1, 0, 31 * DAY - 1, false }, /* 1 January 1970 */
	{ 1, 0, 31 * DAY, true },
	{ 1, 30 * DAY, 61 * DAY - 1, false }, /* 31 January: 3 March */
	{ 1, 30 * DAY, 61 * DAY, true },
	{ 12, 5000, 365 * DAY + 4999, false },
	{ 12, 5000, 365 * DAY + 5000, true },
	{ 1200, 0, 36524 * DAY, false }, /* 25 leap days: 2000 is one, 2070 is the end */
	{ 1200, 0, 36525 * DAY, true },
};

static void expiry(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ages); i++)
		if (password_expired(&(struct password_policy){ .expire_months = ages[i].months }, ages[i].set_at_ms,
		                     ages[i].now_ms) != ages[i].expired)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(refusals), cmocka_unit_test(expiry) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
