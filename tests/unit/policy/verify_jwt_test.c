/* SPDX-License-Identifier: Apache-2.0 */
/* VerifyJWT: what a deploy refuses, what is remembered of a signature, and durations.
 * A row is a policy or a text; what a running gateway answers is among the wire tests.
 * Source: Apigee, "VerifyJWT policy"; house ("never for another key"). */
#define POLICY_UNDER_TEST policy_verify_jwt
#include "unit/policy/run.h"

#include "policy/jwt.h"
#include "policy/services.h"

#define HS(x) "<Algorithm>HS256</Algorithm>" x
#define RS(x) "<Algorithm>RS256</Algorithm>" x
#define SECRET "<SecretKey><Value ref='private.k'/></SecretKey>"
#define PUBLIC "<PublicKey><Value ref='k'/></PublicKey>"
#define SAYS(x) "VerifyJWT p: " x

static const struct policy_row refused[] = {
	{ "", "<VerifyJWT> needs <Algorithm>" },
	{ HS(""), SAYS("MissingConfigurationElement: HS256 and its kin need <SecretKey>") },
	{ RS(""), SAYS("MissingConfigurationElement: the algorithm needs <PublicKey>") },
	{ HS("<SecretKey><Value>abc</Value></SecretKey>"), SAYS("InvalidSecretInConfig: a secret does not stand in a bundle; name a variable by ref") },
	{ HS("<SecretKey><Value ref='k'/></SecretKey>"), SAYS("InvalidVariableNameForSecret: the variable of a secret starts with private.") },
	{ HS("<SecretKey><Value/></SecretKey>"), SAYS("EmptyElementForKeyConfiguration: a key needs a ref") },
	{ HS("<SecretKey encoding='rot13'><Value ref='private.k'/></SecretKey>"), NULL },
	{ HS(SECRET PUBLIC), SAYS("InvalidConfigurationForActionAndAlgorithm: HS256 and its kin take <SecretKey> alone, the others never") },
	{ RS(SECRET PUBLIC), SAYS("InvalidConfigurationForActionAndAlgorithm: HS256 and its kin take <SecretKey> alone, the others never") },
	{ RS("<PublicKey/>"), SAYS("InvalidKeyConfiguration: <PublicKey> holds a <Value>, a <Certificate> or a <JWKS>; one of them") },
	{ RS("<PublicKey><Value ref='k'/><JWKS ref='j'/></PublicKey>"), SAYS("InvalidKeyConfiguration: <PublicKey> holds a <Value>, a <Certificate> or a <JWKS>; one of them") },
	{ RS("<PublicKey><Value/></PublicKey>"), SAYS("EmptyElementForKeyConfiguration: <PublicKey> holds no key") },
	{ RS("<PublicKey><Value>abc</Value></PublicKey>"), SAYS("InvalidKeyConfiguration: <PublicKey> holds no PEM public key or certificate of RSA, P-256, P-384 or P-521") },
	{ RS("<PublicKey><JWKS/></PublicKey>"), SAYS("InvalidKeyConfiguration: <JWKS> is a text, a ref, a uri or a uriRef; one of them") },
	{ RS("<PublicKey><JWKS uri='ftp://x/'/></PublicKey>"), SAYS("InvalidValueForElement: the uri of <JWKS> is no http(s) URL") },
	{ "<Algorithm>none</Algorithm>" SECRET, SAYS("InvalidValueForElement: <Algorithm> lists HS256, RS256, PS256, ES256 or their 384 and 512, each once") },
	{ "<Algorithm>HS256,HS256</Algorithm>" SECRET, SAYS("InvalidValueForElement: <Algorithm> lists HS256, RS256, PS256, ES256 or their 384 and 512, each once") },
	{ "<Algorithm>HS256,RS256</Algorithm>" SECRET, SAYS("InvalidValueForElement: <Algorithm> mixes kinds of keys") },
	{ "<Algorithm>ES256,RS256</Algorithm>" PUBLIC, SAYS("InvalidValueForElement: <Algorithm> mixes kinds of keys") },
	{ HS(SECRET "<TimeAllowance>soon</TimeAllowance>"), SAYS("InvalidTimeFormat: <TimeAllowance> is a number with s, m, h, d or w") },
	{ HS(SECRET "<MaxLifespan>-5m</MaxLifespan>"), SAYS("InvalidTimeFormat: <MaxLifespan> is a number with s, m, h, d or w") },
	{ HS(SECRET "<AdditionalClaims><Claim name='iss'>x</Claim></AdditionalClaims>"), "InvalidNameForAdditionalClaim: Invalid name for additional claim : policy(p) claim(iss)." },
	{ HS(SECRET "<AdditionalHeaders><Claim name='alg'>x</Claim></AdditionalHeaders>"), "InvalidNameForAdditionalHeader: Invalid name for additional header : policy(p) claim(alg)." },
	{ HS(SECRET "<AdditionalClaims><Claim name='a' type='date'>x</Claim></AdditionalClaims>"), NULL },
	{ HS(SECRET "<AdditionalClaims><Claim>x</Claim></AdditionalClaims>"), NULL },
	{ "<Algorithms><Key>dir</Key></Algorithms>", NULL },
	{ "<Type>Encrypted</Type><Algorithm>HS256</Algorithm>" SECRET, NULL },
	{ HS(SECRET "<Issuers>x</Issuers>"), NULL },
};

