/* SPDX-License-Identifier: Apache-2.0 */
/* Generation while parsing: a part is first passed over without output, to see where it ends and
 * how often it stands, and then produced.
 * Every part read costs a step of one budget, so nesting cannot multiply without end.
 * Source: java.util.regex.Pattern. */
#include "lang/xeger.h"

#include <string.h>

#include "base/rand.h"
#include "codec/utf8.h"

enum {
	STEPS_MAX = 100000,
	NESTED_MAX = 20,
	REPEAT_MAX = 1000,
	MORE = 10,
	FIRST = 0x20,
	LAST = 0x7e
};

struct xeger {
	str text;
	size_t at;
	unsigned steps, depth;
	bool emit;
	struct buf out;
};

static err choice(struct xeger *x);

static char peek(const struct xeger *x) { return x->at < x->text.n ? x->text.p[x->at] : 0; }

static err put(struct xeger *x, char c)
{
	if (!x->emit)
		return DONE;
	if (x->out.n == XEGER_MAX)
		return FAIL(ERR_LIMIT);
	buf_char(&x->out, c);
	return DONE;
}

/* The printable characters, as a set. */
typedef bool chars[LAST + 1];

static void set_range(chars set, int from, int to)
{
	for (int c = from; c <= to; c++)
		if (c >= 0 && c <= LAST)
			set[c] = true;
}

static bool set_class(chars set, char letter)
{
	chars plain = { 0 };
	switch (letter | 0x20) {
	case 'w':
		set_range(plain, 'A', 'Z');
		set_range(plain, 'a', 'z');
		plain['_'] = true;
		set_range(plain, '0', '9');
		break;
	case 'd':
		set_range(plain, '0', '9');
		break;
	case 's':
		plain[' '] = true;
		break;
	default:
		return false;
	}
	bool opposite = !(letter & 0x20);
	for (int c = FIRST; c <= LAST; c++)
		set[c] |= plain[c] != opposite;
	return true;
}

/* What the sign behind a backslash stands for.  A letter or digit that is not known here means something
 * else than itself. */
static bool escaped(char *c)
{
	static const char from[] = "ntrfe", to[] = "\n\t\r\f\x1b";
	const char *at = *c ? strchr(from, *c) : NULL;
	char low = (char)(*c | 0x20);
	if (at)
		*c = to[at - from];
	return at || !((low >= 'a' && low <= 'z') || (*c >= '0' && *c <= '9'));
}

/* A character that stands for itself, whose first byte was taken. */
static err literal(struct xeger *x, char c)
{
	size_t n = utf8_sequence(x->text, x->at - 1);
	if (!n)
		return FAIL(ERR_SYNTAX);
	TRY(put(x, c));
	for (; n > 1; n--)
		TRY(put(x, x->text.p[x->at++]));
	return DONE;
}

static err one_of(struct xeger *x, const bool *set)
{
	char candidates[LAST + 1];
	size_t n = 0;
	for (int c = 0; c <= LAST; c++)
		if (set[c])
			candidates[n++] = (char)c;
	if (n == 0)
		return FAIL(ERR_SYNTAX);
	return put(x, candidates[rand_below(n)]);
}

/* A sign between "[" and "]", maybe behind a backslash. */
static bool bracket_sign(struct xeger *x, char *c)
{
	*c = peek(x);
	x->at++;
	if (*c != '\\')
		return true;
	*c = peek(x);
	x->at++;
	return escaped(c);
}

/* What stands between "[" and "]": characters, ranges and classes, maybe negated. */
static err bracket(struct xeger *x)
{
	chars set = { 0 };
	bool opposite = peek(x) == '^', first = true;
	x->at += opposite;
	for (; peek(x) != ']' || first; first = false) {
		char c = peek(x), to;
		if (!c || ++x->steps > STEPS_MAX)
			return FAIL(ERR_SYNTAX);
		if (c == '\\' && x->at + 1 < x->text.n && set_class(set, x->text.p[x->at + 1])) {
			x->at += 2;
			continue;
		}
		if (!bracket_sign(x, &c))
			return FAIL(ERR_SYNTAX);
		to = c;
		if (peek(x) == '-' && x->at + 1 < x->text.n && x->text.p[x->at + 1] != ']') {
			x->at++;
			if (!bracket_sign(x, &to))
				return FAIL(ERR_SYNTAX);
		}
		if (to < c || c < 0)
			return FAIL(ERR_SYNTAX);
		set_range(set, c, to);
	}
	x->at++;
	for (int c = FIRST; opposite && c <= LAST; c++)
		set[c] = !set[c];
	return one_of(x, set);
}

