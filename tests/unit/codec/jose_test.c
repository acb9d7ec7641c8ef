/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Signatures: the RFC's own tokens, what strictness refuses, and keys in all their forms.
 * A test is a row.
 * Source: RFC 7515 appendix A, RFC 7638 §3.1, RFC 8725. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec/base64.h"
#include "codec/jose.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* The payload of RFC 7515's examples. */
#define CLAIMS "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define RSA_N                                                                                                     \
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS" \
	"-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2C" \
	"apHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb" \
	"54h4FRWyuXpoQ"
#define RSA_D                                                                                                     \
	"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO" \
	"-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBju" \
	"dU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p" \
	"1DhOVRuOopznQ"
#define RS256_TOKEN                                                                                               \
	"eyJhbGciOiJSUzI1NiJ9." CLAIMS                                                                                \
	".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9" \
	"CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_" \
	"dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig" \
	"cN_IoypGlUPQGe77Rw"
#define ES256_TOKEN                                                                                        \
	"eyJhbGciOiJFUzI1NiJ9." CLAIMS                                                                     \
	".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
#define HS256_TOKEN                                                                                   \
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." CLAIMS                                            \
	".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define OCT_KEY "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}"
#define RSA_KEY "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\"}"
#define RSA_FACTORS                                                                                          \
	"\"p\":\"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5P" \
	"JdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc\","                 \
	"\"q\":\"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZ" \
	"D_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc\","                 \
	"\"dp\":\"BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1" \
	"R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0\","                \
	"\"dq\":\"h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0aj" \
	"aHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU\","                \
	"\"qi\":\"IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7" \
	"YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U\""
#define RSA_PRIVATE "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\",\"d\":\"" RSA_D "\"," RSA_FACTORS "}"
#define EC_X "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
#define EC_Y "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define EC_KEY "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X EC_Y "}"
#define EC_521                                                                                              \
	"{\"kty\":\"EC\",\"crv\":\"P-521\","                                                                \
	"\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk\"," \
	"\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2\"}"
#define ES512_TOKEN                                                                                      \
	"eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-"   \
	"mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxY" \
	"bSW9ERBXukOXolLzeO_Jn"

static struct jose_key *key_of(struct arena *a, const char *jwk)
{
	struct diag diag = { .arena = a };
	struct jose_key *k = NULL;
	json_t *tree;
	assert_int_equal(json_read(a, str_from_z(jwk), &diag, &tree).code, ERR_NONE);
	assert_int_equal(jose_key_jwk(a, tree, &k).code, ERR_NONE);
	return k;
}

