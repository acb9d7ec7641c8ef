/* SPDX-License-Identifier: Apache-2.0 */
/* The second factor: six digits of a secret and the time.
 * A code is good for its own half minute and its neighbours, and once only: that is the store's to say.
 * Source: RFC 6238 through liboath; oauth2-service reference, 1.4 (30 s steps, each code once). */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum { TOTP_DIGITS = 6, TOTP_STEP_S = 30 };

str totp_secret_make(struct arena *); /* 160 random bits, base32 */
/* What an authenticator reads, for the QR code. */
str totp_uri(struct arena *, str issuer, str user, str secret);
/* The time step that the code belongs to; -1: none that is near now. */
int64_t totp_step_of(str secret, str code, int64_t now_ms);
