/* SPDX-License-Identifier: Apache-2.0 */
/* Which bytes may stand where in a head: one table of bits for scanner, writer and URI reader.
 * A byte has no bit that the grammar does not give it; 0x80 and above are field values only.
 * Source: RFC 9110 §5.5 and §5.6.2, RFC 3986 §2 and §3.3. */
#pragma once

#include "base/str.h"
#include "base/word.h"

enum h1_class {
	H1_TOKEN = 1, /* tchar */
	H1_VALUE = 2, /* VCHAR, obs-text, SP, HTAB */
	H1_PATH = 4,  /* VCHAR save '#', '?', '\' and '%', which the scanner looks into */
	H1_QUERY = 8, /* VCHAR save '#' */
	H1_HOST = 16, /* unreserved, sub-delims, '%' */
	H1_HEX = 32,
	H1_DIGIT = 64,
	H1_VCHAR = 128,
};

extern const unsigned char h1_classes[256];

static inline bool h1_is(char c, enum h1_class k)
{
	return (h1_classes[(unsigned char)c] & k) != 0;
}

/* Which of eight bytes are control characters; a tab is the one that is H1_VALUE all the same. */
static inline uint64_t h1_controls(uint64_t w)
{
	uint64_t low = w & ~WORD_TOPS, from_blank = low + WORD_ONES * (0x80 - ' '),
		 is_del = low + WORD_ONES;
	return (~from_blank | is_del) & ~w & WORD_TOPS;
}

/* Which of eight bytes are neither letters nor '-', as nearly all field names' are. */
static inline uint64_t h1_not_usual(uint64_t w)
{
	uint64_t lower = w | WORD_ONES * 0x20;
	return ~((word_from(lower, 'a') & ~word_from(lower, 'z' + 1)) | word_is(w, '-')) &
	       WORD_TOPS;
}

/* How many bytes at the front are of the class. */
static inline size_t h1_span(str s, enum h1_class k)
{
	size_t i = 0;
	while (i < s.n && h1_is(s.p[i], k))
		i++;
	return i;
}

/* The same for H1_TOKEN and H1_VALUE, eight bytes at a time. */
static inline size_t h1_token_span(str s)
{
	size_t i = 0;
	uint64_t other = 0;
	while (s.n - i >= 8 && !(other = h1_not_usual(word_at(s.p + i))))
		i += 8;
	if (other)
		i += word_first(other);
	return i + h1_span(str_from(s.p + i, s.n - i), H1_TOKEN);
}
size_t h1_value_span(str s);

/* Value of a byte that is H1_HEX. */
static inline unsigned h1_hex(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}
