/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as JSON: one, a set, and the thumbprint of one.
 * Invariant: only public members are ever written.
 * Source: RFC 7517, RFC 7518 §6, RFC 7638. */
#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/digest.h"
#include "codec/jose_inside.h"

/* ---- reading ---- */

struct member {
	const char *json, *param;
	bool is_private;
};

static const struct member rsa_members[] = {
	{ "n", OSSL_PKEY_PARAM_RSA_N, false },
	{ "e", OSSL_PKEY_PARAM_RSA_E, false },
	{ "d", OSSL_PKEY_PARAM_RSA_D, true },
	{ "p", OSSL_PKEY_PARAM_RSA_FACTOR1, true },
	{ "q", OSSL_PKEY_PARAM_RSA_FACTOR2, true },
	{ "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, true },
	{ "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, true },
	{ "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true },
};
enum { RSA_MEMBERS = sizeof rsa_members / sizeof *rsa_members };

/* An absent member is DONE with nothing in *out. */
static err number(struct arena *a, const json_t *jwk, const char *name, str *out)
{
	const json_t *v = json_object_get(jwk, name);
	*out = STR_NONE;
	if (!v)
		return DONE;
	if (!json_is_string(v) || json_string_length(v) > 2 * RSA_BITS_MAX / 8)
		return FAIL(ERR_SYNTAX);
	TRY(base64url_read(a, json_text(v), out));
	return out->n ? DONE : FAIL(ERR_SYNTAX);
}

static EVP_PKEY *from_data(const char *type, OSSL_PARAM_BLD *b, bool is_private)
{
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	must(params && c && EVP_PKEY_fromdata_init(c) == 1);
	if (EVP_PKEY_fromdata(c, &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
	                      params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_free(params);
	return pkey;
}

static EVP_PKEY *rsa_pkey(const str parts[RSA_MEMBERS])
{
	BIGNUM *numbers[RSA_MEMBERS] = { 0 };
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	must(b);
	for (size_t i = 0; i < RSA_MEMBERS; i++) {
		if (!parts[i].n)
			continue;
		numbers[i] = BN_bin2bn((const unsigned char *)parts[i].p, (int)parts[i].n, NULL);
		must(numbers[i] && OSSL_PARAM_BLD_push_BN(b, rsa_members[i].param, numbers[i]));
	}
	EVP_PKEY *pkey = from_data("RSA", b, str_given(parts[RSA_MEMBERS - 1]));
	for (size_t i = 0; i < RSA_MEMBERS; i++)
		BN_clear_free(numbers[i]);
	OSSL_PARAM_BLD_free(b);
	return pkey;
}

static err rsa_read(struct arena *a, const json_t *jwk, struct jose_key **out)
{
	str parts[RSA_MEMBERS];
	size_t n_private = 0;
	for (size_t i = 0; i < RSA_MEMBERS; i++) {
		TRY(number(a, jwk, rsa_members[i].json, &parts[i]));
		n_private += rsa_members[i].is_private && parts[i].n;
	}
	/* RFC 7518 §6.3.2: d with its two factors and all that the remainder theorem needs */
	bool whole = n_private == 0 || n_private == RSA_MEMBERS - 2;
	if (!parts[0].n || !parts[1].n || !whole || json_object_get(jwk, "oth"))
		return FAIL(ERR_SYNTAX);
	return jose_key_own(a, rsa_pkey(parts), n_private > 0, out);
}

static EVP_PKEY *ec_pkey(const struct jose_curve *c, str point, str d)
{
	BIGNUM *secret = d.n ? BN_bin2bn((const unsigned char *)d.p, (int)d.n, NULL) : NULL;
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	must(b && OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, c->group, 0) &&
	     OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.n));
	if (secret)
		must(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, secret));
	EVP_PKEY *pkey = from_data("EC", b, secret != NULL);
	BN_clear_free(secret);
	OSSL_PARAM_BLD_free(b);
	return pkey;
}

static err ec_read(struct arena *a, const json_t *jwk, struct jose_key **out)
{
	str crv = json_member_str(jwk, "crv"), x, y, d;
	const struct jose_curve *c = jose_curves;
	while (c->crv && !str_eq(crv, str_from_z(c->crv)))
		c++;
	TRY(number(a, jwk, "x", &x));
	TRY(number(a, jwk, "y", &y));
	TRY(number(a, jwk, "d", &d));
	if (!c->crv || x.n != c->bytes || y.n != c->bytes || (d.n && d.n != c->bytes))
		return FAIL(ERR_SYNTAX);
	struct buf point = buf_in(a);
	buf_char(&point, POINT_CONVERSION_UNCOMPRESSED);
	buf_add(&point, x);
	buf_add(&point, y);
	return jose_key_own(a, ec_pkey(c, buf_str(&point), d), d.n > 0, out);
}

static err oct_read(struct arena *a, const json_t *jwk, struct jose_key **out)
{
	str k;
	TRY(number(a, jwk, "k", &k));
	if (!k.n)
		return FAIL(ERR_SYNTAX);
	*out = jose_key_secret(a, k);
	return DONE;
}

err jose_key_jwk(struct arena *a, const json_t *jwk, struct jose_key **out)
{
	str kty = json_member_str(jwk, "kty");
	if (str_eq(kty, S("RSA")))
		return rsa_read(a, jwk, out);
	if (str_eq(kty, S("EC")))
		return ec_read(a, jwk, out);
	return str_eq(kty, S("oct")) ? oct_read(a, jwk, out) : FAIL(ERR_NOT_FOUND);
}

err jwks_read(struct arena *a, str text, struct diag *diag, struct jwks *out)
{
	json_t *root;
	*out = (struct jwks){ 0 };
	if (text.n > JWKS_TEXT_MAX)
		return diag_add(diag, ERR_LIMIT, 0, "a JWKS of more than %d bytes", JWKS_TEXT_MAX);
	TRY(json_read(a, text, diag, &root));
	const json_t *list = json_object_get(root, "keys");
	if (!json_is_array(list))
		return diag_add(diag, ERR_SYNTAX, 1, "a JWKS is an object with an array \"keys\"");
	if (json_array_size(list) > JWKS_KEYS_MAX)
		return diag_add(diag, ERR_LIMIT, 1, "a JWKS of more than %d keys", JWKS_KEYS_MAX);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		struct jwk k = { .kid = json_member_str(one, "kid"),
			         .use = json_member_str(one, "use"),
			         .alg = json_member_str(one, "alg") };
		if (!jose_key_jwk(a, one, &k.key).code)
			VEC_PUSH(a, &out->keys, k);
	}
	return DONE;
}

bool jwk_fits(const struct jwk *k, enum jose_alg alg)
{
	bool said_otherwise = (str_given(k->use) && !str_eq(k->use, S("sig"))) ||
	                      (str_given(k->alg) && !str_eq(k->alg, jose_alg_name(alg)));
	return !said_otherwise && jose_key_fit(k->key, alg) == JOSE_FITS;
}

const struct jose_key *jwks_find(const struct jwks *set, str kid, enum jose_alg alg)
{
	for (size_t i = 0; i < set->keys.n; i++) {
		const struct jwk *k = &set->keys.v[i];
		if (str_given(k->kid) && str_eq(k->kid, kid) && jwk_fits(k, alg))
			return k->key;
	}
	return NULL;
}

/* ---- writing ---- */

/* As many bytes as it has, or as its field has. */
static str number_text(struct arena *a, const struct jose_key *k, const char *param, size_t bytes)
{
	BIGNUM *n = NULL;
	must(EVP_PKEY_get_bn_param(k->pkey, param, &n) == 1);
	size_t size = bytes ? bytes : (size_t)BN_num_bytes(n);
	unsigned char *p = arena_alloc(a, size, 1);
	must(BN_bn2binpad(n, p, (int)size) == (int)size);
	BN_free(n);
	return base64url_write(a, str_from(p, size));
}

struct jwk_members jwk_members(struct arena *a, const struct jose_key *k)
{
	must(k->pkey);
	const struct jose_curve *c = jose_curve(k->es);
	if (!c->crv)
		return (struct jwk_members){ .kty = S("RSA"),
			                     .e = number_text(a, k, OSSL_PKEY_PARAM_RSA_E, 0),
			                     .n = number_text(a, k, OSSL_PKEY_PARAM_RSA_N, 0) };
	return (struct jwk_members){
		.kty = S("EC"),
		.crv = str_from_z(c->crv),
		.x = number_text(a, k, OSSL_PKEY_PARAM_EC_PUB_X, c->bytes),
		.y = number_text(a, k, OSSL_PKEY_PARAM_EC_PUB_Y, c->bytes),
	};
}

str jwk_thumbprint(struct arena *a, const struct jose_key *k)
{
	unsigned char sum[32];
	struct jwk_members m = jwk_members(a, k);
	struct buf text = buf_in(a);
	struct json_writer w = json_to(&text, false);
	json_open(&w, '{');
	json_pair_given(&w, "crv", m.crv); /* in the order of their names */
	json_pair_given(&w, "e", m.e);
	json_pair_given(&w, "kty", m.kty);
	json_pair_given(&w, "n", m.n);
	json_pair_given(&w, "x", m.x);
	json_pair_given(&w, "y", m.y);
	json_close(&w, '}');
	sha256(buf_str(&text), sum);
	return base64url_write(a, str_from(sum, sizeof sum));
}
