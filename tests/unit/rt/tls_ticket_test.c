/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of session tickets as hours pass: client and server in memory, the clock in our hand.
 * A ticket is read for as long as it is good, and no key for more than two hours.
 * Source: rt/tls_ticket.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "rt/tls_inside.h"

static int64_t now_ns = 1;
#define clock_mono_ns() now_ns
#include "rt/tls_ticket.c"

static str cert, key;

static SSL_CTX *server_ctx(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	BIO *c = BIO_new_mem_buf(cert.p, (int)cert.n), *k = BIO_new_mem_buf(key.p, (int)key.n);
	X509 *x = PEM_read_bio_X509(c, NULL, NULL, NULL);
	EVP_PKEY *p = PEM_read_bio_PrivateKey(k, NULL, NULL, NULL);
	assert_true(SSL_CTX_use_certificate(ctx, x) == 1 && SSL_CTX_use_PrivateKey(ctx, p) == 1);
	X509_free(x);
	EVP_PKEY_free(p);
	BIO_free(c);
	BIO_free(k);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	tls_use_tickets(ctx);
	return ctx;
}

/* A connection between contexts of its own, as after a reload; *kept: the session, in and out. */
static bool connects_again(SSL_SESSION **kept, int version)
{
	SSL_CTX *server = server_ctx(), *client = SSL_CTX_new(TLS_client_method());
	SSL *s = SSL_new(server), *c = SSL_new(client);
	BIO *to, *from;
	char byte = 'x';
	BIO_new_bio_pair(&to, 0, &from, 0);
	SSL_set_bio(s, to, to);
	SSL_set_bio(c, from, from);
	SSL_set_max_proto_version(c, version);
	if (*kept)
		SSL_set_session(c, *kept);
	SSL_set_accept_state(s);
	SSL_set_connect_state(c);
	for (int i = 0; i < 3; i++) {
		SSL_do_handshake(c);
		SSL_do_handshake(s);
	}
	assert_true(SSL_write(s, &byte, 1) == 1 && SSL_read(c, &byte, 1) == 1);
	bool reused = SSL_session_reused(c);
	SSL_SESSION_free(*kept);
	*kept = SSL_get1_session(c);
	SSL_shutdown(c);
	SSL_free(c);
	SSL_free(s);
	SSL_CTX_free(client);
	SSL_CTX_free(server);
	return reused;
}

static void hours_pass(void **state)
{
	(void)state;
	static const struct {
		int minutes; /* since the row before */
		bool reused;
	} rows[] = {
		{ 0, false },
		{ 0, true },
		{ 59, true },
		{ 59, true },  /* under the second newest key */
		{ 119, true },
		{ 120, false },
		{ 1, true },
		{ 24 * 60, false },
	};
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		SSL_SESSION *kept = NULL;
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			now_ns += rows[i].minutes * 60000000000LL;
			if (connects_again(&kept, version) != rows[i].reused)
				fail_msg("version %x, row %zu", (unsigned)version, i);
			for (int k = 0; k < 2; k++)
				assert_true(!keys[k].made_ns || now_ns - keys[k].made_ns < 2 * KEY_LIFE_NS);
		}
		SSL_SESSION_free(kept);
		now_ns += 3 * KEY_LIFE_NS;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(hours_pass) };
	struct arena *a = arena_create(0, 0);
	if (tls_self_signed(a, S("a.example.com"), 1, &cert, &key).code)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_destroy(&a);
	return failed;
}
