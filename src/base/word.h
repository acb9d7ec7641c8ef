/* SPDX-License-Identifier: Apache-2.0 */
/* Eight bytes at once: a question is answered in the top bit of each.
 * Exact for every byte: a sum of two numbers below 0x80 does not leave its byte.
 * Source: house. */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WORD_ONES UINT64_C(0x0101010101010101)
#define WORD_TOPS (WORD_ONES << 7)

/* Eight bytes from p on, the first one lowest. */
static inline uint64_t word_at(const char *p)
{
	uint64_t w;
	memcpy(&w, p, 8);
	return le64toh(w);
}

/* The first n bytes from p on if they are fewer than eight; of those some stand in it twice. */
static inline uint64_t word_of(const char *p, size_t n)
{
	uint32_t head, tail;
	if (n >= 8)
		return word_at(p);
	if (n >= 4) {
		memcpy(&head, p, 4);
		memcpy(&tail, p + n - 4, 4);
		return head | (uint64_t)tail << 32;
	}
	const unsigned char *u = (const unsigned char *)p;
	return n ? u[0] | (uint64_t)u[n / 2] << 8 | (uint64_t)u[n - 1] << 16 : 0;
}

/* The same where every byte has to be one of the n, which are not none. */
static inline uint64_t word_full(const char *p, size_t n)
{
	uint64_t w = word_of(p, n);
	return n >= 4 ? w : w | w << 24 | w << 48;
}

/* Which bytes are c to 0x7f. */
static inline uint64_t word_from(uint64_t w, unsigned char c)
{
	return ((w & ~WORD_TOPS) + WORD_ONES * (0x80u - c)) & ~w & WORD_TOPS;
}

/* c: below 0x80. */
static inline uint64_t word_is(uint64_t w, unsigned char c)
{
	return ~(((w & ~WORD_TOPS) ^ WORD_ONES * c) + WORD_ONES * 0x7f) & ~w & WORD_TOPS;
}

static inline uint64_t word_lower(uint64_t w)
{
	return w | (word_from(w, 'A') & ~word_from(w, 'Z' + 1)) >> 2;
}

/* The same but for the case of letters?  Most that differ do so in more than that bit. */
static inline bool word_isame(uint64_t a, uint64_t b)
{
	return a == b || (((a ^ b) & ~(WORD_ONES * 0x20)) == 0 && word_lower(a) == word_lower(b));
}

/* Which byte answered first; tops is not 0. */
static inline size_t word_first(uint64_t tops) { return (size_t)__builtin_ctzll(tops) / 8; }
