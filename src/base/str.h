/* SPDX-License-Identifier: Apache-2.0 */
/* A slice of bytes: pointer and length, not NUL-terminated, never owned by the slice itself.
 * A str with p == NULL is "absent", which differs from the empty string only for str_given().
 * Source: house. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

typedef struct str {
	const char *p;
	size_t n;
} str;

#define S(literal) ((str){ "" literal, sizeof(literal) - 1 })
#define S_INIT(literal)                         \
	{                                       \
		"" literal, sizeof(literal) - 1 \
	} /* in static initialisers */
#define STR_NONE ((str){ 0 })

/* For printf: printf("%.*s", STR(s)).  Looks at s twice: not for what is another thing the second time. */
#define STR(s) (int)(s).n, ((s).p ? (s).p : "")

static inline bool str_given(str s) { return s.p != NULL; }
str str_from_z(const char *z); /* NULL gives STR_NONE */
static inline str str_from(const void *p, size_t n) { return (str){ (const char *)p, n }; }

bool str_same(const char *a, const char *b, size_t n);  /* n bytes */
bool str_isame(const char *a, const char *b, size_t n); /* the same, in either case */
static inline bool str_eq(str a, str b) { return a.n == b.n && str_same(a.p, b.p, a.n); }
/* ASCII letters alike in either case.  Of what differs nearly all does in length or first letter. */
static inline bool str_ieq(str a, str b)
{
	return a.n == b.n && (!a.n || (!((a.p[0] ^ b.p[0]) & ~0x20) && str_isame(a.p, b.p, a.n)));
}
int str_cmp(str a, str b);        /* by bytes, the shorter first */
bool str_eq_secret(str a, str b); /* in constant time for equal lengths */
bool str_starts(str s, str prefix);
bool str_istarts(str s, str prefix);
bool str_ends(str s, str suffix);

#define STR_NPOS ((size_t)-1)
size_t str_find(str s, str needle); /* STR_NPOS if absent */
size_t str_find_char(str s, char c);
size_t str_rfind_char(str s, char c);
static inline bool str_has(str s, str needle) { return str_find(s, needle) != STR_NPOS; }

str str_sub(str s, size_t from, size_t to); /* clamped; to == STR_NPOS is the end */
str str_trim(str s);                        /* space, tab, CR, LF off both ends */

/* Cuts s at the first sep: the head is returned, *rest becomes what follows, or absent.
 *   for (str rest = list, one; str_given(rest);) { one = str_cut(&rest, ','); ... }        */
str str_cut(str *rest, char sep);

/* The whole string as a number; false when it is not one or does not fit. */
bool str_to_i64(str s, int64_t *out);
bool str_to_u64(str s, uint64_t *out);
bool str_to_double(str s, double *out);

enum { STR_DECIMAL = 20 };               /* digits at most */
int hex_digit(char);                     /* its value; -1: it is none */
char *str_put_u64(char *to, uint64_t n); /* in decimal; answers where it ends */

/* Copies live as long as the arena. */
str str_dup(struct arena *, str s);
const char *str_z(struct arena *, str s); /* NUL-terminated copy */
str str_fmt(struct arena *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
str str_vfmt(struct arena *, const char *fmt, va_list) __attribute__((format(printf, 2, 0)));
str str_lower(struct arena *, str s); /* ASCII */
str str_upper(struct arena *, str s);
str str_hex(struct arena *, str bytes);                     /* lower case */
str str_replace(struct arena *, str s, str what, str with); /* every occurrence */

uint64_t str_hash(str s); /* keyed per process: safe for tables that a client fills */
