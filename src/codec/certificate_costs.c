/* SPDX-License-Identifier: Apache-2.0 */
/* What opening a key or a PKCS #12 file would cost, added up before it is done.
 * A file says itself how often its password is hashed: who writes it decides, and may say two thousand
 * million times for every bag.
 * Source: RFC 8018 (PBES1, PBES2), RFC 7292 §4, RFC 7914 §7. */
#include "codec/certificate_inside.h"

enum { ROUNDS_MAX = 2000000, NESTED_MAX = 4 };

static void free_pbes2(PBE2PARAM **p) { PBE2PARAM_free(*p); }
static void free_pbkdf2(PBKDF2PARAM **p) { PBKDF2PARAM_free(*p); }
static void free_scrypt(SCRYPT_PARAMS **p) { SCRYPT_PARAMS_free(*p); }
static void free_pbes1(PBEPARAM **p) { PBEPARAM_free(*p); }
static void free_sig(X509_SIG **s) { X509_SIG_free(*s); }
static void free_safes(STACK_OF(PKCS7) * *s) { sk_PKCS7_pop_free(*s, PKCS7_free); }
static void free_bags(STACK_OF(PKCS12_SAFEBAG) * *s)
{
	sk_PKCS12_SAFEBAG_pop_free(*s, PKCS12_SAFEBAG_free);
}

static int64_t number(const ASN1_INTEGER *n)
{
	int64_t v;
	return n && ASN1_INTEGER_get_int64(&v, n) == 1 && v >= 0 && v <= ROUNDS_MAX ? v : -1;
}

static bool spend(int64_t *left, int64_t rounds)
{
	*left -= rounds < 0 ? ROUNDS_MAX + 1 : rounds;
	return *left >= 0;
}

static bool derivation_fits(const X509_ALGOR *how, int64_t *left)
{
	int kind = OBJ_obj2nid(how->algorithm);
	if (kind == NID_id_pbkdf2) {
		AUTO(free_pbkdf2)
		PBKDF2PARAM *p =
			ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), how->parameter);
		return p && spend(left, number(p->iter));
	}
	AUTO(free_scrypt)
	SCRYPT_PARAMS *p =
		kind == NID_id_scrypt
			? ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), how->parameter)
			: NULL;
	int64_t n = p ? number(p->costParameter) : -1, r = p ? number(p->blockSize) : -1,
		lanes = p ? number(p->parallelizationParameter) : -1;
	return n > 0 && r > 0 && lanes > 0 && lanes <= ROUNDS_MAX / r &&
	       spend(left, n <= ROUNDS_MAX / (r * lanes) ? n * r * lanes : -1);
}

static bool encryption_fits(const X509_ALGOR *how, int64_t *left)
{
	if (OBJ_obj2nid(how->algorithm) != NID_pbes2) {
		AUTO(free_pbes1)
		PBEPARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), how->parameter);
		return p && spend(left, number(p->iter));
	}
	AUTO(free_pbes2)
	PBE2PARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), how->parameter);
	return p && derivation_fits(p->keyfunc, left);
}

bool pem_key_is_modest(str text)
{
	AUTO(free_bio) BIO *in = pem_bio(text);
	int64_t left = ROUNDS_MAX;
	bool fits = true;
	while (fits && !BIO_eof(in)) {
		AUTO(free_sig) X509_SIG *key = PEM_read_bio_PKCS8(in, NULL, NULL, NULL);
		const X509_ALGOR *how;
		if (!key)
			continue; /* a line further at least */
		X509_SIG_get0(key, &how, NULL);
		fits = encryption_fits(how, &left);
	}
	ERR_clear_error();
	return fits;
}

static bool bags_fit(const STACK_OF(PKCS12_SAFEBAG) * bags, int depth, int64_t *left)
{
	bool fits = depth < NESTED_MAX;
	for (int i = 0; fits && i < sk_PKCS12_SAFEBAG_num(bags); i++) {
		const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
		int kind = PKCS12_SAFEBAG_get_nid(bag);
		const X509_ALGOR *how;
		if (kind == NID_safeContentsBag)
			fits = bags_fit(PKCS12_SAFEBAG_get0_safes(bag), depth + 1, left);
		if (kind != NID_pkcs8ShroudedKeyBag)
			continue;
		X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &how, NULL);
		fits = encryption_fits(how, left);
	}
	return fits;
}

/* A safe that cannot be opened costs nothing more. */
static bool safe_fits(PKCS7 *safe, const char *password, int64_t *left)
{
	AUTO(free_bags) STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	if (PKCS7_type_is_data(safe))
		bags = PKCS12_unpack_p7data(safe);
	else if (!PKCS7_type_is_encrypted(safe))
		return true;
	else if (!encryption_fits(safe->d.encrypted->enc_data->algorithm, left))
		return false;
	else
		bags = PKCS12_unpack_p7encdata(safe, password, -1);
	return !bags || bags_fit(bags, 0, left);
}

bool pkcs12_is_modest(const PKCS12 *file, const char *password)
{
	const ASN1_INTEGER *rounds;
	int64_t left = ROUNDS_MAX;
	PKCS12_get0_mac(NULL, NULL, NULL, &rounds, file);
	AUTO(free_safes) STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(file);
	bool fits = !rounds || spend(&left, number(rounds));
	for (int i = 0; fits && i < sk_PKCS7_num(safes); i++)
		fits = safe_fits(sk_PKCS7_value(safes, i), password, &left);
	ERR_clear_error();
	return fits;
}
