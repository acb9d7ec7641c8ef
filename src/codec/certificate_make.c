/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that are made or taken out of a container.
 * A key leaves as PEM without a password; where it rests is the caller's affair.
 * Source: codec/certificate.h. */
#include <openssl/evp.h>

#include "base/rand.h"
#include "codec/certificate_inside.h"

static str pem_of(struct arena *a, X509 *leaf, STACK_OF(X509) * chain)
{
	AUTO(free_bio) BIO *out = BIO_new(BIO_s_mem());
	must(out && PEM_write_bio_X509(out, leaf) == 1);
	for (int i = 0; chain && i < sk_X509_num(chain); i++)
		must(PEM_write_bio_X509(out, sk_X509_value(chain, i)) == 1);
	return bio_text(a, out);
}

static void free_stack(STACK_OF(X509) * *s) { sk_X509_pop_free(*s, X509_free); }
static void free_pkcs12(PKCS12 **p) { PKCS12_free(*p); }

err certificate_unpack(struct arena *a, str pkcs12, str password, struct diag *d, str *cert_pem,
                       str *key_pem)
{
	const unsigned char *p = (const unsigned char *)pkcs12.p;
	AUTO(free_key) EVP_PKEY *key = NULL;
	AUTO(free_cert) X509 *leaf = NULL;
	AUTO(free_stack) STACK_OF(X509) *chain = NULL;
	ERR_clear_error();
	AUTO(free_pkcs12) PKCS12 *file = d2i_PKCS12(NULL, &p, (long)pkcs12.n);
	const char *z = str_z(a, str_given(password) ? password : S(""));
	if (file && !pkcs12_is_modest(file, z))
		return diag_add(d, ERR_LIMIT, 0, CERTIFICATE_COSTLY);
	if (!file || PKCS12_parse(file, z, &key, &leaf, &chain) != 1)
		return diag_add(d, ERR_SYNTAX, 0,
		                "the file cannot be read as PKCS #12 with this password: %s",
		                openssl_reason());
	if (!key || !leaf)
		return diag_add(d, ERR_SYNTAX, 0,
		                "the PKCS #12 file needs a key and its certificate");
	*cert_pem = pem_of(a, leaf, chain);
	*key_pem = key_pem_of(a, key);
	return DONE;
}

/* ---- a request ---- */

static void free_request(X509_REQ **r) { X509_REQ_free(*r); }

static bool copy_names(X509_REQ *r, const X509 *from)
{
	int at = X509_get_ext_by_NID(from, NID_subject_alt_name, -1);
	if (at < 0)
		return true;
	STACK_OF(X509_EXTENSION) *all = sk_X509_EXTENSION_new_null();
	must(all && sk_X509_EXTENSION_push(all, X509_get_ext(from, at)) > 0);
	bool ok = X509_REQ_add_extensions(r, all) == 1;
	sk_X509_EXTENSION_free(all);
	return ok;
}

err certificate_request(struct arena *a, str cert_pem, str key_pem, str *request)
{
	AUTO(free_bio) BIO *in = pem_bio(cert_pem);
	AUTO(free_cert) X509 *leaf = pem_certificate(in);
	AUTO(free_key) EVP_PKEY *key = pem_key(key_pem, STR_NONE);
	AUTO(free_request) X509_REQ *r = X509_REQ_new();
	AUTO(free_bio) BIO *out = BIO_new(BIO_s_mem());
	must(r && out);
	if (!leaf || !key || X509_REQ_set_pubkey(r, key) != 1 ||
	    X509_REQ_set_subject_name(r, X509_get_subject_name(leaf)) != 1 ||
	    !copy_names(r, leaf) || X509_REQ_sign(r, key, EVP_sha256()) <= 0)
		return FAIL(ERR_SYNTAX);
	must(PEM_write_bio_X509_REQ(out, r) == 1);
	*request = bio_text(a, out);
	return DONE;
}

/* ---- a new one ---- */

static bool add_part(X509_NAME *name, const char *field, str value)
{
	return !value.n ||
	       X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
	                                  (const unsigned char *)value.p, (int)value.n, -1, 0) == 1;
}

static bool add_subject(X509 *x, const struct certificate_wish *w)
{
	X509_NAME *name = X509_get_subject_name(x);
	return add_part(name, "C", w->country) && add_part(name, "ST", w->state) &&
	       add_part(name, "L", w->locality) && add_part(name, "O", w->org) &&
	       add_part(name, "OU", w->unit) && add_part(name, "CN", w->common_name) &&
	       add_part(name, "emailAddress", w->email) && X509_set_issuer_name(x, name) == 1;
}

static bool add_names(X509 *x, const struct strs *names)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	must(all);
	for (size_t i = 0; i < names->n; i++) {
		GENERAL_NAME *g = GENERAL_NAME_new();
		ASN1_IA5STRING *s = ASN1_IA5STRING_new();
		must(g && s && ASN1_STRING_set(s, names->v[i].p, (int)names->v[i].n) == 1);
		GENERAL_NAME_set0_value(g, GEN_DNS, s);
		must(sk_GENERAL_NAME_push(all, g) > 0);
	}
	bool ok = !names->n || X509_add1_ext_i2d(x, NID_subject_alt_name, all, 0, 0) == 1;
	GENERAL_NAMES_free(all);
	return ok;
}

static bool add_serial(X509 *x)
{
	unsigned char serial[16];
	rand_bytes(serial, sizeof serial);
	serial[0] = (serial[0] & 0x7f) | 0x40; /* RFC 5280 §4.1.2.2 */
	BIGNUM *n = BN_bin2bn(serial, sizeof serial, NULL);
	bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return ok;
}

err certificate_make(struct arena *a, const struct certificate_wish *w, struct diag *d,
                     str *cert_pem, str *key_pem)
{
	ERR_clear_error();
	AUTO(free_key) EVP_PKEY *key = EVP_RSA_gen(w->bits);
	AUTO(free_cert) X509 *x = X509_new();
	const EVP_MD *md = EVP_get_digestbyname(str_z(a, w->digest));
	must(key && x && md);
	bool ok = X509_set_version(x, X509_VERSION_3) == 1 && add_serial(x) &&
	          X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
	          X509_time_adj_ex(X509_getm_notAfter(x), (int)w->days, 0, NULL) &&
	          X509_set_pubkey(x, key) == 1 && add_subject(x, w) && add_names(x, &w->names) &&
	          X509_sign(x, key, md) > 0;
	if (!ok)
		return diag_add(d, ERR_SYNTAX, 0, "no certificate can be made of this: %s",
		                openssl_reason());
	*cert_pem = pem_of(a, x, NULL);
	*key_pem = key_pem_of(a, key);
	return DONE;
}
