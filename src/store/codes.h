/* SPDX-License-Identifier: Apache-2.0 */
/* Codes that are good once and not for long: passcodes, authorization codes, device codes, pushed requests,
 * password resets.
 * The code itself is never kept: a row has a MAC, since some are short enough to guess.
 * Source: oauth2-service reference, 1.10, 2.5; RFC 6749 §4.1.2, RFC 8628, RFC 9126. */
#pragma once

#include "store/store.h"

enum code_state { CODE_WAITING, CODE_APPROVED, CODE_DENIED, CODE_SPENT };

struct code_key {
	str zone;
	const char *purpose; /* "passcode", "authorization", "device", ... */
	str text;            /* what is presented */
};

struct code {
	str owner; /* whose: a user's or a client's id */
	str doc;   /* JSON of whoever made it */
	int state;
	int64_t expires_at_ms;
};

/* alone: the owner's other codes of the purpose go. */
err code_put(struct store *, const struct code_key *, const struct code *, bool alone) MUST_CHECK;
/* ERR_NOT_FOUND: unknown or expired. */
err code_get(struct arena *, struct store *, const struct code_key *, int64_t now_ms,
             struct code *out) MUST_CHECK;
/* Spends it, of the state, before it expires: one of many wins.  ERR_CONFLICT: it was spent before, or is
 * in another state, and *out says what it was; ERR_NOT_FOUND: unknown or expired. */
err code_take(struct arena *, struct store *, const struct code_key *, enum code_state,
              int64_t now_ms, struct code *out) MUST_CHECK;
/* A waiting code is decided, or gets another document.  ERR_NOT_FOUND: it does not wait any more. */
err code_decide(struct store *, const struct code_key *, const struct code *,
                int64_t now_ms) MUST_CHECK;

/* A secret that a code's document has to hold: sealed, bound to the code, as text. */
str code_seal(struct arena *, struct store *, const struct code_key *, str secret);
err code_unseal(struct arena *, struct store *, const struct code_key *, str sealed,
                str *secret) MUST_CHECK; /* ERR_STORE */

/* Drops up to 1,000 that are over; *gone 0: nothing left to do. */
err code_purge(struct store *, int64_t now_ms, int64_t *gone) MUST_CHECK;
