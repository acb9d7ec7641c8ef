/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that must not be seen: wiped when their arena ends, printed by no conversion.
 * The only way to the bytes is secret_bytes(), so every use can be found by its name.
 * Source: house; explicit_bzero(3). */
#pragma once

#include "base/arena.h"

struct secret; /* opaque: it cannot slip into a format string */

struct secret *secret_new(struct arena *, str bytes); /* copies */
str secret_bytes(const struct secret *);              /* borrowed; do not copy on */
bool secret_is(const struct secret *, str candidate); /* in constant time */
void wipe(void *p, size_t n);
