/* SPDX-License-Identifier: Apache-2.0 */
/* Digests and MACs against published vectors; the fast path against the general one.
 * A test is a row.
 * Source: FIPS 180-4 examples, RFC 1321 §A.5, RFC 2202, RFC 4231. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec/digest.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void digests(void **state)
{
	struct arena *a = *state;
	static const struct { const char *name; str data; const char *hex; } rows[] = {
		{ "md5", S_INIT(""), "d41d8cd98f00b204e9800998ecf8427e" },
		{ "md5", S_INIT("abc"), "900150983cd24fb0d6963f7d28e17f72" },
		{ "sha1", S_INIT("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ "sha224", S_INIT("abc"), "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
		{ "sha256", S_INIT("abc"),
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "sha256", S_INIT(""),
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "sha384", S_INIT("abc"),
		  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
		  "8086072ba1e7cc2358baeca134c825a7" },
		{ "sha512", S_INIT("abc"),
		  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	};
	str out;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(digest(a, rows[i].name, rows[i].data, &out).code, ERR_NONE);
		assert_true(str_eq(str_hex(a, out), str_from_z(rows[i].hex)));
	}
	assert_int_equal(digest(a, "sha3", S(""), &out).code, ERR_NOT_FOUND);
	assert_int_equal(digest(a, "", S(""), &out).code, ERR_NOT_FOUND);
	assert_int_equal(digest_hmac(a, "SHA256", S(""), S(""), &out).code, ERR_NOT_FOUND);
}

static void macs(void **state)
{
	struct arena *a = *state;
	static const struct { const char *name; str key, data; const char *hex; } rows[] = {
		{ "md5", S_INIT("Jefe"), S_INIT("what do ya want for nothing?"),
		  "750c783e6ab0b503eaa86e310a5db738" },
		{ "sha1", S_INIT("Jefe"), S_INIT("what do ya want for nothing?"),
		  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
		{ "sha256", S_INIT("Jefe"), S_INIT("what do ya want for nothing?"),
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ "sha256", S_INIT(""), S_INIT(""),
		  "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
	};
	str out;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(digest_hmac(a, rows[i].name, rows[i].key, rows[i].data, &out).code, 0);
		assert_true(str_eq(str_hex(a, out), str_from_z(rows[i].hex)));
	}
}

/* The block function by hand and EVP are two roads to the same bytes, for every length of key and
 * text around the block boundaries. */
static void fast_path(void **state)
{
	struct arena *a = *state;
	char bytes[300];
	memset(bytes, 'k', sizeof bytes);
	for (size_t n = 0; n < sizeof bytes; n++) {
		unsigned char fast[32];
		str slow, s = str_from(bytes, n);
		sha256(s, fast);
		assert_int_equal(digest(a, "sha256", s, &slow).code, ERR_NONE);
		assert_true(str_eq(str_from(fast, 32), slow));
		hmac_sha256(s, str_from(bytes, 300 - n), fast);
		assert_int_equal(digest_hmac(a, "sha256", s, str_from(bytes, 300 - n), &slow).code, 0);
		assert_true(str_eq(str_from(fast, 32), slow));
	}
}

static int setup(void **state)
{
	*state = arena_create(0, 0);
	return 0;
}

static int teardown(void **state)
{
	arena_destroy((struct arena **)state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests),
		cmocka_unit_test(macs),
		cmocka_unit_test(fast_path),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
