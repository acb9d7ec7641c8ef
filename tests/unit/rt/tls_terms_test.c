/* SPDX-License-Identifier: Apache-2.0 */
/* The terms of a TLS context: what a bad PEM is called, which protocols, ciphers and names there are.
 * A test is a row; no connection is made.
 * Source: rt/tls.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rt/tls.h"

static struct arena *arena;
static struct { str cert, key; } pair, other;
static const struct strs no_names;

static struct strs words(const char *text)
{
	struct strs out = { arena_array(arena, str, 8), 0 };
	for (str rest = str_from_z(text); rest.n;)
		out.v[out.n++] = str_cut(&rest, ' ');
	return out;
}

static void bad_pems(void **state)
{
	(void)state;
	str cut = str_sub(pair.cert, 0, pair.cert.n / 2);
	str encrypted = S("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGjMF8=\n-----END ENCRYPTED PRIVATE KEY-----\n");
	const struct {
		str cert, key;
		const char *says;
	} rows[] = {
		{ S(""), pair.key, "the certificate cannot be read as PEM" },
		{ cut, pair.key, "the certificate cannot be read as PEM" },
		{ pair.cert, S("nonsense"), "the key cannot be read as PEM" },
		{ pair.cert, encrypted, "the key cannot be read as PEM" },
		{ pair.cert, other.key, "the key does not fit the certificate" },
		{ str_fmt(arena, "%.*s%.*s", STR(pair.cert), STR(cut)), pair.key, "the chain cannot be read" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct diag d = { .arena = arena };
		struct tls_context *t = NULL;
		struct tls_terms terms = { .cert_pem = rows[i].cert, .key_pem = rows[i].key };
		assert_int_equal(tls_server_add(&t, &terms, &no_names, S(""), &d).code, ERR_SYNTAX);
		assert_null(t);
		assert_true(str_starts(diag_text(arena, &d), str_from_z(rows[i].says)));
	}
}

static void lists(void **state)
{
	(void)state;
	const struct {
		const char *protocols, *ciphers, *says;
	} rows[] = {
		{ "TLSv1.2", "", "" },
		{ "TLSv1 TLSv1.1 TLSv1.2", "", "" },
		{ "TLSv1.3", "TLS_AES_128_GCM_SHA256", "" },
		{ "", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 ECDHE-RSA-AES256-GCM-SHA384", "" },
		{ "TLSv1 SSLv3", "", "the protocols and ciphers leave nothing to speak" },
		{ "TLSv1.3", "ECDHE-RSA-AES256-GCM-SHA384", "the protocols and ciphers leave nothing to speak" },
		{ "TLSv1.2", "TLS_AES_128_GCM_SHA256", "the protocols and ciphers leave nothing to speak" },
		{ "TLSv2", "", "the protocol \"TLSv2\" is not known" },
		{ "tlsv1.2", "", "the protocol \"tlsv1.2\" is not known" },
		{ "", "TLS_RSA_WITH_RC4_128_MD5", "the cipher \"TLS_RSA_WITH_RC4_128_MD5\" is not known" },
		{ "", "ALL:!aNULL", "the cipher \"ALL:!aNULL\" is not known" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct diag d = { .arena = arena };
		struct tls_context *t = NULL;
		struct tls_terms terms = { .protocols = words(rows[i].protocols), .ciphers = words(rows[i].ciphers) };
		err e = tls_client(&terms, &d, &t);
		assert_int_equal(e.code, rows[i].says[0] ? ERR_SYNTAX : ERR_NONE);
		assert_true(str_starts(diag_text(arena, &d), str_from_z(rows[i].says)));
		tls_release(&t);
	}
}

static void bad_names(void **state)
{
	(void)state;
	static const char *const rows[] = { "", ",", "a,,b", "DNS:a", "a,IP:1.2.3.4" };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		str cert, key;
		assert_int_equal(tls_self_signed(arena, str_from_z(rows[i]), 1, &cert, &key).code, ERR_SYNTAX);
	}
}

static int setup(void **state)
{
	(void)state;
	arena = arena_create(0, 0);
	return tls_self_signed(arena, S("a.example.com"), 30, &pair.cert, &pair.key).code ||
	       tls_self_signed(arena, S("b.example.com"), 30, &other.cert, &other.key).code;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_pems),
		cmocka_unit_test(lists),
		cmocka_unit_test(bad_names),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
