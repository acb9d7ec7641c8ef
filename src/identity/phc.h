/* SPDX-License-Identifier: Apache-2.0 */
/* An Argon2id hash as text: $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
 * A value has one text; what is not that text, or would cost more than any hash should, is refused.
 * Source: PHC string format; RFC 9106 §3.1. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum { PHC_SALT_MAX = 64, PHC_HASH_MAX = 64 }; /* bytes */

struct phc {
	uint64_t memory_kib, passes, lanes;
	str salt, hash; /* bytes */
};

str phc_write(struct arena *, const struct phc *);
err phc_read(struct arena *, str text, struct phc *) MUST_CHECK;
