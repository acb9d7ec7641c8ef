/* SPDX-License-Identifier: Apache-2.0 */
/* Slices of bytes.
 * Nothing here reads past n or needs a NUL; what allocates takes the arena first.
 * Source: house; the hash is SipHash-1-3 by Aumasson and Bernstein. */
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rand.h"
#include "base/word.h"

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c; }
static char upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c; }

str str_from_z(const char *z) { return z ? (str){ z, strlen(z) } : STR_NONE; }

bool str_same(const char *a, const char *b, size_t n) { return n == 0 || memcmp(a, b, n) == 0; }

static __attribute__((noinline)) bool isame_long(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i + 8 < n; i += 8)
		if (!word_isame(word_at(a + i), word_at(b + i)))
			return false;
	return word_isame(word_at(a + n - 8), word_at(b + n - 8));
}

/* Apart: what is short saves no register. */
bool str_isame(const char *a, const char *b, size_t n)
{
	return n < 8 ? word_isame(word_of(a, n), word_of(b, n)) : isame_long(a, b, n);
}

int str_cmp(str a, str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;
	return d ? d : (a.n > b.n) - (a.n < b.n);
}

bool str_eq_secret(str a, str b)
{
	if (a.n != b.n)
		return false;
	volatile unsigned char diff = 0;
	for (size_t i = 0; i < a.n; i++)
		diff |= (unsigned char)(a.p[i] ^ b.p[i]);
	return diff == 0;
}

bool str_starts(str s, str prefix)
{
	return s.n >= prefix.n && str_eq((str){ s.p, prefix.n }, prefix);
}

bool str_istarts(str s, str prefix)
{
	return s.n >= prefix.n && str_ieq((str){ s.p, prefix.n }, prefix);
}

bool str_ends(str s, str suffix)
{
	return s.n >= suffix.n && str_eq(str_sub(s, s.n - suffix.n, STR_NPOS), suffix);
}

size_t str_find(str s, str needle)
{
	if (needle.n == 0)
		return 0;
	const char *at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	return at ? (size_t)(at - s.p) : STR_NPOS;
}

size_t str_find_char(str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
	return at ? (size_t)(at - s.p) : STR_NPOS;
}

size_t str_rfind_char(str s, char c)
{
	const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;
	return at ? (size_t)(at - s.p) : STR_NPOS;
}

str str_sub(str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (str){ s.p ? s.p + from : NULL, to - from };
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

str str_trim(str s)
{
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	while (s.n && is_space(s.p[0]))
		s.p++, s.n--;
	return s;
}

str str_cut(str *rest, char sep)
{
	size_t at = str_find_char(*rest, sep);
	str head = str_sub(*rest, 0, at);
	*rest = at == STR_NPOS ? STR_NONE : str_sub(*rest, at + 1, STR_NPOS);
	return head;
}

bool str_to_u64(str s, uint64_t *out)
{
	uint64_t v = 0;
	if (!s.p || s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';
		if (digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, digit, &v))
			return false;
	}
	*out = v;
	return true;
}

bool str_to_i64(str s, int64_t *out)
{
	bool minus = s.n && s.p[0] == '-';
	uint64_t v;
	if (!str_to_u64(str_sub(s, minus, STR_NPOS), &v) || v > (uint64_t)INT64_MAX + minus)
		return false;
	*out = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

bool str_to_double(str s, double *out)
{
	char z[64], *end;
	if (s.n == 0 || s.n >= sizeof z || is_space(s.p[0]) || memchr(s.p, 0, s.n))
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = 0;
	*out = strtod(z, &end);
	return end == z + s.n && isfinite(*out);
}

char *str_put_u64(char *to, uint64_t n)
{
	static const char pairs[] =
		"00010203040506070809101112131415161718192021222324252627282930313233"
		"34353637383940414243444546474849505152535455565758596061626364656667"
		"6869707172737475767778798081828384858687888990919293949596979899";
	int digits = 1;
	for (uint64_t next = 10; digits < STR_DECIMAL && n >= next; next *= 10)
		digits++;
	char *end = to + digits, *p = end;
	for (; n >= 10; n /= 100)
		memcpy(p -= 2, &pairs[n % 100 * 2], 2);
	if (p > to)
		*to = (char)('0' + n);
	return end;
}

str str_dup(struct arena *a, str s)
{
	if (!s.p)
		return s;
	char *p = arena_alloc(a, s.n ? s.n : 1, 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	return (str){ p, s.n };
}

const char *str_z(struct arena *a, str s)
{
	char *p = arena_alloc(a, s.n + 1, 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = 0;
	return p;
}

str str_vfmt(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	must(n >= 0);
	char *p = arena_alloc(a, (size_t)n + 1, 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (str){ p, (size_t)n };
}

str str_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	str s = str_vfmt(a, fmt, ap);
	va_end(ap);
	return s;
}

static str mapped(struct arena *a, str s, char (*fn)(char))
{
	char *p = arena_alloc(a, s.n ? s.n : 1, 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = fn(s.p[i]);
	return (str){ p, s.n };
}

str str_lower(struct arena *a, str s) { return mapped(a, s, lower); }
str str_upper(struct arena *a, str s) { return mapped(a, s, upper); }

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	char low = (char)(c | 0x20);
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

str str_hex(struct arena *a, str bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *p = arena_alloc(a, bytes.n * 2 + 1, 1);
	for (size_t i = 0; i < bytes.n; i++) {
		p[2 * i] = digits[(unsigned char)bytes.p[i] >> 4];
		p[2 * i + 1] = digits[bytes.p[i] & 15];
	}
	return (str){ p, bytes.n * 2 };
}

str str_replace(struct arena *a, str s, str what, str with)
{
	struct buf b = buf_in(a);
	if (what.n == 0)
		return s;
	for (size_t at; (at = str_find(s, what)) != STR_NPOS;
	     s = str_sub(s, at + what.n, STR_NPOS)) {
		buf_add(&b, str_sub(s, 0, at));
		buf_add(&b, with);
	}
	buf_add(&b, s);
	return buf_str(&b);
}

/* SipHash-1-3: one round a word, three to finish; enough against chosen collisions in tables.  The length
 * is the first word, because the last one may hold bytes twice. */
static uint64_t hash_key[2];

__attribute__((constructor)) static void hash_key_init(void)
{
	rand_bytes(hash_key, sizeof hash_key);
}

static uint64_t rotl(uint64_t x, int b) { return x << b | x >> (64 - b); }

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1], v[1] = rotl(v[1], 13), v[1] ^= v[0], v[0] = rotl(v[0], 32);
	v[2] += v[3], v[3] = rotl(v[3], 16), v[3] ^= v[2];
	v[0] += v[3], v[3] = rotl(v[3], 21), v[3] ^= v[0];
	v[2] += v[1], v[1] = rotl(v[1], 17), v[1] ^= v[2], v[2] = rotl(v[2], 32);
}

static inline void sip_word(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_round(v);
	v[0] ^= m;
}

uint64_t str_hash(str s)
{
	uint64_t v[4] = { hash_key[0] ^ 0x736f6d6570736575u, hash_key[1] ^ 0x646f72616e646f6du,
		          hash_key[0] ^ 0x6c7967656e657261u, hash_key[1] ^ 0x7465646279746573u };
	sip_word(v, s.n);
	for (size_t i = 0; i < s.n; i += 8)
		sip_word(v, word_of(s.p + i, s.n - i));
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
