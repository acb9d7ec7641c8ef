/* SPDX-License-Identifier: Apache-2.0 */
/* The chunked coding, decoded from bytes as they come: a table says what may follow what.
 * All that surrounds the payload is bounded, extensions and trailer over the whole body.
 * Source: RFC 9112 §7.1. */
#include "http/h1.h"

#include "http/h1_class.h"

enum state {
	SIZE, /* the first digit */
	SIZE_MORE,
	EXT_BWS,  /* white space that must lead to ';' */
	EXT_NAME, /* white space, or the first byte of a name */
	EXT_IN_NAME,
	EXT_EQUALS, /* white space that must lead to '=' or ';' */
	EXT_VALUE,  /* white space, or the first byte of a value */
	EXT_TOKEN,
	EXT_QUOTED,
	EXT_ESCAPED,
	EXT_CLOSED, /* behind the closing quote */
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER, /* the first byte of a field, or the CR of the empty line */
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	LAST_LF,
	FINISHED,
	STATES,
};

enum kind {
	OTHER,
	HEX,
	TCHAR,
	SPACE,
	CR,
	LF,
	SEMICOLON,
	EQUALS,
	QUOTE,
	ESCAPE,
	COLON,
	TEXT,
	KINDS
};

enum { MAX_DIGITS = 16, MAX_EXTENSIONS = 16 * 1024, MAX_TRAILER = 8 * 1024 };

#define TO(state) ((state) + 1) /* so that a gap in the table refuses */
#define NAME_CHARS(state) [HEX] = TO(state), [TCHAR] = TO(state)
#define ANY_TEXT(state)                                                                        \
	NAME_CHARS(state), [SPACE] = TO(state), [SEMICOLON] = TO(state), [EQUALS] = TO(state), \
			   [COLON] = TO(state), [TEXT] = TO(state)

/* clang-format off */
static const unsigned char table[STATES][KINDS] = {
	[SIZE] = { [HEX] = TO(SIZE_MORE) },
	[SIZE_MORE] = { [HEX] = TO(SIZE_MORE), [SPACE] = TO(EXT_BWS), [SEMICOLON] = TO(EXT_NAME),
	                [CR] = TO(SIZE_LF) },
	[EXT_BWS] = { [SPACE] = TO(EXT_BWS), [SEMICOLON] = TO(EXT_NAME) },
	[EXT_NAME] = { [SPACE] = TO(EXT_NAME), NAME_CHARS(EXT_IN_NAME) },
	[EXT_IN_NAME] = { NAME_CHARS(EXT_IN_NAME), [SPACE] = TO(EXT_EQUALS), [EQUALS] = TO(EXT_VALUE),
	                  [SEMICOLON] = TO(EXT_NAME), [CR] = TO(SIZE_LF) },
	[EXT_EQUALS] = { [SPACE] = TO(EXT_EQUALS), [EQUALS] = TO(EXT_VALUE), [SEMICOLON] = TO(EXT_NAME) },
	[EXT_VALUE] = { [SPACE] = TO(EXT_VALUE), NAME_CHARS(EXT_TOKEN), [QUOTE] = TO(EXT_QUOTED) },
	[EXT_TOKEN] = { NAME_CHARS(EXT_TOKEN), [SPACE] = TO(EXT_BWS), [SEMICOLON] = TO(EXT_NAME),
	                [CR] = TO(SIZE_LF) },
	[EXT_QUOTED] = { ANY_TEXT(EXT_QUOTED), [QUOTE] = TO(EXT_CLOSED), [ESCAPE] = TO(EXT_ESCAPED) },
	[EXT_ESCAPED] = { ANY_TEXT(EXT_QUOTED), [QUOTE] = TO(EXT_QUOTED), [ESCAPE] = TO(EXT_QUOTED) },
	[EXT_CLOSED] = { [SPACE] = TO(EXT_BWS), [SEMICOLON] = TO(EXT_NAME), [CR] = TO(SIZE_LF) },
	[SIZE_LF] = { [LF] = TO(DATA) },
	[DATA_CR] = { [CR] = TO(DATA_LF) },
	[DATA_LF] = { [LF] = TO(SIZE) },
	[TRAILER] = { NAME_CHARS(TRAILER_NAME), [CR] = TO(LAST_LF) },
	[TRAILER_NAME] = { NAME_CHARS(TRAILER_NAME), [COLON] = TO(TRAILER_VALUE) },
	[TRAILER_VALUE] = { ANY_TEXT(TRAILER_VALUE), [QUOTE] = TO(TRAILER_VALUE),
	                    [ESCAPE] = TO(TRAILER_VALUE), [CR] = TO(TRAILER_LF) },
	[TRAILER_LF] = { [LF] = TO(TRAILER) },
	[LAST_LF] = { [LF] = TO(FINISHED) },
};
/* clang-format on */

static enum kind kind_of(char c)
{
	switch (c) {
	case ' ':
	case '\t':
		return SPACE;
	case '\r':
		return CR;
	case '\n':
		return LF;
	case ';':
		return SEMICOLON;
	case '=':
		return EQUALS;
	case '"':
		return QUOTE;
	case '\\':
		return ESCAPE;
	case ':':
		return COLON;
	default:
		return h1_is(c, H1_HEX)     ? HEX
		       : h1_is(c, H1_TOKEN) ? TCHAR
		       : h1_is(c, H1_VALUE) ? TEXT
		                            : OTHER;
	}
}

/* One byte that is not payload. */
static err take(struct h1_chunks *c, char byte)
{
	unsigned next = table[c->state][kind_of(byte)];
	if (!next)
		return FAIL(ERR_SYNTAX);
	c->state = next - 1;
	if (c->state == SIZE_MORE) {
		if (++c->digits > MAX_DIGITS || c->left >> 59) /* a size stays below 2^63 */
			return FAIL(ERR_LIMIT);
		c->left = c->left << 4 | h1_hex(byte);
	} else if (c->state == DATA) {
		c->digits = 0;
		if (c->left == 0) /* the last chunk */
			c->state = TRAILER;
	} else if (c->state < SIZE_LF && c->state > SIZE_MORE) {
		if (++c->line_bytes > MAX_EXTENSIONS)
			return FAIL(ERR_LIMIT);
	} else if (c->state >= TRAILER) {
		if (++c->trailer_bytes > MAX_TRAILER)
			return FAIL(ERR_LIMIT);
		if (c->trailer)
			buf_char(c->trailer, byte);
	}
	return DONE;
}

err h1_chunk(struct h1_chunks *c, str *in, str *piece, bool *end)
{
	*piece = S("");
	while (in->n && c->state != FINISHED) {
		if (c->state == DATA) {
			*piece = str_sub(*in, 0, c->left < in->n ? (size_t)c->left : in->n);
			*in = str_sub(*in, piece->n, STR_NPOS);
			c->left -= piece->n;
			if (c->left == 0)
				c->state = DATA_CR;
			break;
		}
		TRY(take(c, in->p[0]));
		*in = str_sub(*in, 1, STR_NPOS);
	}
	*end = c->state == FINISHED;
	return DONE;
}
