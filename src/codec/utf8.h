/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, character by character.
 * Only the shortest form of a Unicode scalar value counts as a sequence.
 * Source: RFC 3629 §3, §4. */
#pragma once

#include "base/arena.h"

size_t utf8_sequence(str s, size_t at); /* its bytes at `at` < s.n, 0 if ill-formed */
uint32_t utf8_take(str s, size_t *at);  /* the character there; U+FFFD for a byte that is none */
bool utf8_valid(str s);
bool utf8_is_text(str s); /* valid, and without NUL: what a database keeps as text */
size_t utf8_count(str s); /* characters, an ill-formed byte counting as one */
void utf8_put(struct buf *, uint32_t character);
