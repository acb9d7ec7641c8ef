/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes, ids and keys from the kernel's generator.
 * Never fails and never repeats: no seed, no fallback.
 * Source: getrandom(2); RFC 9562 §5.4 for UUIDs. */
#pragma once

#include "base/str.h"

void rand_bytes(void *out, size_t n);
uint64_t rand_below(uint64_t bound);      /* uniform in [0, bound); bound > 0 */
str rand_alnum(struct arena *, size_t n); /* A-Z a-z 0-9, uniform */
str rand_uuid(struct arena *);            /* version 4, 36 characters */
