/* SPDX-License-Identifier: Apache-2.0 */
/* The signer on a real store: what it signs it verifies, after a rotation, in another process, and what is
 * not its own is refused.
 * Source: token/signer.h. */
#include "store/suite.h"

#include "codec/base64.h"
#include "token/signer.h"

#define CLAIMS S("{\"jti\":\"1\",\"scope\":[\"openid\"]}")

static struct signer *open_signer(void)
{
	struct signer *s;
	struct diag d = { .arena = a };
	GOOD(signer_open(store, S("uaa"), &d, &s));
	return s;
}

static str signed_by(struct signer *s, enum jose_alg alg, bool with_kid)
{
	str jwt;
	struct signer_header h = { .alg = alg, .with_kid = with_kid };
	GOOD(signer_sign(a, s, &h, CLAIMS, &jwt));
	return jwt;
}

static void headers(void **state)
{
	(void)state;
	struct signer *s = open_signer();
	str jwt = signed_by(s, JOSE_RS256, false), head = jwt, text;
	GOOD(base64url_read(a, str_cut(&head, '.'), &text));
	SAME(text, S("{\"alg\":\"RS256\"}"));
	SAME(str_sub(head, 0, str_find_char(head, '.')), base64url_write(a, CLAIMS));
	jwt = signed_by(s, JOSE_ES256, true);
	GOOD(base64url_read(a, str_cut(&jwt, '.'), &text));
	assert_true(str_starts(text, S("{\"alg\":\"ES256\",\"kid\":\"")));
	signer_close(&s);
}

static void rotation(void **state)
{
	(void)state;
	struct signer *one = open_signer(), *two = open_signer();
	json_t *claims;
	str before = signed_by(one, JOSE_RS256, false);
	GOOD(signer_rotate(one, JOSE_RS256));
	str after = signed_by(one, JOSE_RS256, true);
	struct list keys = signer_keys(a, one);
	const struct signer_key *k = keys.v;
	assert_int_equal(keys.n, 3);
	assert_true(k[0].signs && k[1].signs && !k[2].signs);
	GOOD(signer_verify(a, one, before, &claims));
	GOOD(signer_verify(a, one, after, &claims));
	SAME(json_member_str(claims, "jti"), S("1"));
	rest_ms(1100); /* another node looks for new keys once a second at most */
	GOOD(signer_verify(a, two, after, &claims));
	signer_close(&one);
	signer_close(&two);
}

static void strangers(void **state)
{
	(void)state;
	struct signer *s = open_signer();
	struct jose_key *key = jose_key_make(a, JOSE_ES256);
	json_t *claims;
	str foreign, own = signed_by(s, JOSE_ES256, false);
	GOOD(jws_sign(a, key, JOSE_ES256, S("{\"alg\":\"ES256\"}"), CLAIMS, &foreign));
	const struct {
		str jwt;
		enum err_code answer;
	} rows[] = {
		{ own, ERR_NONE },
		{ foreign, ERR_DENIED },
		{ S(""), ERR_SYNTAX },
		{ S("a.b.c"), ERR_SYNTAX },
		{ str_fmt(a, "%.*sA", STR(own)), ERR_DENIED },
		{ str_fmt(a, "eyJhbGciOiJub25lIn0.%.*s.", STR(base64url_write(a, CLAIMS))), ERR_DENIED },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		ANSWERS(rows[i].answer, signer_verify(a, s, rows[i].jwt, &claims));
	signer_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(headers, suite_reset),
		cmocka_unit_test_teardown(rotation, suite_reset),
		cmocka_unit_test_teardown(strangers, suite_reset),
	};
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
