/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed texts.
 * They open in their own place with their own key, and nowhere else; a flipped bit opens nothing.
 * Source: store/seal.h; NIST SP 800-38D. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/seal.h"

static struct arena *a;
static str file;
static struct seal *seal;

static int start(void **state)
{
	(void)state;
	a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	file = str_fmt(a, "/tmp/gatehouse-seal-test.%d", (int)getpid());
	return seal_open(a, file, true, &diag, &seal).code != ERR_NONE;
}

static int end(void **state)
{
	(void)state;
	unlink(str_z(a, file));
	arena_destroy(&a);
	return 0;
}

static void opens(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "x", "hAr4Gn0gA9vAyvI4", "\xff\x01 any bytes" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		str text = str_from_z(texts[i]), sealed = seal_text(a, seal, S("place"), text), got;
		assert_int_equal(seal_open_text(a, seal, S("place"), sealed, &got).code, ERR_NONE);
		assert_true(str_eq(got, text));
		assert_false(text.n > 3 && str_has(sealed, text));
		assert_false(str_eq(sealed, seal_text(a, seal, S("place"),
		                                      text))); /* another nonce each time */
		assert_int_equal(seal_open_text(a, seal, S("placf"), sealed, &got).code, ERR_STORE);
	}
}

static void flipped(void **state)
{
	(void)state;
	str sealed = seal_text(a, seal, S("place"), S("secret")), got;
	for (size_t i = 0; i < sealed.n * 8; i++) {
		str bad = str_dup(a, sealed);
		((char *)(uintptr_t)bad.p)[i / 8] ^= (char)(1 << i % 8);
		assert_int_equal(seal_open_text(a, seal, S("place"), bad, &got).code, ERR_STORE);
	}
	for (size_t n = 0; n < sealed.n; n++)
		assert_int_equal(
			seal_open_text(a, seal, S("place"), str_sub(sealed, 0, n), &got).code,
			ERR_STORE);
}

static void files(void **state)
{
	(void)state;
	struct stat st;
	struct diag diag = { .arena = a };
	struct seal *again;
	unsigned char one[32], two[32];
	assert_int_equal(stat(str_z(a, file), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(seal_open(a, file, true, &diag, &again).code,
	                 ERR_NONE); /* made once only */
	assert_int_equal(seal_keys(again), 1);
	assert_int_equal(seal_id(again, 0), 1);
	seal_subkey(seal, "a", 0, one);
	seal_subkey(again, "a", 0, two);
	assert_memory_equal(one, two, 32);
	seal_subkey(again, "b", 0, two);
	assert_memory_not_equal(one, two, 32);
	str sealed = seal_text(a, seal, S("place"), S("secret")), got;
	assert_int_equal(seal_open_text(a, again, S("place"), sealed, &got).code, ERR_NONE);
}

/* What `openssl kdf ... HKDF` makes of the same key and purpose: stores that are there stay readable. */
static void subkeys(void **state)
{
	(void)state;
	static const unsigned char want[32] =
		"\xc3\xb7\x25\xb9\xb4\x20\xc5\x42\x6e\x76\x5d\xcd\xf5\x57\x24\xbc"
		"\x7d\x07\x33\x27\xa3\x32\xb3\xa6\xd9\xe7\xc1\x36\x28\xb7\x7d\x42";
	unsigned char got[32];
	struct diag diag = { .arena = a };
	struct seal *known;
	str path = str_fmt(a, "%.*s.known", STR(file));
	int fd = open(str_z(a, path), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dprintf(fd, "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
	close(fd);
	assert_int_equal(seal_open(a, path, false, &diag, &known).code, ERR_NONE);
	unlink(str_z(a, path));
	seal_subkey(known, "oauth-client-secret", 0, got);
	assert_memory_equal(got, want, sizeof want);
}

/* A disk that is full in the middle of the first start: the next one begins anew. */
static void whole_or_absent(void **state)
{
	(void)state;
	str path = str_fmt(a, "%.*s.full", STR(file));
	struct diag diag = { .arena = a };
	struct rlimit before, few = { .rlim_cur = 100 };
	struct seal *s;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	err e = seal_open(a, path, true, &diag, &s);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(e.code, ERR_IO);
	assert_int_not_equal(access(str_z(a, path), F_OK), 0);
	assert_int_equal(seal_open(a, path, true, &diag, &s).code, ERR_NONE);
	assert_int_equal(unlink(str_z(a, path)), 0);
	assert_int_not_equal(access(str_z(a, str_fmt(a, "%.*s.new", STR(path))), F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(opens), cmocka_unit_test(flipped),
		                            cmocka_unit_test(files), cmocka_unit_test(whole_or_absent),
		                            cmocka_unit_test(subkeys) };
	return cmocka_run_group_tests(tests, start, end);
}
