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
	tls_spare_loop(ctx);
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
	t->arena = arena_create(0, 0);
	return t;
}

/* How well one of the names fits: 0 not at all, the most when it is the very name. */
static size_t fits(const struct strs *names, str name)
{
	size_t best = 0;
	for (size_t i = 0; i < names->n; i++) {
		str n = names->v[i];
		size_t how = str_eq(n, name) ? SIZE_MAX : 0;
		if (str_eq(n, S("*")) ||
		    (str_starts(n, S("*.")) && str_ends(name, str_sub(n, 1, STR_NPOS))))
			how = n.n;
		best = how > best ? how : best;
	}
	return best;
}

static const struct tls_named *named_for(const struct tls_context *t, str name)
{
	const struct tls_named *found = NULL;
	size_t best = 0;
	for (size_t i = 0; i < t->n; i++) {
		size_t how = fits(&t->named[i].names, name);
		found = how > best ? &t->named[i] : found;
		best = how > best ? how : best;
	}
	for (size_t i = 0; i < t->n && !found; i++)
		if (X509_check_host(t->named[i].leaf, name.p, name.n, 0, NULL) == 1)
			found = &t->named[i];
	return found;
}

/* RFC 6066 §3: a list, of which only host_name (0) has ever been defined. */
static str server_name(SSL *ssl)
{
	const unsigned char *p;
	size_t n;
	if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &n) || n < 5 || p[2])
		return STR_NONE;
	size_t length = (size_t)p[3] << 8 | p[4];
	return length && length <= n - 5 && length < 256 ? str_from((const char *)p + 5, length)
	                                                 : STR_NONE;
}

/* Before anything is agreed, and before a session is looked at: a session belongs to its terms. */
static int choose_terms(SSL *ssl, int *alert, void *arg)
{
	const struct tls_context *t = arg;
	char lower[256];
	str name = server_name(ssl);
	(void)alert;
	for (size_t i = 0; i < name.n; i++)
		lower[i] = (char)(name.p[i] | (name.p[i] >= 'A' && name.p[i] <= 'Z' ? 0x20 : 0));
	const struct tls_named *found = name.n ? named_for(t, str_from(lower, name.n)) : NULL;
	if (!found)
		return SSL_CLIENT_HELLO_SUCCESS;
	SSL_set_SSL_CTX(ssl, found->ctx);
	SSL_set_verify(ssl, SSL_CTX_get_verify_mode(found->ctx),
	               SSL_CTX_get_verify_callback(found->ctx));
	SSL_set_min_proto_version(ssl, (int)SSL_CTX_get_min_proto_version(found->ctx));
	SSL_set_max_proto_version(ssl, (int)SSL_CTX_get_max_proto_version(found->ctx));
	return SSL_CLIENT_HELLO_SUCCESS;
}

/* Else a TLS 1.2 session would forget the name. */
static int acknowledge_name(SSL *ssl, int *alert, void *arg)
{
	(void)ssl, (void)alert, (void)arg;
	return SSL_TLSEXT_ERR_OK;
}

/* RFC 9113 §9.2.2: in TLS 1.2, HTTP/2 wants a key of its own for each session, and AEAD. */
static bool cipher_fits_h2(SSL *ssl)
{
	const SSL_CIPHER *c = SSL_get_pending_cipher(ssl);
	int kx = c ? SSL_CIPHER_get_kx_nid(c) : NID_undef;
	return SSL_version(ssl) != TLS1_2_VERSION ||
	       (c && SSL_CIPHER_is_aead(c) && (kx == NID_kx_ecdhe || kx == NID_kx_dhe));
}

/* RFC 7301 §3.2: without a protocol in common the handshake ends with no_application_protocol. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *n,
                           const unsigned char *in, unsigned in_n, void *arg)
{
	const struct tls_context *t = arg;
	unsigned skip = atomic_load(&t->h2) && cipher_fits_h2(ssl) ? 0 : H2;
	unsigned char *chosen;
	if (SSL_select_next_proto(&chosen, n, protocols + skip, PROTOCOLS - skip, in, in_n) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* asks: of a server, which then says whom it trusts */
static err trust(SSL_CTX *ctx, str pem, bool asks, struct diag *d)
{
	AUTO(free_bio) BIO *in = bio_of(pem);
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	size_t n = 0;
	ERR_clear_error();
	for (X509 *x; (x = PEM_read_bio_X509(in, NULL, no_password, NULL)) != NULL; n++) {
		X509_STORE_add_cert(store, x);
		if (asks)
			SSL_CTX_add_client_CA(ctx, x);
		X509_free(x);
	}
	/* what an operator lists is trusted, whether it is a root or not */
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	if (!n || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return diag_add(d, ERR_SYNTAX, 0,
		                "the trusted certificates cannot be read as PEM: %s", reason());
	return DONE;
}

/* The handshake goes on: the gateway answers who is not trusted, in HTTP. */
static int judge_later(int ok, X509_STORE_CTX *c)
{
	(void)ok, (void)c;
	return 1;
}

/* A session is taken up again under the same terms only. */
static void bind_sessions(SSL_CTX *ctx, const struct tls_terms *terms, str label)
{
	unsigned char id[SSL_MAX_SID_CTX_LENGTH];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	must(md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	     EVP_DigestUpdate(md, label.p, label.n) == 1 &&
	     EVP_DigestUpdate(md, terms->asks ? "?" : "", 1) == 1 &&
	     EVP_DigestUpdate(md, terms->trust_pem.p, terms->trust_pem.n) == 1 &&
	     EVP_DigestFinal_ex(md, id, NULL) == 1);
	EVP_MD_CTX_free(md);
	must(SSL_CTX_set_session_id_context(ctx, id, sizeof id) == 1);
}

static err serve_terms(SSL_CTX *ctx, const struct tls_terms *terms, struct diag *d)
{
	TRY(use_pair(ctx, terms->cert_pem, terms->key_pem, d));
	TRY(tls_narrow(ctx, terms, d));
	if (terms->asks)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, judge_later);
	return terms->asks && str_given(terms->trust_pem) ? trust(ctx, terms->trust_pem, true, d)
	                                                  : DONE;
}