static void the_rfcs_tokens(void **state)
{
	struct arena *a = *state;
	static const struct { const char *token, *jwk; enum jose_alg alg; bool good; } rows[] = {
		{ HS256_TOKEN, OCT_KEY, JOSE_HS256, true },
		{ RS256_TOKEN, RSA_KEY, JOSE_RS256, true },
		{ ES256_TOKEN, EC_KEY, JOSE_ES256, true },
		{ ES512_TOKEN, EC_521, JOSE_ES512, true },
		/* another key, another algorithm, another kind of key */
		{ HS256_TOKEN, OCT_KEY, JOSE_HS512, false },
		{ RS256_TOKEN, RSA_KEY, JOSE_PS256, false },
		{ RS256_TOKEN, RSA_KEY, JOSE_RS512, false },
		{ RS256_TOKEN, EC_KEY, JOSE_RS256, false },
		{ RS256_TOKEN, OCT_KEY, JOSE_RS256, false },
		{ HS256_TOKEN, RSA_KEY, JOSE_HS256, false },
		{ ES256_TOKEN, EC_521, JOSE_ES256, false },
		/* tampered with: the payload, the signature's end, no signature, a zero signature */
		{ "eyJhbGciOiJFUzI1NiJ9.UGF5bG9hZA.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q", EC_KEY, JOSE_ES256, false },
		{ "eyJhbGciOiJFUzI1NiJ9." CLAIMS ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1w", EC_KEY, JOSE_ES256, false },
		{ "eyJhbGciOiJFUzI1NiJ9." CLAIMS ".", EC_KEY, JOSE_ES256, false },
		{ "eyJhbGciOiJFUzI1NiJ9." CLAIMS ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", EC_KEY, JOSE_ES256, false },
		{ "eyJhbGciOiJSUzI1NiJ9." CLAIMS ".", RSA_KEY, JOSE_RS256, false },
		{ "eyJhbGciOiJub25lIn0." CLAIMS ".", RSA_KEY, JOSE_RS256, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct jws s;
		struct jose_key *k = key_of(a, rows[i].jwk);
		assert_int_equal(jws_read(a, str_from_z(rows[i].token), &s).code, ERR_NONE);
		for (int again = 0; again < 3; again++) /* with a kept context, too */
			if (jws_verify(a, &s, k, rows[i].alg) != rows[i].good)
				fail_msg("row %zu, time %d", i, again);
	}
}

static str token_of(struct arena *a, const char *header, const char *payload)
{
	return str_fmt(a, "%.*s.%.*s.c2ln", STR(base64url_write(a, str_from_z(header))),
	               STR(base64url_write(a, str_from_z(payload))));
}

static void strictness(void **state)
{
	struct arena *a = *state;
	static const struct { const char *token; bool ok; } raw[] = {
		{ "", false }, { ".", false }, { "..", false }, { "e30", false }, { "e30.e30", false },
		{ "e30.e30.", true }, { "e30..", true }, { "e30.e30.c2ln", true }, { ".e30.c2ln", false },
		{ "e30.e30.c2ln.", false }, { "e30.e30.c2ln.e30.e30", false }, { "e30=.e30.c2ln", false },
		{ "e30.e30.c2k=", false }, { " e30.e30.c2ln", false }, { "e30.e30.c2ln\n", false },
		{ "e30.e3 0.c2ln", false }, { "e31.e30.c2ln", false }, { "e30.e30.c2l", false },
		{ "e30.e30.+/==", false }, { "e30.e30.c", false }, { "W10.e30.c2ln", false },
	};
	static const struct { const char *header; bool ok; const char *unknown; } headers[] = {
		{ "{\"alg\":\"RS256\"}", true, NULL },
		{ "{\"alg\":\"RS256\",\"alg\":\"HS256\"}", false, NULL },
		{ "{\"alg\":\"RS256\"} x", false, NULL },
		{ "\"alg\"", false, NULL },
		{ "{\"crit\":[\"exp\"],\"exp\":1}", true, "exp" },
		{ "{\"crit\":[\"known\"],\"known\":1}", true, NULL },
		{ "{\"crit\":[\"known\",\"b64\"],\"known\":1,\"b64\":false}", true, "b64" },
		{ "{\"crit\":[\"exp\"]}", false, NULL },
		{ "{\"crit\":[]}", false, NULL },
		{ "{\"crit\":\"exp\",\"exp\":1}", false, NULL },
		{ "{\"crit\":[1]}", false, NULL },
		{ "{\"crit\":[\"alg\"],\"alg\":\"RS256\"}", false, NULL },
		{ "{\"crit\":[\"exp\",\"exp\"],\"exp\":1}", false, NULL },
	};
	struct jws s;
	for (size_t i = 0; i < COUNT(raw); i++)
		if (!jws_read(a, str_from_z(raw[i].token), &s).code != raw[i].ok)
			fail_msg("row %zu: %s", i, raw[i].token);
	for (size_t i = 0; i < COUNT(headers); i++) {
		str known = S("known");
		err e = jws_read(a, token_of(a, headers[i].header, "{}"), &s);
		if (!e.code != headers[i].ok)
			fail_msg("row %zu: %s", i, headers[i].header);
		str unknown = e.code ? STR_NONE : jws_unknown_critical(&s, &known, 1);
		if (!str_eq(unknown, str_from_z(headers[i].unknown)))
			fail_msg("row %zu: %s: \"%.*s\"", i, headers[i].header, STR(unknown));
	}
	char *long_text = arena_alloc(a, JOSE_TEXT_MAX + 1, 1);
	memset(long_text, 'A', JOSE_TEXT_MAX + 1);
	assert_int_equal(jws_read(a, str_from(long_text, JOSE_TEXT_MAX + 1), &s).code, ERR_LIMIT);
}

/* A JWK with private parts makes the very token of the RFC; others come back good. */
static void signing(void **state)
{
	struct arena *a = *state;
	str token;
	struct jws s;
	assert_int_equal(jws_read(a, S(RS256_TOKEN), &s).code, ERR_NONE);
	struct jose_key *rsa = key_of(a, RSA_PRIVATE);
	assert_int_equal(jws_sign(a, rsa, JOSE_RS256, s.header_text, s.payload, &token).code, ERR_NONE);
	assert_true(str_eq(token, S(RS256_TOKEN)));
	for (enum jose_alg alg = 0; alg < JOSE_ALGS; alg++) {
		struct jose_key *k = jose_family(alg) == JOSE_HS
		                             ? jose_key_secret(a, S("0123456789012345678901234567890123456789012345678901234567890123"))
		                     : jose_family(alg) == JOSE_ES ? jose_key_make(a, alg) : rsa;
		str header = str_fmt(a, "{\"alg\":\"%.*s\"}", STR(jose_alg_name(alg)));
		assert_int_equal(jose_alg_read(jose_alg_name(alg)), alg);
		assert_int_equal(jose_key_fit(k, alg), JOSE_FITS);
		assert_int_equal(jws_sign(a, k, alg, header, S("{\"a\":1}"), &token).code, ERR_NONE);
		assert_int_equal(jws_read(a, token, &s).code, ERR_NONE);
		assert_true(str_eq(s.payload, S("{\"a\":1}")));
		for (enum jose_alg other = 0; other < JOSE_ALGS; other++)
			assert_int_equal(jws_verify(a, &s, k, other), other == alg);
	}
	assert_int_equal(jose_alg_read(S("none")), JOSE_ALGS);
	assert_int_equal(jose_alg_read(S("rs256")), JOSE_ALGS);
}

static void fitting(void **state)
{
	struct arena *a = *state;
	static const struct { size_t bytes; enum jose_alg alg; enum jose_fit fit; } rows[] = {
		{ 31, JOSE_HS256, JOSE_TOO_SHORT }, { 32, JOSE_HS256, JOSE_FITS },
		{ 47, JOSE_HS384, JOSE_TOO_SHORT }, { 48, JOSE_HS384, JOSE_FITS },
		{ 63, JOSE_HS512, JOSE_TOO_SHORT }, { 64, JOSE_HS512, JOSE_FITS },
		{ 64, JOSE_RS256, JOSE_WRONG_TYPE }, { 64, JOSE_ES256, JOSE_WRONG_TYPE },
	};
	char bytes[64] = { 1 };
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(jose_key_fit(jose_key_secret(a, str_from(bytes, rows[i].bytes)), rows[i].alg), rows[i].fit);
	assert_int_equal(jose_key_fit(key_of(a, EC_KEY), JOSE_ES384), JOSE_WRONG_CURVE);
	assert_int_equal(jose_key_fit(key_of(a, EC_KEY), JOSE_PS256), JOSE_WRONG_TYPE);
	assert_int_equal(jose_key_fit(key_of(a, RSA_KEY), JOSE_HS256), JOSE_WRONG_TYPE);
}

static void bad_keys(void **state)
{
	struct arena *a = *state;
	static const char *const rows[] = {
		"{}", "[]", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}", "{\"kty\":\"oct\"}",
		"{\"kty\":\"oct\",\"k\":\"\"}", "{\"kty\":\"oct\",\"k\":\"A\"}", "{\"kty\":\"RSA\",\"n\":\"AQAB\"}",
		"{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"Ag\"}", /* an even exponent */
		"{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQ\"}", /* 1 */
		"{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAAAAAAAAAB\"}", /* 65 bits */
		"{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\",\"d\":\"" RSA_D "\"}", /* no factors */
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X "\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}", /* off the curve */
		"{\"kty\":\"EC\",\"crv\":\"P-384\"," EC_X EC_Y "}", "{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X "\"y\":\"AAAA\"}",
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct diag diag = { .arena = a };
		struct jose_key *k;
		json_t *tree;
		assert_int_equal(json_read(a, str_from_z(rows[i]), &diag, &tree).code, ERR_NONE);
		if (!jose_key_jwk(a, tree, &k).code)
			fail_msg("row %zu: %s", i, rows[i]);
	}
}

static void pem_and_back(void **state)
{
	struct arena *a = *state;
	static const char *const jwks[] = { RSA_PRIVATE, RSA_KEY, EC_KEY };
	struct jose_key *again;
	for (size_t i = 0; i < COUNT(jwks); i++) {
		struct jose_key *k = key_of(a, jwks[i]);
		str pem = jose_key_public_pem(a, k);
		str indented = str_fmt(a, "\n\t %.*s", STR(str_replace(a, pem, S("\n"), S(" \r\n      "))));
		assert_int_equal(jose_key_pem(a, pem, STR_NONE, &again).code, ERR_NONE);
		assert_true(str_eq(jose_key_print(k), jose_key_print(again)));
		assert_false(jose_key_signs(again));
		assert_int_equal(jose_key_pem(a, indented, STR_NONE, &again).code, ERR_NONE);
		assert_true(str_eq(jose_key_print(k), jose_key_print(again)));
		if (!jose_key_signs(k))
			continue;
		assert_int_equal(jose_key_pem(a, jose_key_private_pem(a, k), STR_NONE, &again).code, ERR_NONE);
		assert_true(jose_key_signs(again));
		assert_true(str_eq(jose_key_print(k), jose_key_print(again)));
	}
	static const char *const bad[] = {
		"", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(jose_key_pem(a, str_from_z(bad[i]), STR_NONE, &again).code, ERR_SYNTAX);
}

static const char traditional[] = /* password: sesame */
	"-----BEGIN EC PRIVATE KEY-----\n"
	"Proc-Type: 4,ENCRYPTED\n"
	"DEK-Info: AES-128-CBC,4842EF6A52BEC1C02606C18A17F258AE\n"
	"\n"
	"GxPumXbi3ysJCWWWRyvCXjB+xu/IG6gvhZJ6rlZmX0l3bPdX830gKI/RB+oAfQZV\n"
	"PrWll5M+DPFcOMxp3a3iICeqArigkZt0SJmluDWIVcuyeV3NTwuywwkJsdsSXHm2\n"
	"oBhqO2TO9bRVyzcF+6d5NjiuzonSo8SgX2rbcriDjaM=\n"
	"-----END EC PRIVATE KEY-----\n";

static void passwords(void **state)
{
	struct arena *a = *state;
	struct jose_key *k;
	str indented = str_replace(a, str_from_z(traditional), S("\n"), S("\r\n   "));
	const struct { str pem, password; enum err_code code; } rows[] = {
		{ str_from_z(traditional), S("sesame"), ERR_NONE }, { indented, S("sesame"), ERR_NONE },
		{ str_from_z(traditional), S("Sesame"), ERR_SYNTAX }, { str_from_z(traditional), STR_NONE, ERR_SYNTAX },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		if (jose_key_pem(a, rows[i].pem, rows[i].password, &k).code != rows[i].code)
			fail_msg("row %zu", i);
}

/* What says that it is encrypted is refused: OpenSSL's own way is to ask at the terminal, else on stdin. */
static void nobody_is_asked(void **state)
{
	struct arena *a = *state;
#define ENCRYPTED(what)                                                                                       \
	"-----BEGIN " what "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n" \
	"\nAAAAAAAAAAAAAAAAAAAAAA==\n-----END " what "-----\n"
	static const char *const rows[] = { ENCRYPTED("CERTIFICATE"), ENCRYPTED("PUBLIC KEY"), ENCRYPTED("RSA PUBLIC KEY"),
		                            ENCRYPTED("RSA PRIVATE KEY") };
	for (size_t i = 0; i < COUNT(rows); i++) {
		int in[2], status;
		assert_int_equal(pipe(in), 0);
		assert_int_equal(write(in[1], "secret\n", 7), 7);
		close(in[1]);
		pid_t child = fork();
		if (!child) {
			char left[8];
			struct jose_key *k;
			setsid(); /* without a terminal */
			dup2(in[0], STDIN_FILENO);
			bool read_it = !jose_key_pem(a, str_from_z(rows[i]), STR_NONE, &k).code;
			_exit(read_it || read(STDIN_FILENO, left, sizeof left) != 7);
		}
		close(in[0]);
		assert_int_equal(waitpid(child, &status, 0), child);
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			fail_msg("row %zu", i);
	}
}

static void thumbprint(void **state)
{
	struct arena *a = *state;
	struct jose_key *k = key_of(a,
		"{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
		"BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs"
		"8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls"
		"1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\"}");
	assert_true(str_eq(jwk_thumbprint(a, k), S("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")));
}

static void sets(void **state)
{
	struct arena *a = *state;
	static const char text[] = "{\"keys\":[1,{\"kty\":\"OKP\",\"kid\":\"o\"},"
		"{\"kty\":\"RSA\",\"kid\":\"r\",\"use\":\"sig\",\"alg\":\"RS256\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\"},"
		"{\"kty\":\"RSA\",\"kid\":\"enc\",\"use\":\"enc\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\"},"
		"{\"kty\":\"EC\",\"kid\":\"r\",\"crv\":\"P-256\"," EC_X EC_Y "},"
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X EC_Y "}]}";
	static const struct { const char *kid; enum jose_alg alg; bool found; } rows[] = {
		{ "r", JOSE_RS256, true }, { "r", JOSE_RS384, false }, { "r", JOSE_ES256, true },
		{ "enc", JOSE_RS256, false }, { "o", JOSE_RS256, false }, { "", JOSE_ES256, false },
		{ NULL, JOSE_ES256, false },
	};
	static const char *const bad[] = { "", "{}", "[]", "{\"keys\":{}}", "{\"keys\":[],\"keys\":[]}", "{\"keys\":[]}x" };
	struct diag diag = { .arena = a };
	struct jwks set;
	assert_int_equal(jwks_read(a, str_from_z(text), &diag, &set).code, ERR_NONE);
	assert_int_equal(set.keys.n, 4);
	for (size_t i = 0; i < COUNT(rows); i++)
		if ((jwks_find(&set, str_from_z(rows[i].kid), rows[i].alg) != NULL) != rows[i].found)
			fail_msg("row %zu", i);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_not_equal(jwks_read(a, str_from_z(bad[i]), &diag, &set).code, ERR_NONE);
}

static void members(void **state)
{
	struct arena *a = *state;
	struct jwk_members rsa = jwk_members(a, key_of(a, RSA_PRIVATE)), ec = jwk_members(a, key_of(a, EC_KEY));
	assert_true(str_eq(rsa.kty, S("RSA")) && str_eq(rsa.e, S("AQAB")) && str_eq(rsa.n, S(RSA_N)));
	assert_true(str_eq(ec.kty, S("EC")) && str_eq(ec.crv, S("P-256")));
	assert_true(str_eq(str_fmt(a, "\"x\":\"%.*s\",\"y\":\"%.*s\"", STR(ec.x), STR(ec.y)), S(EC_X EC_Y)));
	assert_false(str_given(rsa.crv) || str_given(rsa.x) || str_given(rsa.y) || str_given(ec.e) || str_given(ec.n));
}

static int setup(void **state)
{
	*state = arena_create(0, 0);
	return 0;
}

static int teardown(void **state)
{
	arena_destroy((struct arena **)state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfcs_tokens), cmocka_unit_test(strictness), cmocka_unit_test(signing),
		cmocka_unit_test(fitting), cmocka_unit_test(bad_keys), cmocka_unit_test(pem_and_back),
		cmocka_unit_test(passwords), cmocka_unit_test(nobody_is_asked),
		cmocka_unit_test(thumbprint), cmocka_unit_test(sets), cmocka_unit_test(members),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
