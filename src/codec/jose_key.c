/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of codec/jose.h: secrets, PEM, and new ones.
 * Invariant: OpenSSL's error queue is left empty, since TLS on the same thread reads it.
 * Source: RFC 7468, RFC 7518 §3. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "codec/digest.h"
#include "codec/jose_inside.h"

static const str names[] = {
	S_INIT("HS256"), S_INIT("HS384"), S_INIT("HS512"), S_INIT("RS256"),
	S_INIT("RS384"), S_INIT("RS512"), S_INIT("PS256"), S_INIT("PS384"),
	S_INIT("PS512"), S_INIT("ES256"), S_INIT("ES384"), S_INIT("ES512"),
};

const struct jose_curve jose_curves[] = {
	{ JOSE_ES256, "P-256", "prime256v1", 32 },
	{ JOSE_ES384, "P-384", "secp384r1", 48 },
	{ JOSE_ES512, "P-521", "secp521r1", 66 },
	{ 0 },
};

enum jose_alg jose_alg_read(str name)
{
	enum jose_alg alg = 0;
	while (alg < JOSE_ALGS && !str_eq(name, names[alg]))
		alg++;
	return alg;
}

str jose_alg_name(enum jose_alg alg)
{
	must(alg < JOSE_ALGS);
	return names[alg];
}

const char *jose_digest(enum jose_alg alg)
{
	static const char *const digests[] = { "sha256", "sha384", "sha512" };
	return digests[alg % 3];
}

const struct jose_curve *jose_curve(enum jose_alg alg)
{
	const struct jose_curve *c = jose_curves;
	while (c->crv && c->alg != alg)
		c++;
	return c;
}

/* ---- what a key is good for ---- */

enum jose_fit jose_key_fit(const struct jose_key *k, enum jose_alg alg)
{
	must(alg < JOSE_ALGS);
	switch (jose_family(alg)) {
	case JOSE_HS:
		if (!k->secret)
			return JOSE_WRONG_TYPE;
		return secret_bytes(k->secret).n >= 32 + 16 * (size_t)(alg % 3) ? JOSE_FITS
		                                                                : JOSE_TOO_SHORT;
	case JOSE_RS:
	case JOSE_PS:
		if (!k->bits)
			return JOSE_WRONG_TYPE;
		return k->bits >= RSA_BITS_MIN ? JOSE_FITS : JOSE_TOO_SHORT;
	case JOSE_ES:
		break;
	}
	return k->es == alg ? JOSE_FITS : k->es < JOSE_ALGS ? JOSE_WRONG_CURVE : JOSE_WRONG_TYPE;
}

bool jose_key_signs(const struct jose_key *k) { return k->secret || k->is_private; }
str jose_key_print(const struct jose_key *k) { return str_from(k->print, sizeof k->print); }

/* ---- making them ---- */

struct jose_key *jose_key_secret(struct arena *a, str bytes)
{
	struct jose_key *k = arena_new(a, struct jose_key);
	k->secret = secret_new(a, bytes);
	k->es = JOSE_ALGS;
	/* keyed, so that the print of a guessable secret tells nothing beside one of a public key */
	hmac_sha256(S("jose secret"), bytes, k->print);
	return k;
}

static void key_free(void *arg)
{
	struct jose_key *k = arg;
	for (size_t i = 0; i < sizeof k->ready / sizeof *k->ready; i++)
		for (size_t j = 0; j < READY_SLOTS; j++) {
			EVP_PKEY_CTX_free(k->ready[i][false][j]);
			EVP_PKEY_CTX_free(k->ready[i][true][j]);
		}
	EVP_PKEY_free(k->pkey);
}

static err measure_rsa(struct jose_key *k)
{
	BIGNUM *e = NULL;
	k->bits = EVP_PKEY_get_bits(k->pkey);
	EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_RSA_E, &e);
	bool sane = e && BN_num_bits(e) <= RSA_E_BITS_MAX && BN_is_odd(e) && !BN_is_one(e);
	BN_free(e);
	return sane && k->bits <= RSA_BITS_MAX ? DONE : FAIL(ERR_LIMIT);
}

static err measure_ec(struct jose_key *k)
{
	char group[64];
	size_t n;
	if (EVP_PKEY_get_group_name(k->pkey, group, sizeof group, &n) != 1)
		return FAIL(ERR_SYNTAX);
	for (const struct jose_curve *c = jose_curves; c->crv; c++)
		if (!strcmp(c->group, group))
			k->es = c->alg;
	return k->es < JOSE_ALGS ? DONE : FAIL(ERR_SYNTAX);
}

