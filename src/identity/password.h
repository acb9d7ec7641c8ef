/* SPDX-License-Identifier: Apache-2.0 */
/* Password hashes: Argon2id, in the PHC text form that names its own parameters.
 * Runs on the password lane, never on a loop.
 * Source: RFC 9106; OWASP password storage (19 MiB, two passes, one lane). */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum { PASSWORD_MAX = 1024 }; /* bytes; longer ones are refused, not cut */

err password_hash(struct arena *, str password, str *hash) MUST_CHECK;
/* ERR_DENIED: it does not match, or is no hash.  ERR_LIMIT: the lane is full. */
err password_check(struct arena *, str password, str hash) MUST_CHECK;
/* Spends what a check costs, for a user who does not exist. */
err password_check_nobody(struct arena *, str password) MUST_CHECK;
/* Computed since the start, those for nobody too: what a login costs can be counted. */
uint64_t password_hashes(void);
