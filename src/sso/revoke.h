/* SPDX-License-Identifier: Apache-2.0 */
/* The early end of tokens, for whichever endpoint brings it about.
 * What was issued before is dead when the call answers; what is issued afterwards lives.
 * Source: RFC 7009, RFC 9700 §4.14; oauth2-service reference, 3.4. */
#pragma once

#include "sso/call.h"
#include "store/sso_tokens.h"

/* From now on, which is filled in; waits until what is issued lives again. */
err revoke_all(struct sso_call *, struct sso_revocation *, size_t n) MUST_CHECK;
static inline int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }
/* Ends all that came of the login of a refresh token's row, and waits, too. */
err login_end(struct sso_call *, const struct sso_token *row) MUST_CHECK;
/* The same where tokens rotate and a spent one came again: by the tokens that the rows know, without a wait. */
err family_end(struct sso_call *, str family) MUST_CHECK;