static err measure(struct jose_key *k)
{
	unsigned char *der = NULL;
	if (EVP_PKEY_is_a(k->pkey, "RSA"))
		TRY(measure_rsa(k));
	else if (EVP_PKEY_is_a(k->pkey, "EC"))
		TRY(measure_ec(k));
	else
		return FAIL(ERR_SYNTAX);
	int n = i2d_PUBKEY(k->pkey, &der);
	if (n <= 0)
		return FAIL(ERR_SYNTAX);
	sha256(str_from(der, (size_t)n), k->print);
	OPENSSL_free(der);
	return DONE;
}

err jose_key_own(struct arena *a, EVP_PKEY *pkey, bool is_private, struct jose_key **out)
{
	if (!pkey) {
		ERR_clear_error();
		return FAIL(ERR_SYNTAX);
	}
	struct jose_key *k = arena_new(a, struct jose_key);
	k->pkey = pkey;
	k->is_private = is_private;
	k->es = JOSE_ALGS;
	arena_defer(a, key_free, k);
	err e = measure(k);
	ERR_clear_error();
	*out = k;
	return e;
}

struct jose_key *jose_key_make(struct arena *a, enum jose_alg alg)
{
	struct jose_key *k;
	must(jose_family(alg) != JOSE_HS);
	const struct jose_curve *c = jose_curve(alg);
	EVP_PKEY *pkey = c->crv ? EVP_EC_gen(c->group) : EVP_RSA_gen(RSA_BITS_MIN);
	must(!jose_key_own(a, pkey, true, &k).code);
	return k;
}

/* ---- PEM ---- */

/* In one piece of memory: it may be a secret, which is wiped afterwards.  Of empty lines only the one that ends
 * headers (RFC 1421 §4.4) is kept. */
static str without_indent(struct arena *a, str pem)
{
	struct buf out = buf_in(a);
	str line;
	bool header = false;
	buf_room(&out, pem.n + 1);
	for (str rest = pem; str_given(rest); header = str_has(line, S(":"))) {
		line = str_trim(str_cut(&rest, '\n'));
		if (line.n || header) {
			buf_add(&out, line);
			buf_char(&out, '\n');
		}
	}
	return buf_str(&out);
}

/* Without it OpenSSL would ask at the terminal, for whatever says that it is encrypted. */
static int give_password(char *out, int size, int rwflag, void *arg)
{
	const str *password = arg;
	(void)rwflag;
	if (password->n > (size_t)size)
		return -1;
	if (password->n)
		memcpy(out, password->p, password->n);
	return (int)password->n;
}

static EVP_PKEY *certified(BIO *in, str *password)
{
	X509 *cert = PEM_read_bio_X509(in, NULL, give_password, password);
	EVP_PKEY *pkey = cert ? X509_get_pubkey(cert) : NULL;
	X509_free(cert);
	return pkey;
}

static EVP_PKEY *rsa_public(BIO *in)
{
	EVP_PKEY *pkey = NULL;
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long n = 0;
	if (PEM_read_bio(in, &name, &header, &der, &n) == 1) {
		const unsigned char *at = der;
		pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, n);
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return pkey;
}

err jose_key_pem(struct arena *a, str pem, str password, struct jose_key **out)
{
	if (pem.n > JOSE_TEXT_MAX)
		return FAIL(ERR_LIMIT);
	str text = without_indent(a, pem);
	BIO *in = BIO_new_mem_buf(text.p, (int)text.n);
	must(in);
	bool is_private = str_has(text, S("PRIVATE KEY-----"));
	EVP_PKEY *pkey = is_private ? PEM_read_bio_PrivateKey(in, NULL, give_password, &password)
	                 : str_has(text, S("-----BEGIN CERT")) ? certified(in, &password)
	                 : str_has(text, S("-----BEGIN RSA PUBLIC"))
	                         ? rsa_public(in)
	                         : PEM_read_bio_PUBKEY(in, NULL, give_password, &password);
	BIO_free(in);
	if (is_private)
		wipe((char *)(uintptr_t)text.p, text.n);
	return jose_key_own(a, pkey, is_private, out);
}

static str bio_text(struct arena *a, BIO *out)
{
	char *p;
	long n = BIO_get_mem_data(out, &p);
	str text = str_dup(a, str_from(p, (size_t)n));
	BIO_free(out);
	return text;
}

str jose_key_public_pem(struct arena *a, const struct jose_key *k)
{
	BIO *out = BIO_new(BIO_s_mem());
	must(out && k->pkey && PEM_write_bio_PUBKEY(out, k->pkey) == 1);
	return bio_text(a, out);
}

str jose_key_private_pem(struct arena *a, const struct jose_key *k)
{
	BIO *out = BIO_new(BIO_s_secmem());
	must(out && k->is_private &&
	     PEM_write_bio_PKCS8PrivateKey(out, k->pkey, NULL, NULL, 0, NULL, NULL) == 1);
	return bio_text(a, out);
}
