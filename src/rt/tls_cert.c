/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a server makes for itself on its first start.
 * ECDSA P-256, since its signature costs a sixteenth of RSA's; good for a server, not as an authority.
 * Source: RFC 5280 §4.1, §4.2. */
#include "rt/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/rand.h"

static void free_bio(BIO **b) { BIO_free(*b); }
static void free_key(EVP_PKEY **k) { EVP_PKEY_free(*k); }
static void free_cert(X509 **x) { X509_free(*x); }

static bool add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = e && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

/* "DNS:localhost,IP:127.0.0.1"; refuses what would be read as another field. */
static err alt_names(struct arena *a, str names, const char **out, str *first)
{
	struct buf b = buf_in(a);
	*first = STR_NONE;
	for (str rest = names; str_given(rest);) {
		str name = str_trim(str_cut(&rest, ','));
		unsigned char ip[16];
		const char *z = str_z(a, name);
		bool is_ip = inet_pton(AF_INET, z, ip) == 1 || inet_pton(AF_INET6, z, ip) == 1;
		if (!name.n || name.n > 253 || (!is_ip && str_has(name, S(":"))))
			return FAIL(ERR_SYNTAX);
		buf_fmt(&b, "%s%s:%s", b.n ? "," : "", is_ip ? "IP" : "DNS", z);
		if (!str_given(*first))
			*first = name;
	}
	if (!b.n)
		return FAIL(ERR_SYNTAX);
	*out = str_z(a, buf_str(&b));
	return DONE;
}

static bool fill(X509 *x, EVP_PKEY *key, str first, const char *names, unsigned days)
{
	unsigned char serial[16];
	rand_bytes(serial, sizeof serial);
	/* RFC 5280 §4.1.2.2: positive, and all of its length */
	serial[0] = (serial[0] & 0x7f) | 0x40;
	BIGNUM *n = BN_bin2bn(serial, sizeof serial, NULL);
	bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	X509_NAME *subject = X509_get_subject_name(x);
	int cn = (int)(first.n < 64 ? first.n : 64); /* ub-common-name */
	return ok && X509_set_version(x, X509_VERSION_3) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(x), -3600) && /* clocks differ */
	       X509_time_adj_ex(X509_getm_notAfter(x), (int)days, 0, NULL) &&
	       X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
	                                  (const unsigned char *)first.p, cn, -1, 0) == 1 &&
	       X509_set_issuer_name(x, subject) == 1 && X509_set_pubkey(x, key) == 1 &&
	       add_extension(x, NID_subject_alt_name, names) &&
	       add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(x, NID_ext_key_usage, "serverAuth") &&
	       add_extension(x, NID_subject_key_identifier, "hash") &&
	       X509_sign(x, key, EVP_sha256()) > 0;
}

static str text_of(struct arena *a, BIO *b)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);
	return str_dup(a, str_from(p, (size_t)n));
}

err tls_self_signed(struct arena *a, str names, unsigned days, str *cert_pem, str *key_pem)
{
	const char *alternatives;
	str first;
	TRY(alt_names(a, names, &alternatives, &first));
	ERR_clear_error();
	AUTO(free_key) EVP_PKEY *key = EVP_EC_gen("P-256");
	AUTO(free_cert) X509 *x = X509_new();
	AUTO(free_bio) BIO *cert_out = BIO_new(BIO_s_mem());
	AUTO(free_bio) BIO *key_out = BIO_new(BIO_s_secmem());
	must(key && x && cert_out && key_out);
	if (!fill(x, key, first, alternatives, days))
		return FAIL(ERR_SYNTAX);
	must(PEM_write_bio_X509(cert_out, x) == 1);
	must(PEM_write_bio_PKCS8PrivateKey(key_out, key, NULL, NULL, 0, NULL, NULL) == 1);
	*cert_pem = text_of(a, cert_out);
	*key_pem = text_of(a, key_out);
	return DONE;
}
