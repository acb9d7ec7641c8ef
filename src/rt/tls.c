/* SPDX-License-Identifier: Apache-2.0 */
/* TLS contexts of rt/tls.h: reading PEM, choosing by SNI, ALPN, trust.
 * Nothing here waits: the callbacks only look at what was loaded.
 * Source: RFC 6066 §3, RFC 7301 §3.2, SSL_CTX_new(3), X509_check_host(3). */
#include "rt/tls_inside.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* In the order that a server prefers; h2 is left out where it is not offered. */
static const unsigned char protocols[] = "\x02h2\x08http/1.1";
enum { H2 = 3, PROTOCOLS = sizeof protocols - 1 };

static const char *reason(void)
{
	const char *r = ERR_reason_error_string(ERR_peek_last_error());
	return r ? r : "not understood";
}

static int no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf, (void)size, (void)rwflag, (void)arg;
	return -1; /* else OpenSSL asks on the terminal */
}

static void free_bio(BIO **b) { BIO_free(*b); }
static void free_key(EVP_PKEY **k) { EVP_PKEY_free(*k); }
static void free_cert(X509 **x) { X509_free(*x); }

static BIO *bio_of(str pem) { return BIO_new_mem_buf(pem.n ? pem.p : "", (int)pem.n); }

static err use_certificate(SSL_CTX *ctx, str pem, struct diag *d)
{
	AUTO(free_bio) BIO *in = bio_of(pem);
	AUTO(free_cert) X509 *leaf = PEM_read_bio_X509(in, NULL, no_password, NULL);
	if (!leaf)
		return diag_add(d, ERR_SYNTAX, 0, "the certificate cannot be read as PEM: %s",
		                reason());
	if (SSL_CTX_use_certificate(ctx, leaf) != 1)
		return diag_add(d, ERR_SYNTAX, 0, "the certificate cannot be used: %s", reason());
	for (X509 *next; (next = PEM_read_bio_X509(in, NULL, no_password, NULL)) != NULL;)
		if (SSL_CTX_add0_chain_cert(ctx, next) != 1) {
			X509_free(next);
			return diag_add(d, ERR_SYNTAX, 0, "the chain cannot be used: %s", reason());
		}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return diag_add(d, ERR_SYNTAX, 0, "the chain cannot be read as PEM: %s", reason());
	return DONE;
}

static err use_pair(SSL_CTX *ctx, str cert_pem, str key_pem, struct diag *d)
{
	ERR_clear_error();
	TRY(use_certificate(ctx, cert_pem, d));
	ERR_clear_error();
	AUTO(free_bio) BIO *in = bio_of(key_pem);
	AUTO(free_key) EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, no_password, NULL);
	if (!key)
		return diag_add(d, ERR_SYNTAX, 0,
		                "the key cannot be read as PEM without a password: %s", reason());
	if (SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		return diag_add(d, ERR_SYNTAX, 0, "the key does not fit the certificate");
	return DONE;
}

static SSL_CTX *new_ctx(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);
	must(ctx);
	must(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                              SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1); /* a record in one recv, not in two */
	return ctx;
}

static struct tls_context *new_context(void)
{
	struct tls_context *t = rt_alloc(sizeof *t);
	atomic_store(&t->holders, 1);
	return t;
}

static SSL_CTX *add_ctx(struct tls_context *t, SSL_CTX *ctx)
{
	t->named = rt_grow(t->named, t->n, &t->cap, sizeof *t->named);
	t->named[t->n++] = (struct tls_named){ .ctx = ctx };
	return ctx;
}

static int choose_certificate(SSL *ssl, int *alert, void *arg)
{
	const struct tls_context *t = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	(void)alert;
	for (size_t i = 0; name && i < t->n; i++) {
		if (X509_check_host(t->named[i].leaf, name, 0, 0, NULL) != 1)
			continue;
		SSL_set_SSL_CTX(ssl, t->named[i].ctx);
		break;
	}
	return SSL_TLSEXT_ERR_OK;
}

/* RFC 7301 §3.2: without a protocol in common the handshake ends with no_application_protocol. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n,
                           const unsigned char *in, unsigned in_n, void *arg)
{
	const struct tls_context *t = arg;
	unsigned skip = atomic_load(&t->h2) ? 0 : H2;
	unsigned char *chosen;
	(void)ssl;
	if (SSL_select_next_proto(&chosen, n, protocols + skip, PROTOCOLS - skip, in, in_n) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

err tls_server_add(struct tls_context *t, str cert_pem, str key_pem, struct diag *d)
{
	SSL_CTX *ctx = new_ctx(TLS_server_method());
	err e = use_pair(ctx, cert_pem, key_pem, d);
	if (e.code) {
		SSL_CTX_free(ctx);
		return e;
	}
	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"gatehouse", 9);
	SSL_CTX_set_num_tickets(ctx, 1);
	tls_use_tickets(ctx);
	SSL_CTX_set_tlsext_servername_callback(ctx, choose_certificate);
	SSL_CTX_set_tlsext_servername_arg(ctx, t);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, t);
	add_ctx(t, ctx);
	t->named[t->n - 1].leaf = SSL_CTX_get0_certificate(ctx);
	return DONE;
}

void tls_offer_h2(struct tls_context *t) { atomic_store(&t->h2, true); }

err tls_server(str cert_pem, str key_pem, struct diag *d, struct tls_context **out)
{
	struct tls_context *t = new_context();
	err e = tls_server_add(t, cert_pem, key_pem, d);
	if (e.code)
		tls_release(&t);
	*out = t;
	return e;
}

static err trust(SSL_CTX *ctx, str pem, struct diag *d)
{
	if (!str_given(pem)) {
		must(SSL_CTX_set_default_verify_paths(ctx) == 1);
		return DONE;
	}
	AUTO(free_bio) BIO *in = bio_of(pem);
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	size_t n = 0;
	ERR_clear_error();
	for (X509 *x; (x = PEM_read_bio_X509(in, NULL, no_password, NULL)) != NULL; n++) {
		X509_STORE_add_cert(store, x);
		X509_free(x);
	}
	/* what an operator lists is trusted, whether it is a root or not */
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	if (!n || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return diag_add(d, ERR_SYNTAX, 0,
		                "the trusted certificates cannot be read as PEM: %s", reason());
	return DONE;
}

err tls_client(str trust_pem, str cert_pem, str key_pem, bool verify, struct diag *d,
               struct tls_context **out)
{
	struct tls_context *t = new_context();
	SSL_CTX *ctx = add_ctx(t, new_ctx(TLS_client_method()));
	t->verify = verify;
	SSL_CTX_set_verify(ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	must(SSL_CTX_set_alpn_protos(ctx, protocols + H2, PROTOCOLS - H2) == 0);
	err e = trust(ctx, trust_pem, d);
	if (!e.code && str_given(cert_pem))
		e = use_pair(ctx, cert_pem, key_pem, d);
	if (e.code)
		tls_release(&t);
	*out = t;
	return e;
}

SSL *tls_new(struct tls_context *t) { return SSL_new(t->named[0].ctx); }

void tls_hold(struct tls_context *t) { atomic_fetch_add(&t->holders, 1); }

void tls_release(struct tls_context **context)
{
	struct tls_context *t = *context;
	*context = NULL;
	if (!t || atomic_fetch_sub(&t->holders, 1) > 1)
		return;
	for (size_t i = 0; i < t->n; i++)
		SSL_CTX_free(t->named[i].ctx);
	free(t->named);
	free(t);
}
