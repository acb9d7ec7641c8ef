/* SPDX-License-Identifier: Apache-2.0 */
/* GenerateJWT: what a deploy refuses and what it takes.
 * A row is a policy; what a running gateway makes is among the wire tests.
 * Source: Apigee, "GenerateJWT policy". */
#define POLICY_UNDER_TEST policy_generate_jwt
#include "unit/policy/run.h"

#define HS(x) "<Algorithm>HS256</Algorithm><SecretKey><Value ref='private.k'/></SecretKey>" x
#define RS(x) "<Algorithm>RS256</Algorithm>" x
#define SAYS(x) "GenerateJWT p: " x

static const struct policy_row refused[] = {
	{ "", "<GenerateJWT> needs <Algorithm>" },
	{ "<Algorithm>none</Algorithm>", SAYS("InvalidValueForElement: <Algorithm> is HS256, RS256, PS256, ES256 or one of their 384 and 512") },
	{ "<Algorithm>HS256,HS384</Algorithm>", SAYS("InvalidValueForElement: <Algorithm> is HS256, RS256, PS256, ES256 or one of their 384 and 512") },
	{ "<Algorithm>HS256</Algorithm>", SAYS("MissingConfigurationElement: HS256 and its kin need <SecretKey>") },
	{ RS(""), SAYS("MissingConfigurationElement: the algorithm needs <PrivateKey>") },
	{ RS("<PrivateKey><Value ref='k'/></PrivateKey>"), SAYS("InvalidVariableNameForSecret: the variable of a secret starts with private.") },
	{ RS("<PrivateKey><Value ref='private.k'/><Password ref='p'/></PrivateKey>"), SAYS("InvalidVariableNameForSecret: the variable of a secret starts with private.") },
	{ RS("<PrivateKey><Value>-----BEGIN</Value></PrivateKey>"), SAYS("InvalidSecretInConfig: a secret does not stand in a bundle; name a variable by ref") },
	{ RS("<PrivateKey><Value ref='private.k'/></PrivateKey><PublicKey><Value ref='k'/></PublicKey>"), NULL },
	{ HS("<ExpiresIn>soon</ExpiresIn>"), SAYS("InvalidTimeFormat: <ExpiresIn> is a number with s, m, h, d or w") },
	{ HS("<ExpiresIn>2026-08-14T11:00:21</ExpiresIn>"), SAYS("InvalidTimeFormat: <ExpiresIn> is a number with s, m, h, d or w") },
	{ HS("<NotBefore>Mon, 14 Aug 2017 11:00:21 Mars</NotBefore>"), SAYS("InvalidTimeFormat: <NotBefore> is a number with s, m, h, d or w, or a date") },
	{ HS("<AdditionalClaims><Claim name='kid'>x</Claim></AdditionalClaims>"), "InvalidNameForAdditionalClaim: Invalid name for additional claim : policy(p) claim(kid)." },
	{ HS("<AdditionalHeaders><Claim name='typ'>x</Claim></AdditionalHeaders>"), "InvalidNameForAdditionalHeader: Invalid name for additional header : policy(p) claim(typ)." },
	{ "<Algorithms><Key>dir</Key></Algorithms>", NULL },
};

static void refuses(void **state) { (void)state; policies_refused(refused, COUNT(refused)); }

static const char *const taken[] = {
	HS(""), HS("<ExpiresIn>1h</ExpiresIn><Id/><NotBefore>5m</NotBefore>"), HS("<ExpiresIn ref='e'>1h</ExpiresIn>"),
	HS("<NotBefore>2017-08-14T11:00:21.269-0700</NotBefore>"), HS("<NotBefore>Mon, 14 Aug 2017 11:00:21 GMT</NotBefore>"),
	HS("<NotBefore>Monday, 14-Aug-17 11:00:21 UTC</NotBefore>"), HS("<NotBefore>Mon Aug 14 11:00:21 2017</NotBefore>"),
	HS("<AdditionalClaims ref='c'><Claim name='a' type='map'>{\"a\":\"{x}\"}</Claim><Claim name='b' type='number' array='true'>1,2</Claim></AdditionalClaims>"),
	HS("<CustomClaims/><OutputVariable>o</OutputVariable><CriticalHeaders>a,b</CriticalHeaders>"),
};

static void takes(void **state) { (void)state; policies_taken(taken, COUNT(taken)); }

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(refuses), cmocka_unit_test(takes) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
