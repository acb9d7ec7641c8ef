/* SPDX-License-Identifier: Apache-2.0 */
/* Compact signatures: taken apart, checked, made.
 * Invariant: what is checked is the text as it came, never something written anew from what was read.
 * Source: RFC 7515 §3.1, §4.1.11, §5; RFC 7518 §3. */
#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdatomic.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/digest.h"
#include "codec/jose_inside.h"

/* ---- reading ---- */

static err read_json_object(struct arena *a, str text, json_t **out)
{
	struct diag nobody = { .arena = a };
	TRY(json_read(a, text, &nobody, out));
	return json_is_object(*out) ? DONE : FAIL(ERR_SYNTAX);
}

/* RFC 7515 §4.1.11: not empty, no name twice, none of the RFC's own, each there. */
static bool critical_names_ok(const json_t *header)
{
	static const char *const own[] = { "alg", "jku",      "jwk", "kid", "x5u", "x5c",
		                           "x5t", "x5t#S256", "typ", "cty", "crit" };
	const json_t *list = json_object_get(header, "crit");
	if (!list)
		return true;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		if (!name || !json_object_get(header, name))
			return false;
		for (size_t k = 0; k < sizeof own / sizeof *own; k++)
			if (!strcmp(name, own[k]))
				return false;
		for (size_t k = 0; k < i; k++)
			if (!strcmp(name, json_string_value(json_array_get(list, k))))
				return false;
	}
	return json_array_size(list) > 0;
}

static err part_read(struct arena *a, str text, str *out)
{
	return str_find_char(text, '=') == STR_NPOS ? base64url_read(a, text, out)
	                                            : FAIL(ERR_SYNTAX);
}

str jws_header_part(str text) { return str_sub(text, 0, str_find_char(text, '.')); }

err jws_read_header(struct arena *a, str part, struct jws *out)
{
	*out = (struct jws){ .alg = JOSE_ALGS };
	TRY(part_read(a, part, &out->header_text));
	TRY(read_json_object(a, out->header_text, &out->header));
	if (!critical_names_ok(out->header))
		return FAIL(ERR_SYNTAX);
	out->alg_name = json_member_str(out->header, "alg");
	out->kid = json_member_str(out->header, "kid");
	out->typ = json_member_str(out->header, "typ");
	out->alg = jose_alg_read(out->alg_name);
	out->has_critical = json_object_get(out->header, "crit") != NULL;
	return DONE;
}

err jws_read_rest(struct arena *a, str text, struct jws *out)
{
	str rest = text, header = str_cut(&rest, '.');
	str payload = str_given(rest) ? str_cut(&rest, '.') : STR_NONE;
	if (!str_given(rest) || str_find_char(rest, '.') != STR_NPOS)
		return FAIL(ERR_SYNTAX);
	TRY(part_read(a, payload, &out->payload));
	TRY(part_read(a, rest, &out->signature));
	out->signed_part = str_sub(text, 0, header.n + 1 + payload.n);
	return DONE;
}

err jws_read(struct arena *a, str text, struct jws *out)
{
	*out = (struct jws){ .alg = JOSE_ALGS };
	if (text.n > JOSE_TEXT_MAX)
		return FAIL(ERR_LIMIT);
	TRY(jws_read_header(a, jws_header_part(text), out));
	return jws_read_rest(a, text, out);
}

str jws_unknown_critical(const struct jws *s, const str *known, size_t n)
{
	const json_t *list = json_object_get(s->header, "crit");
	for (size_t i = 0; i < json_array_size(list); i++) {
		str name = json_text(json_array_get(list, i));
		size_t k = 0;
		while (k < n && !str_eq(known[k], name))
			k++;
		if (k == n)
			return name;
	}
	return STR_NONE;
}

/* ---- contexts ---- */

static const EVP_MD *md_of(enum jose_alg alg)
{
	return alg % 3 == 0 ? EVP_sha256() : alg % 3 == 1 ? EVP_sha384() : EVP_sha512();
}

static EVP_PKEY_CTX *context(const struct jose_key *k, enum jose_alg alg, bool sign)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k->pkey, NULL);
	must(c && (sign ? EVP_PKEY_sign_init(c) : EVP_PKEY_verify_init(c)) == 1);
	if (jose_family(alg) == JOSE_RS)
		must(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1);
	if (jose_family(alg) == JOSE_PS)
		must(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) == 1);
	must(EVP_PKEY_CTX_set_signature_md(c, md_of(alg)) == 1);
	return c;
}

/* A context that nobody else has; one that is free, or a new one. */
static EVP_PKEY_CTX *context_take(struct jose_key *k, enum jose_alg alg, bool sign)
{
	_Atomic(EVP_PKEY_CTX *) *ready = k->ready[alg - JOSE_RS256][sign];
	for (size_t i = 0; i < READY_SLOTS; i++) {
		EVP_PKEY_CTX *c = atomic_exchange(&ready[i], NULL);
		if (c)
			return c;
	}
	return context(k, alg, sign);
}