static err backslash(struct xeger *x)
{
	chars set = { 0 };
	char c = peek(x);
	if (!c)
		return FAIL(ERR_SYNTAX);
	x->at++;
	if (c == 'b' || c == 'B' || c == 'A' || c == 'Z' || c == 'z')
		return DONE;
	if (set_class(set, c))
		return one_of(x, set);
	return escaped(&c) ? literal(x, c) : FAIL(ERR_SYNTAX); /* \1 would need memory of a group */
}

static err group(struct xeger *x)
{
	if (peek(x) == '?') {
		if (!str_starts(str_sub(x->text, x->at, STR_NPOS), S("?:")))
			return FAIL(ERR_SYNTAX);
		x->at += 2;
	}
	TRY(choice(x));
	if (peek(x) != ')')
		return FAIL(ERR_SYNTAX);
	x->at++;
	return DONE;
}

static err atom(struct xeger *x)
{
	chars any = { 0 };
	char c = peek(x);
	if (++x->steps > STEPS_MAX)
		return FAIL(ERR_LIMIT);
	x->at++;
	switch (c) {
	case '(':
		return group(x);
	case '[':
		return bracket(x);
	case '\\':
		return backslash(x);
	case '.':
		set_range(any, FIRST, LAST);
		return one_of(x, any);
	case '^':
	case '$':
		return DONE;
	case '*':
	case '+':
	case '?':
	case '{':
	case 0:
		return FAIL(ERR_SYNTAX);
	default:
		return literal(x, c);
	}
}

static bool count(struct xeger *x, unsigned *out)
{
	size_t from = x->at;
	uint64_t n;
	while (peek(x) >= '0' && peek(x) <= '9')
		x->at++;
	if (!str_to_u64(str_sub(x->text, from, x->at), &n) || n > REPEAT_MAX)
		return false;
	*out = (unsigned)n;
	return true;
}

static err quantifier(struct xeger *x, unsigned *min, unsigned *max)
{
	char c = peek(x);
	*min = *max = 1;
	if (!c || !strchr("*+?{", c))
		return DONE;
	x->at++;
	*min = c == '+';
	*max = c == '?' ? 1 : *min + MORE;
	if (c == '{') {
		if (!count(x, min))
			return FAIL(ERR_SYNTAX);
		*max = *min;
		if (peek(x) == ',') {
			x->at++;
			*max = *min + MORE;
			if (peek(x) != '}' && (!count(x, max) || *max < *min))
				return FAIL(ERR_SYNTAX);
		}
		if (peek(x) != '}')
			return FAIL(ERR_SYNTAX);
		x->at++;
	}
	if (peek(x) == '?' || peek(x) == '+') /* lazy, possessive */
		x->at++;
	return DONE;
}

static err repeated(struct xeger *x)
{
	size_t from = x->at, end;
	bool emit = x->emit;
	unsigned min, max;
	x->emit = false;
	TRY(atom(x));
	x->emit = emit;
	TRY(quantifier(x, &min, &max));
	end = x->at;
	for (uint64_t n = emit ? min + rand_below(max - min + 1) : 0; n; n--) {
		x->at = from;
		TRY(atom(x));
	}
	x->at = end;
	return DONE;
}

static err sequence(struct xeger *x)
{
	while (peek(x) && peek(x) != '|' && peek(x) != ')')
		TRY(repeated(x));
	return DONE;
}

static err choice(struct xeger *x)
{
	size_t from = x->at, end;
	bool emit = x->emit;
	uint64_t branches = 1, chosen;
	if (x->depth == NESTED_MAX)
		return FAIL(ERR_LIMIT);
	x->depth++;
	x->emit = false;
	TRY(sequence(x));
	for (; peek(x) == '|'; branches++) {
		x->at++;
		TRY(sequence(x));
	}
	end = x->at;
	x->at = from;
	chosen = emit ? rand_below(branches) : 0;
	for (uint64_t i = 0; emit && i < chosen; i++) {
		TRY(sequence(x));
		x->at++;
	}
	x->emit = emit;
	if (emit)
		TRY(sequence(x));
	x->at = end;
	x->depth--;
	return DONE;
}

err xeger(struct arena *a, str pattern, str *out)
{
	struct xeger x = { .text = pattern, .emit = true, .out = buf_in(a) };
	if (str_find_char(pattern, 0) != STR_NPOS)
		return FAIL(ERR_SYNTAX);
	TRY(choice(&x));
	if (x.at < pattern.n)
		return FAIL(ERR_SYNTAX);
	*out = buf_str(&x.out);
	return DONE;
}
