/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and containers that say how often their password is hashed: which are opened.
 * A row makes one; nothing that is refused has cost what it asks for.
 * Source: RFC 8018 §4.2, RFC 7292 §4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/pkcs12.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include "codec/certificate.h"

enum { MANY = 2000001 };
static struct arena *a;
static EVP_PKEY *key;
static X509 *leaf;

static str taken(BIO *b)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);
	str out = str_dup(a, str_from(p, (size_t)n));
	BIO_free(b);
	return out;
}

static void make_pair(void)
{
	key = EVP_EC_gen("P-256");
	leaf = X509_new();
	X509_gmtime_adj(X509_getm_notBefore(leaf), 0);
	X509_gmtime_adj(X509_getm_notAfter(leaf), 3600);
	assert_true(X509_set_pubkey(leaf, key) == 1 && X509_sign(leaf, key, EVP_sha256()) > 0);
}

static void containers(void **state)
{
	(void)state;
	static const struct { int key, cert, rounds, mac; bool good; } rows[] = {
		{ NID_aes_256_cbc, NID_aes_256_cbc, 2048, 2048, true },
		{ NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 1, 1, true },
		{ -1, -1, 1, 1, true },
		{ NID_aes_256_cbc, NID_aes_256_cbc, 1, MANY, false },
		{ -1, NID_aes_256_cbc, MANY, 1, false },
		{ NID_aes_256_cbc, -1, MANY, 1, false },
		{ NID_pbe_WithSHA1And3_Key_TripleDES_CBC, -1, MANY, -1, false },
		{ NID_aes_256_cbc, NID_aes_256_cbc, MANY / 2, MANY / 2, false }, /* the sum counts */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		BIO *b = BIO_new(BIO_s_mem());
		PKCS12 *p = PKCS12_create("secret", "x", key, leaf, NULL, rows[i].key, rows[i].cert, rows[i].rounds, rows[i].mac, 0);
		assert_true(p && i2d_PKCS12_bio(b, p) == 1);
		PKCS12_free(p);
		struct diag d = { .arena = a };
		str cert, plain;
		err e = certificate_unpack(a, taken(b), S("secret"), &d, &cert, &plain);
		if (e.code != (rows[i].good ? ERR_NONE : ERR_LIMIT))
			fail_msg("row %zu: %s", i, str_z(a, diag_text(a, &d)));
	}
}

static void keys(void **state)
{
	(void)state;
	static const struct { int rounds; bool good; } rows[] = { { 1, true }, { 100000, true }, { MANY, false } };
	BIO *b = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_X509(b, leaf), 1);
	str cert = taken(b);
	PKCS8_PRIV_KEY_INFO *bare = EVP_PKEY2PKCS8(key);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct diag d = { .arena = a };
		str plain;
		X509_SIG *sealed = PKCS8_encrypt(-1, EVP_aes_256_cbc(), "secret", 6, NULL, 0, rows[i].rounds, bare);
		b = BIO_new(BIO_s_mem());
		assert_true(sealed && PEM_write_bio_PKCS8(b, sealed) == 1);
		X509_SIG_free(sealed);
		err e = certificate_key_read(a, cert, taken(b), S("secret"), &d, &plain);
		assert_int_equal(e.code, rows[i].good ? ERR_NONE : ERR_LIMIT);
	}
	PKCS8_PRIV_KEY_INFO_free(bare);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(containers), cmocka_unit_test(keys) };
	a = arena_create(0, 0);
	make_pair();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	EVP_PKEY_free(key);
	X509_free(leaf);
	arena_destroy(&a);
	return failed;
}
