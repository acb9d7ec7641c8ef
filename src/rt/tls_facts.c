/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection's handshake agreed on, and who the peer proved to be.
 * Everything is read from the session when asked for; nothing is kept.
 * Source: Apigee, "Accessing TLS connection information in an API proxy"; RFC 2253, RFC 5280. */
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "rt/tls_inside.h"

str sock_tls_protocol(const struct sock *s)
{
	const unsigned char *name = NULL;
	unsigned n = 0;
	if (s->ssl)
		SSL_get0_alpn_selected(s->ssl, &name, &n);
	return n ? str_from(name, n) : STR_NONE;
}

str sock_tls_server_name(const struct sock *s)
{
	return s->ssl ? str_from_z(SSL_get_servername(s->ssl, TLSEXT_NAMETYPE_host_name))
	              : STR_NONE;
}

str sock_tls_label(const struct sock *s) { return s->ssl ? tls_taken(s)->label : STR_NONE; }

enum tls_trust sock_tls_peer(const struct sock *s)
{
	if (!s->ssl || !SSL_get0_peer_certificate(s->ssl))
		return TLS_NO_PEER;
	return SSL_get_verify_result(s->ssl) == X509_V_OK ? TLS_TRUSTED_PEER : TLS_DOUBTFUL_PEER;
}

/* ---- facts ---- */

static void free_bio(BIO **b) { BIO_free(*b); }

static str bio_text(struct arena *a, BIO *b)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);
	return str_dup(a, str_from(p, n > 0 ? (size_t)n : 0));
}

static str name_of(struct arena *a, const X509_NAME *name)
{
	AUTO(free_bio) BIO *b = BIO_new(BIO_s_mem());
	must(b);
	X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	return bio_text(a, b);
}

/* The last of its kind is the most specific one. */
static str part_of_name(struct arena *a, const X509_NAME *name, int nid)
{
	int at = -1, last = -1;
	while ((at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0)
		last = at;
	if (last < 0)
		return STR_NONE;
	unsigned char *p;
	int n = ASN1_STRING_to_UTF8(&p, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
	if (n < 0)
		return STR_NONE;
	str s = str_dup(a, str_from((char *)p, (size_t)n));
	OPENSSL_free(p);
	return s;
}

static str pem_of(struct arena *a, X509 *x)
{
	AUTO(free_bio) BIO *b = BIO_new(BIO_s_mem());
	must(b && PEM_write_bio_X509(b, x) == 1);
	return bio_text(a, b);
}

static str serial_of(struct arena *a, X509 *x)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	char *z = n ? BN_bn2hex(n) : NULL;
	str s = z ? str_dup(a, str_from_z(z)) : STR_NONE;
	OPENSSL_free(z);
	BN_free(n);
	return s;
}

static str fingerprint_of(struct arena *a, X509 *x)
{
	unsigned char sha1[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	X509_digest(x, EVP_sha1(), sha1, &n);
	return str_hex(a, (str){ (const char *)sha1, n });
}

static str of_session(struct arena *a, const SSL *ssl, enum tls_fact which)
{
	unsigned n = 0;
	if (which == TLS_CIPHER)
		return str_from_z(SSL_get_cipher_name(ssl));
	if (which == TLS_PROTOCOL)
		return str_from_z(SSL_get_version(ssl));
	if (which == TLS_SERVER_NAME)
		return str_from_z(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
	const SSL_SESSION *session = SSL_get0_session(ssl);
	const unsigned char *id = session ? SSL_SESSION_get_id(session, &n) : NULL;
	return n ? str_hex(a, (str){ (const char *)id, n }) : STR_NONE;
}

static str of_certificate(struct arena *a, X509 *x, enum tls_fact which)
{
	static const int nids[] = {
		[TLS_PEER_CN] = NID_commonName,
		[TLS_PEER_COUNTRY] = NID_countryName,
		[TLS_PEER_EMAIL] = NID_pkcs9_emailAddress,
		[TLS_PEER_LOCALITY] = NID_localityName,
		[TLS_PEER_ORGANIZATION] = NID_organizationName,
		[TLS_PEER_UNIT] = NID_organizationalUnitName,
		[TLS_PEER_STATE] = NID_stateOrProvinceName,
	};
	switch (which) {
	case TLS_PEER_SUBJECT:
		return name_of(a, X509_get_subject_name(x));
	case TLS_PEER_ISSUER:
		return name_of(a, X509_get_issuer_name(x));
	case TLS_PEER_PEM:
		return pem_of(a, x);
	case TLS_PEER_SERIAL:
		return serial_of(a, x);
	case TLS_PEER_FINGERPRINT:
		return fingerprint_of(a, x);
	default:
		return part_of_name(a, X509_get_subject_name(x), nids[which]);
	}
}

str sock_tls_fact(struct arena *a, const struct sock *s, enum tls_fact which)
{
	if (!s->ssl)
		return STR_NONE;
	if (which <= TLS_SESSION_ID)
		return of_session(a, s->ssl, which);
	X509 *x = SSL_get0_peer_certificate(s->ssl);
	return x ? of_certificate(a, x, which) : STR_NONE;
}

static void let_go(void *x) { X509_free(x); }

const struct tls_peer *sock_tls_peer_keep(struct arena *a, const struct sock *s)
{
	X509 *x = s->ssl ? SSL_get1_peer_certificate(s->ssl) : NULL;
	if (x)
		arena_defer(a, let_go, x);
	return (const struct tls_peer *)x;
}

str tls_peer_fact(struct arena *a, const struct tls_peer *p, enum tls_fact which)
{
	must(which > TLS_SESSION_ID);
	return of_certificate(a, (X509 *)p, which);
}