static void context_give_back(struct jose_key *k, enum jose_alg alg, bool sign, EVP_PKEY_CTX *c)
{
	_Atomic(EVP_PKEY_CTX *) *ready = k->ready[alg - JOSE_RS256][sign];
	for (size_t i = 0; c && i < READY_SLOTS; i++) {
		EVP_PKEY_CTX *none = NULL;
		if (atomic_compare_exchange_strong(&ready[i], &none, c))
			c = NULL;
	}
	EVP_PKEY_CTX_free(c);
}

/* ---- ECDSA: two numbers of fixed length here, DER in OpenSSL (RFC 7518 §3.4) ---- */

enum { EC_DER_MAX = 160 };

static int der_from_raw(str raw, size_t half, unsigned char der[EC_DER_MAX])
{
	unsigned char *at = der;
	if (raw.n != 2 * half)
		return 0;
	const unsigned char *p = (const unsigned char *)raw.p;
	ECDSA_SIG *s = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(p, (int)half, NULL), *t = BN_bin2bn(p + half, (int)half, NULL);
	must(s && r && t && ECDSA_SIG_set0(s, r, t) == 1);
	int n = i2d_ECDSA_SIG(s, &at);
	ECDSA_SIG_free(s);
	return n;
}

static str raw_from_der(struct arena *a, const unsigned char *der, size_t n, size_t half)
{
	unsigned char *out = arena_alloc(a, 2 * half, 1);
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &der, (long)n);
	must(s && BN_bn2binpad(ECDSA_SIG_get0_r(s), out, (int)half) == (int)half &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(s), out + half, (int)half) == (int)half);
	ECDSA_SIG_free(s);
	return str_from(out, 2 * half);
}

/* ---- checking and making ---- */

static str digest_of(struct arena *a, enum jose_alg alg, str data)
{
	str out;
	must(!digest(a, jose_digest(alg), data, &out).code);
	return out;
}

static str mac(struct arena *a, const struct jose_key *k, enum jose_alg alg, str data)
{
	str out;
	must(!digest_hmac(a, jose_digest(alg), secret_bytes(k->secret), data, &out).code);
	return out;
}

static bool pkey_verify(struct arena *a, const struct jws *s, struct jose_key *k, enum jose_alg alg)
{
	unsigned char der[EC_DER_MAX];
	const unsigned char *signature = (const unsigned char *)s->signature.p;
	size_t n = s->signature.n;
	if (jose_family(alg) == JOSE_ES) {
		n = (size_t)der_from_raw(s->signature, jose_curve(alg)->bytes, der);
		signature = der;
	}
	if (!n)
		return false;
	str sum = digest_of(a, alg, s->signed_part);
	EVP_PKEY_CTX *c = context_take(k, alg, false);
	bool good = EVP_PKEY_verify(c, signature, n, (const unsigned char *)sum.p, sum.n) == 1;
	context_give_back(k, alg, false, c);
	if (!good)
		ERR_clear_error();
	return good;
}

bool jws_verify(struct arena *a, const struct jws *s, const struct jose_key *k, enum jose_alg alg)
{
	if (s->alg != alg || jose_key_fit(k, alg) != JOSE_FITS)
		return false;
	if (jose_family(alg) == JOSE_HS)
		return str_eq_secret(mac(a, k, alg, s->signed_part), s->signature);
	return pkey_verify(a, s, (struct jose_key *)(uintptr_t)k, alg); /* its slots are atomic */
}

static err pkey_sign(struct arena *a, struct jose_key *k, enum jose_alg alg, str data, str *out)
{
	str sum = digest_of(a, alg, data);
	size_t n = (size_t)EVP_PKEY_get_size(k->pkey);
	unsigned char *p = arena_alloc(a, n, 1);
	EVP_PKEY_CTX *c = context_take(k, alg, true);
	bool made = EVP_PKEY_sign(c, p, &n, (const unsigned char *)sum.p, sum.n) == 1;
	context_give_back(k, alg, true, c);
	if (!made) {
		ERR_clear_error();
		return FAIL(ERR_DENIED);
	}
	*out = jose_family(alg) == JOSE_ES ? raw_from_der(a, p, n, jose_curve(alg)->bytes)
	                                   : str_from(p, n);
	return DONE;
}

err jws_sign(struct arena *a, const struct jose_key *k, enum jose_alg alg, str header, str payload,
             str *out)
{
	struct buf text = buf_in(a);
	str signature;
	must(jose_key_fit(k, alg) == JOSE_FITS && jose_key_signs(k));
	buf_add(&text, base64url_write(a, header));
	buf_char(&text, '.');
	buf_add(&text, base64url_write(a, payload));
	if (jose_family(alg) == JOSE_HS)
		signature = mac(a, k, alg, buf_str(&text));
	else
		TRY(pkey_sign(a, (struct jose_key *)(uintptr_t)k, alg, buf_str(&text),
		              &signature)); /* its slots are atomic */
	buf_char(&text, '.');
	buf_add(&text, base64url_write(a, signature));
	*out = buf_str(&text);
	return DONE;
}

bool jws_is_slow(enum jose_alg alg, bool to_sign)
{
	bool rsa = jose_family(alg) == JOSE_RS || jose_family(alg) == JOSE_PS;
	return rsa ? to_sign : alg == JOSE_ES384 || alg == JOSE_ES512;
}
