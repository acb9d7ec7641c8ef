/* SPDX-License-Identifier: Apache-2.0 */
/* Password hashes: the library reads ours and we read the library's, whatever they cost; texts that are refused.
 * A test is a row.
 * Source: RFC 9106; PHC string format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <argon2.h>

#include "identity/password.h"
#include "identity/phc.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define SALT16 "MDEyMzQ1Njc4OWFiY2RlZg"
#define HASH32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* ---- the texts ---- */
static const struct {
	const char *text;
	bool good;
} texts[] = {
	{ "$argon2id$v=19$m=19456,t=2,p=1$" SALT16 "$" HASH32, true },
	{ "$argon2id$v=19$m=8,t=1,p=1$MDEyMzQ1Njc$AAAAAAAAAAAAAAAAAAAAAA", true },
	{ "$argon2id$v=19$m=1048576,t=64,p=16$" SALT16 "$" HASH32, true },
	{ "", false },
	{ "$", false },
	{ "$argon2id$v=19$m=19456,t=2,p=1$" SALT16, false },
	{ "argon2id$v=19$m=19456,t=2,p=1$" SALT16 "$" HASH32, false },
	{ "x$argon2id$v=19$m=19456,t=2,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2i$v=19$m=19456,t=2,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=16$m=19456,t=2,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$m=19456,t=2,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$t=2,m=19456,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=19456,t=2$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=19456,t=2,p=1,x=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=019456,t=2,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=+19456,t=2,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=-1,t=2,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=0,t=2,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=7,t=2,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=127,t=2,p=16$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=1048577,t=2,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=18446744073709551617,t=2,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=19456,t=0,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=19456,t=65,p=1$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=19456,t=2,p=0$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=19456,t=2,p=17$" SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=19456,t=2,p=1$" SALT16 "==$" HASH32, false },
	{ "$argon2id$v=19$m=19456,t=2,p=1$" SALT16 "$" HASH32 "=", false },
	{ "$argon2id$v=19$m=19456,t=2,p=1$" SALT16 "$" HASH32 "$", false },
	{ "$argon2id$v=19$m=19456,t=2,p=1$" SALT16 "$" HASH32 "\n", false },
	{ "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZh$" HASH32, false }, /* stray bits */
	{ "$argon2id$v=19$m=19456,t=2,p=1$-_EyMzQ1Njc4OWFiY2RlZg$" HASH32, false }, /* the URL's alphabet */
	{ "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Ng$" HASH32, false },             /* 7 bytes of salt */
	{ "$argon2id$v=19$m=19456,t=2,p=1$" SALT16 "$AAAAAAAAAAAAAAAAAAAA", false }, /* 15 of hash */
	{ "$argon2id$v=19$m=19456,t=2,p=1$" SALT16 SALT16 SALT16 SALT16 SALT16 "$" HASH32, false },
	{ "$argon2id$v=19$m=19456,t=2,p=1$" SALT16 "$" HASH32 HASH32 HASH32 HASH32 HASH32 HASH32, false },
};

static void what_is_a_text(void **state)
{
	struct arena *a = arena_create(0, 0);
	struct phc phc;
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		str text = str_from_z(texts[i].text);
		bool good = !phc_read(a, text, &phc).code;
		if (good != texts[i].good || (good && !str_eq(phc_write(a, &phc), text)))
			fail_msg("row %zu: %s", i, texts[i].text);
	}
	arena_destroy(&a);
}

/* ---- the hashes ---- */
static void the_library_reads_ours(void **state)
{
	struct arena *a = arena_create(0, 0);
	const char *password = "a password of some length";
	str first, second;
	(void)state;
	assert_int_equal(password_hash(a, str_from_z(password), &first).code, ERR_NONE);
	assert_int_equal(password_hash(a, str_from_z(password), &second).code, ERR_NONE);
	assert_false(str_eq(first, second)); /* another salt */
	assert_true(str_starts(first, S("$argon2id$v=19$m=19456,t=2,p=1$")));
	assert_int_equal(argon2id_verify(str_z(a, first), password, strlen(password)), ARGON2_OK);
	assert_int_equal(argon2id_verify(str_z(a, first), "another", 7), ARGON2_VERIFY_MISMATCH);
	arena_destroy(&a);
}

static const struct {
	uint32_t passes, memory_kib, lanes, salt, hash;
} costs[] = {
	{ 2, 19456, 1, 16, 32 }, { 1, 8, 1, 8, 16 }, { 3, 1024, 2, 17, 33 }, { 1, 64, 4, 64, 64 }, { 2, 40000, 1, 16, 32 },
};

static void we_read_the_library(void **state)
{
	struct arena *a = arena_create(0, 0);
	const char salt[64] = "0123456789abcdef0123456789abcdef";
	char text[256];
	(void)state;
	for (size_t i = 0; i < COUNT(costs); i++) {
		assert_int_equal(argon2id_hash_encoded(costs[i].passes, costs[i].memory_kib, costs[i].lanes, "right", 5, salt, costs[i].salt, costs[i].hash, text, sizeof text), ARGON2_OK);
		uint64_t before = password_hashes();
		assert_int_equal(password_check(a, S("right"), str_from_z(text)).code, ERR_NONE);
		assert_int_equal(password_check(a, S("wrong"), str_from_z(text)).code, ERR_DENIED);
		assert_int_equal(password_check(a, S(""), str_from_z(text)).code, ERR_DENIED);
		assert_int_equal(password_hashes() - before, 3);
	}
	arena_destroy(&a);
}

/* What is no hash costs one all the same. */
static void no_hash(void **state)
{
	struct arena *a = arena_create(0, 0);
	const char *none[] = { "", "x", "$argon2i$v=19$m=19456,t=2,p=1$" SALT16 "$" HASH32 };
	(void)state;
	for (size_t i = 0; i < COUNT(none); i++) {
		uint64_t before = password_hashes();
		assert_int_equal(password_check(a, S("right"), str_from_z(none[i])).code, ERR_DENIED);
		assert_int_equal(password_hashes() - before, 1);
	}
	char *long_one = arena_alloc(a, PASSWORD_MAX + 1, 1);
	str hash;
	assert_int_equal(password_check_nobody(a, S("right")).code, ERR_DENIED);
	assert_int_equal(password_hash(a, str_from(long_one, PASSWORD_MAX + 1), &hash).code, ERR_DENIED);
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_a_text),
		cmocka_unit_test(the_library_reads_ours),
		cmocka_unit_test(we_read_the_library),
		cmocka_unit_test(no_hash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
