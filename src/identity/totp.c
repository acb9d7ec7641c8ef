/* SPDX-License-Identifier: Apache-2.0 */
/* Time-based codes through liboath.
 * All near steps are computed, whichever fits: the time tells nothing.
 * Source: RFC 6238 §5.2. */
#include "identity/totp.h"

#include <liboath/oath.h>
#include <stdlib.h>

#include "base/rand.h"
#include "base/secret.h"
#include "codec/form.h"

enum { SECRET_BYTES = 20, NEAR_STEPS = 1, TEXT = 16 };

str totp_secret_make(struct arena *a)
{
	char bytes[SECRET_BYTES], *text = NULL;
	size_t n = 0;
	rand_bytes(bytes, sizeof bytes);
	must(oath_base32_encode(bytes, sizeof bytes, &text, &n) == OATH_OK);
	str secret = str_dup(a, str_from(text, n));
	wipe(bytes, sizeof bytes);
	wipe(text, n);
	free(text);
	return secret;
}

str totp_uri(struct arena *a, str issuer, str user, str secret)
{
	str by = percent_encode(a, issuer);
	return str_fmt(a, "otpauth://totp/%.*s:%.*s?secret=%.*s&issuer=%.*s&digits=%d&period=%d",
	               STR(by), STR(percent_encode(a, user)), STR(secret), STR(by), TOTP_DIGITS,
	               TOTP_STEP_S);
}

static bool fits(const char *key, size_t n, int64_t step, str code)
{
	char otp[TEXT];
	must(oath_totp_generate(key, n, step * TOTP_STEP_S, TOTP_STEP_S, 0, TOTP_DIGITS, otp) ==
	     OATH_OK);
	return str_eq_secret(str_from_z(otp), code);
}

int64_t totp_step_of(str secret, str code, int64_t now_ms)
{
	char *key = NULL;
	size_t n = 0;
	int64_t now = now_ms / 1000 / TOTP_STEP_S, found = -1;
	if (code.n != TOTP_DIGITS || oath_base32_decode(secret.p, secret.n, &key, &n) != OATH_OK)
		return -1;
	for (int64_t step = now - NEAR_STEPS; step <= now + NEAR_STEPS; step++)
		if (fits(key, n, step, code))
			found = step;
	wipe(key, n);
	free(key);
	return found;
}