static void keep_named(struct tls_context *t, SSL_CTX *ctx, const struct strs *names, str label)
{
	t->named = rt_grow(t->named, t->n, &t->cap, sizeof *t->named);
	struct tls_named *n = &t->named[t->n++];
	*n = (struct tls_named){ ctx, SSL_CTX_get0_certificate(ctx), { 0 }, STR_NONE };
	n->label = str_dup(t->arena, label);
	n->names.v = arena_array(t->arena, str, names->n + 1);
	for (; n->names.n < names->n; n->names.n++)
		n->names.v[n->names.n] = str_lower(t->arena, names->v[n->names.n]);
	if (t->n == 1)
		SSL_CTX_set_client_hello_cb(ctx, choose_terms, t);
}

err tls_server_add(struct tls_context **at, const struct tls_terms *terms, const struct strs *names,
                   str label, struct diag *d)
{
	SSL_CTX *ctx = new_ctx(TLS_server_method());
	err e = serve_terms(ctx, terms, d);
	if (e.code) {
		SSL_CTX_free(ctx);
		return e;
	}
	struct tls_context *t = *at = *at ? *at : new_context();
	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	bind_sessions(ctx, terms, label);
	SSL_CTX_set_num_tickets(ctx, 1);
	tls_use_tickets(ctx);
	SSL_CTX_set_tlsext_servername_callback(ctx, acknowledge_name);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, t);
	keep_named(t, ctx, names, label);
	return DONE;
}

void tls_offer_h2(struct tls_context *t) { atomic_store(&t->h2, true); }

static bool common_name_fits(X509 *leaf, str want, bool wildcard)
{
	char text[256];
	int n = X509_NAME_get_text_by_NID(X509_get_subject_name(leaf), NID_commonName, text,
	                                  sizeof text);
	str cn = n > 0 ? str_from(text, (size_t)n) : S("");
	if (wildcard && str_starts(want, S("*."))) {
		want = str_sub(want, 1, STR_NPOS);
		cn = str_sub(cn, str_find_char(cn, '.'), STR_NPOS);
	}
	return cn.n && str_ieq(cn, want);
}

static int check_common_name(int ok, X509_STORE_CTX *c)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(c, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct tls_context *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	if (!ok || X509_STORE_CTX_get_error_depth(c) > 0 ||
	    common_name_fits(X509_STORE_CTX_get_current_cert(c), t->common_name, t->wildcard))
		return ok;
	X509_STORE_CTX_set_error(c, X509_V_ERR_HOSTNAME_MISMATCH);
	return 0;
}

static err client_terms(SSL_CTX *ctx, const struct tls_terms *terms, struct diag *d)
{
	TRY(tls_narrow(ctx, terms, d));
	if (str_given(terms->trust_pem))
		TRY(trust(ctx, terms->trust_pem, false, d));
	else
		must(SSL_CTX_set_default_verify_paths(ctx) == 1);
	return str_given(terms->cert_pem) ? use_pair(ctx, terms->cert_pem, terms->key_pem, d)
	                                  : DONE;
}

err tls_client(const struct tls_terms *terms, struct diag *d, struct tls_context **out)
{
	struct tls_context *t = new_context();
	SSL_CTX *ctx = new_ctx(TLS_client_method());
	keep_named(t, ctx, &(struct strs){ 0 }, STR_NONE);
	t->common_name = str_dup(t->arena, terms->common_name);
	t->wildcard = terms->wildcard;
	SSL_CTX_set_app_data(ctx, t);
	tls_sessions_keep(t);
	SSL_CTX_set_verify(ctx, terms->any ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
	                   t->common_name.n ? check_common_name : NULL);
	must(SSL_CTX_set_alpn_protos(ctx, protocols + H2, PROTOCOLS - H2) == 0);
	err e = client_terms(ctx, terms, d);
	if (e.code)
		tls_release(&t);
	*out = t;
	return e;
}

const struct tls_named *tls_taken(const struct sock *s)
{
	const SSL_CTX *ctx = SSL_get_SSL_CTX(s->ssl);
	for (size_t i = 0; i < s->tls->n; i++)
		if (s->tls->named[i].ctx == ctx)
			return &s->tls->named[i];
	return &s->tls->named[0];
}

bool tls_ask_h2(struct sock *s) { return SSL_set_alpn_protos(s->ssl, protocols, PROTOCOLS) == 0; }

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
	tls_sessions_free(t->sessions);
	free(t->named);
	arena_destroy(&t->arena);
	free(t);
}
