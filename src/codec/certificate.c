/* SPDX-License-Identifier: Apache-2.0 */
/* Reading certificates and keys, and what a certificate says.
 * A text that is half understood is refused.
 * Source: codec/certificate.h. */
#include "codec/certificate.h"

#include <string.h>
#include <time.h>

#include "codec/certificate_inside.h"

BIO *pem_bio(str text)
{
	BIO *b = BIO_new_mem_buf(text.n ? text.p : "", (int)text.n);
	must(b);
	return b;
}

str bio_text(struct arena *a, BIO *b)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);
	return str_dup(a, str_from(p, n > 0 ? (size_t)n : 0));
}

const char *openssl_reason(void)
{
	const char *r = ERR_reason_error_string(ERR_peek_last_error());
	return r ? r : "not understood";
}

static int give_password(char *buf, int size, int rwflag, void *arg)
{
	const str *password = arg;
	(void)rwflag;
	if (!password || !str_given(*password) || password->n > (size_t)size)
		return -1; /* else OpenSSL asks on the terminal */
	memcpy(buf, password->p, password->n);
	return (int)password->n;
}

X509 *pem_certificate(BIO *in) { return PEM_read_bio_X509(in, NULL, give_password, NULL); }

EVP_PKEY *pem_key(str text, str password)
{
	AUTO(free_bio) BIO *in = pem_bio(text);
	ERR_clear_error();
	return PEM_read_bio_PrivateKey(in, NULL, give_password, &password);
}

str key_pem_of(struct arena *a, const EVP_PKEY *key)
{
	AUTO(free_bio) BIO *out = BIO_new(BIO_s_secmem());
	must(out && PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1);
	return bio_text(a, out);
}

/* ---- what it says ---- */

static str name_text(struct arena *a, const X509_NAME *name)
{
	unsigned long flags = (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB & ~XN_FLAG_SEP_COMMA_PLUS) |
	                      XN_FLAG_SEP_CPLUS_SPC;
	AUTO(free_bio) BIO *b = BIO_new(BIO_s_mem());
	must(b);
	X509_NAME_print_ex(b, name, 0, flags);
	str rest = bio_text(a, b), short_name = S("emailAddress=");
	struct buf out = buf_in(a);
	for (size_t at; (at = str_find(rest, short_name)) != STR_NPOS;) {
		buf_fmt(&out, "%.*sEMAILADDRESS=", STR(str_sub(rest, 0, at)));
		rest = str_sub(rest, at + short_name.n, STR_NPOS);
	}
	buf_add(&out, rest);
	return buf_str(&out);
}

static int64_t moment(const ASN1_TIME *t)
{
	struct tm tm = { 0 };
	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

/* The content of its DER: two's complement, as Java prints it. */
static str serial_text(struct arena *a, const ASN1_INTEGER *n)
{
	unsigned char *der = NULL;
	struct buf b = buf_in(a);
	int size = i2d_ASN1_INTEGER(n, &der);
	for (int i = 2; i < size && size < 128; i++)
		buf_fmt(&b, "%s%02x", b.n ? ":" : "", der[i]);
	OPENSSL_free(der);
	return buf_str(&b);
}

static str signature_text(struct arena *a, const X509 *x)
{
	int nid = X509_get_signature_nid(x), md, key;
	if (!OBJ_find_sigid_algs(nid, &md, &key) || md == NID_undef)
		return str_dup(a, str_from_z(OBJ_nid2ln(nid)));
	const char *with = key == NID_X9_62_id_ecPublicKey ? "ECDSA"
	                   : key == NID_rsaEncryption      ? "RSA"
	                                                   : OBJ_nid2sn(key);
	return str_fmt(a, "%swith%s", OBJ_nid2sn(md), with);
}

static str key_text(struct arena *a, X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	if (!key)
		return S("");
	return str_fmt(a, "%s Public Key, %d bits", EVP_PKEY_get0_type_name(key),
	               EVP_PKEY_get_bits(key));
}

static struct strs names_of(struct arena *a, const X509 *x)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int n = all ? sk_GENERAL_NAME_num(all) : 0;
	struct strs out = { arena_array(a, str, (size_t)n + 1), 0 };
	for (int i = 0; i < n; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);
		AUTO(free_bio) BIO *b = BIO_new(BIO_s_mem());
		must(b);
		if (g->type == GEN_DNS)
			ASN1_STRING_print_ex(b, g->d.dNSName, 0);
		else
			GENERAL_NAME_print(b, (GENERAL_NAME *)g);
		out.v[out.n++] = bio_text(a, b);
	}
	GENERAL_NAMES_free(all);
	return out;
}

static struct certificate describe(struct arena *a, X509 *x)
{
	return (struct certificate){
		.version = X509_get_version(x) + 1,
		.valid_from_ms = moment(X509_get0_notBefore(x)),
		.expires_ms = moment(X509_get0_notAfter(x)),
		.subject = name_text(a, X509_get_subject_name(x)),
		.issuer = name_text(a, X509_get_issuer_name(x)),
		.serial_number = serial_text(a, X509_get0_serialNumber(x)),
		.signature = signature_text(a, x),
		.public_key = key_text(a, x),
		.basic_constraints = X509_check_ca(x) == 1 ? S("CA:TRUE") : S("CA:FALSE"),
		.alternative_names = names_of(a, x),
	};
}

err certificates_read(struct arena *a, str pem, struct diag *d, struct certificates *out)
{
	AUTO(free_bio) BIO *in = pem_bio(pem);
	ERR_clear_error();
	for (X509 *x; (x = pem_certificate(in)) != NULL;) {
		VEC_PUSH(a, out, describe(a, x));
		X509_free(x);
	}
	if (!out->n || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return diag_add(d, ERR_SYNTAX, 0, "the certificate cannot be read as PEM: %s",
		                openssl_reason());
	return DONE;
}

err certificate_key_read(struct arena *a, str cert_pem, str key_pem, str password, struct diag *d,
                         str *key)
{
	if (!pem_key_is_modest(key_pem))
		return diag_add(d, ERR_LIMIT, 0, CERTIFICATE_COSTLY);
	AUTO(free_bio) BIO *in = pem_bio(cert_pem);
	AUTO(free_cert) X509 *leaf = pem_certificate(in);
	AUTO(free_key) EVP_PKEY *k = pem_key(key_pem, password);
	if (!k)
		return diag_add(d, ERR_SYNTAX, 0,
		                "the key cannot be read as PEM with this password: %s",
		                openssl_reason());
	if (!leaf || X509_check_private_key(leaf, k) != 1)
		return diag_add(d, ERR_SYNTAX, 0, "the key does not fit the certificate");
	*key = key_pem_of(a, k);
	return DONE;
}
