/* SPDX-License-Identifier: Apache-2.0 */
/* rev_sig: each item is hashed with the result of the one before.
 * The hash is no secret's guard, so its speed and its weakness do not matter.
 * Source: sso/rev_sig.h. */
#include "sso/rev_sig.h"

enum { SEED = 0xF0F0 };

static uint32_t rotl(uint32_t x, int r) { return x << r | x >> (32 - r); }

static uint32_t mixed(uint32_t k) { return rotl(k * 0xcc9e2d51U, 15) * 0x1b873593U; }

static uint32_t murmur3(str s, uint32_t h)
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint32_t tail = 0;
	size_t i = 0;
	for (; i + 4 <= s.n; i += 4) {
		uint32_t k = p[i] | (uint32_t)p[i + 1] << 8 | (uint32_t)p[i + 2] << 16 |
		             (uint32_t)p[i + 3] << 24;
		h = rotl(h ^ mixed(k), 13) * 5 + 0xe6546b64U;
	}
	for (size_t j = 0; i + j < s.n; j++)
		tail |= (uint32_t)p[i + j] << 8 * j;
	if (i < s.n)
		h ^= mixed(tail);
	h ^= (uint32_t)s.n;
	h = (h ^ h >> 16) * 0x85ebca6bU;
	h = (h ^ h >> 13) * 0xc2b2ae35U;
	return h ^ h >> 16;
}

str rev_sig(struct arena *a, const str *items, size_t n)
{
	str r = S("");
	for (size_t i = 0; i < n; i++) {
		if (!str_given(items[i]))
			continue;
		str text = str_fmt(a, "%.*s###%.*s", STR(r), STR(items[i]));
		r = str_fmt(a, "%x", murmur3(text, SEED));
	}
	return r;
}