static void refuses(void **state) { (void)state; policies_refused(refused, COUNT(refused)); }

static const char *const taken[] = {
	HS(SECRET), RS(PUBLIC), "<Algorithm>PS256, RS256</Algorithm>" PUBLIC, "<Algorithm>ES256,ES384</Algorithm>" PUBLIC,
	RS("<PublicKey><JWKS uri='https://example.com/keys?x=1'/></PublicKey>"), RS("<PublicKey><JWKS uriRef='u'/></PublicKey>"),
	RS("<PublicKey><JWKS>{\"keys\":[]}</JWKS></PublicKey>"), HS(SECRET "<CustomClaims><x/></CustomClaims>"),
	HS(SECRET "<Issuer ref='i'/><Subject>s</Subject><Audience>a,b</Audience><Id/><TimeAllowance>30s</TimeAllowance>"
	   "<MaxLifespan useIssueTime='true'>1h</MaxLifespan><KnownHeaders>x</KnownHeaders><IgnoreCriticalHeaders>true</IgnoreCriticalHeaders>"),
};

static void takes(void **state) { (void)state; policies_taken(taken, COUNT(taken)); }

/* A verdict is found again for its key, and for no other; the header for all that begin with it; nothing bad is kept. */
static void remembers(void **state)
{
	(void)state;
	struct services services = { .jwt = jwt_memory_create() };
	struct arena *keys = arena_create(0, 0);
	struct jose_key *right = jose_key_make(keys, JOSE_ES256), *wrong = jose_key_make(keys, JOSE_ES256);
	str token, sibling, none = S("eyJhbGciOiJub25lIn0.e30.");
	assert_int_equal(jws_sign(keys, right, JOSE_ES256, S("{\"alg\":\"ES256\"}"), S("{\"a\":1}"), &token).code, ERR_NONE);
	assert_int_equal(jws_sign(keys, wrong, JOSE_ES256, S("{\"alg\":\"ES256\"}"), S("{\"a\":2}"), &sibling).code, ERR_NONE);
	const struct { const struct jose_key *key; bool good; } calls[] = {
		{ wrong, false }, { right, true }, { right, true }, { wrong, false }, { right, true },
	};
	const struct jwt_token *before = NULL;
	for (size_t i = 0; i < COUNT(calls); i++) {
		struct arena *a = arena_create(0, 0);
		struct exchange x = { .arena = a, .services = &services };
		struct jwt_token *t;
		assert_int_equal(jwt_token_read(&x, token, &t).code, ERR_NONE);
		assert_int_equal(jwt_token_good(&x, t, calls[i].key), calls[i].good);
		if (i == 1)
			before = t;
		if (i > 1)
			assert_ptr_equal(t, before);
		assert_int_equal(jwt_token_read(&x, sibling, &t).code, ERR_NONE);
		assert_int_equal(before && t->jws.header == before->jws.header, i >= 1);
		assert_true(str_eq(t->jws.payload, S("{\"a\":2}")));
		assert_int_equal(jwt_token_read(&x, none, &t).code, ERR_NONE);
		assert_false(jwt_token_good(&x, t, calls[i].key));
		arena_destroy(&a);
	}
	arena_destroy(&keys);
	jwt_memory_destroy(&services.jwt);
}

static void durations(void **state)
{
	(void)state;
	static const struct { const char *text; int64_t seconds; } rows[] = {
		{ "0s", 0 }, { "90s", 90 }, { " 5m ", 300 }, { "1h", 3600 }, { "2d", 172800 }, { "1w", 604800 }, { "10", 10 },
		{ "", -1 }, { "s", -1 }, { "-1s", -1 }, { "1.5h", -1 }, { "5y", -1 }, { "99999999999999999999s", -1 }, { "9999999999999w", -1 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t got = -1;
		bool ok = jwt_duration(str_from_z(rows[i].text), &got);
		if (ok != (rows[i].seconds >= 0) || (ok && got != rows[i].seconds))
			fail_msg("row %zu: %s", i, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(refuses), cmocka_unit_test(takes), cmocka_unit_test(remembers), cmocka_unit_test(durations) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
