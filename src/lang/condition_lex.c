/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner of conditions.
 * Every character is part of a token or white space; anything else is a finding with its column.
 * Source: Apigee, "Conditions reference", table of operators. */
#include "lang/condition_lex.h"

#include <math.h>

struct sign {
	str text;
	enum token_kind kind;
	enum test_op op;
	bool negated;
};

/* The longer before its beginnings. */
static const struct sign signs[] = {
	{ S_INIT("!~~"), TOKEN_TEST, TEST_REGEX, true },
	{ S_INIT("!~/"), TOKEN_TEST, TEST_PATH, true },
	{ S_INIT("!=|"), TOKEN_TEST, TEST_STARTS, true },
	{ S_INIT("!~"), TOKEN_TEST, TEST_GLOB, true },
	{ S_INIT("!="), TOKEN_TEST, TEST_NE, false },
	{ S_INIT("!"), TOKEN_NOT, TEST_TRUTH, false },
	{ S_INIT("=="), TOKEN_TEST, TEST_EQ, false },
	{ S_INIT("=|"), TOKEN_TEST, TEST_STARTS, false },
	{ S_INIT("=:"), TOKEN_TEST, TEST_IEQ, false },
	{ S_INIT(":="), TOKEN_TEST, TEST_IEQ, false },
	{ S_INIT("="), TOKEN_TEST, TEST_EQ, false },
	{ S_INIT(">="), TOKEN_TEST, TEST_GE, false },
	{ S_INIT(">"), TOKEN_TEST, TEST_GT, false },
	{ S_INIT("<="), TOKEN_TEST, TEST_LE, false },
	{ S_INIT("<"), TOKEN_TEST, TEST_LT, false },
	{ S_INIT("~~"), TOKEN_TEST, TEST_REGEX, false },
	{ S_INIT("~/"), TOKEN_TEST, TEST_PATH, false },
	{ S_INIT("~"), TOKEN_TEST, TEST_GLOB, false },
	{ S_INIT("&&"), TOKEN_AND, TEST_TRUTH, false },
	{ S_INIT("||"), TOKEN_OR, TEST_TRUTH, false },
	{ S_INIT("("), TOKEN_OPEN, TEST_TRUTH, false },
	{ S_INIT(")"), TOKEN_CLOSE, TEST_TRUTH, false },
};

static const struct sign words[] = {
	{ S_INIT("and"), TOKEN_AND, TEST_TRUTH, false },
	{ S_INIT("or"), TOKEN_OR, TEST_TRUTH, false },
	{ S_INIT("not"), TOKEN_NOT, TEST_TRUTH, false },
	{ S_INIT("equals"), TOKEN_TEST, TEST_EQ, false },
	{ S_INIT("is"), TOKEN_TEST, TEST_EQ, false },
	{ S_INIT("notequals"), TOKEN_TEST, TEST_NE, false },
	{ S_INIT("isnot"), TOKEN_TEST, TEST_NE, false },
	{ S_INIT("equalscaseinsensitive"), TOKEN_TEST, TEST_IEQ, false },
	{ S_INIT("greaterthan"), TOKEN_TEST, TEST_GT, false },
	{ S_INIT("greaterthanorequals"), TOKEN_TEST, TEST_GE, false },
	{ S_INIT("lesserthan"), TOKEN_TEST, TEST_LT, false },
	{ S_INIT("lesserthanorequals"), TOKEN_TEST, TEST_LE, false },
	{ S_INIT("javaregex"), TOKEN_TEST, TEST_REGEX, false },
	{ S_INIT("matches"), TOKEN_TEST, TEST_GLOB, false },
	{ S_INIT("like"), TOKEN_TEST, TEST_GLOB, false },
	{ S_INIT("matchespath"), TOKEN_TEST, TEST_PATH, false },
	{ S_INIT("likepath"), TOKEN_TEST, TEST_PATH, false },
	{ S_INIT("startswith"), TOKEN_TEST, TEST_STARTS, false },
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

err lexer_fail(const struct lexer *lex, size_t at, enum err_code code, const char *fmt, ...)
{
	unsigned line = lex->line;
	size_t column = 1;
	va_list ap;
	for (size_t i = 0; i < at && i < lex->text.n; i++) {
		column = lex->text.p[i] == '\n' ? 1 : column + 1;
		line += line && lex->text.p[i] == '\n';
	}
	if (!lex->diag)
		return FAIL(code);
	va_start(ap, fmt);
	str text = str_vfmt(lex->diag->arena, fmt, ap);
	va_end(ap);
	return diag_add(lex->diag, code, line, "condition, column %zu: %.*s", column, STR(text));
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static bool is_name(char c)
{
	bool alnum = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
	return alnum || (c && strchr("._-$%*@#+/[]", c)) || (unsigned char)c >= 0x80;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* "10", "-1", "2.5", with Java's suffixes f, d and l; what is no number is a name. */
static bool number(str s, struct value *out)
{
	char last = s.n ? (char)(s.p[s.n - 1] | 0x20) : 0;
	bool real = last == 'f' || last == 'd';
	str digits = str_sub(s, 0, s.n - (real || last == 'l'));
	size_t first = digits.n && digits.p[0] == '-';
	if (first >= digits.n || !is_digit(digits.p[first]) || !is_digit(digits.p[digits.n - 1]))
		return false;
	for (size_t i = first; i < digits.n; i++)
		if (!is_digit(digits.p[i]) && digits.p[i] != '.')
			return false;
	if (!real && str_to_i64(digits, &out->i)) {
		out->kind = VALUE_INT;
		return true;
	}
	out->kind = VALUE_DOUBLE;
	return str_to_double(digits, &out->d);
}

static err quoted(struct lexer *lex, struct token *t)
{
	char quote = lex->text.p[lex->at];
	str rest = str_sub(lex->text, lex->at + 1, STR_NPOS);
	size_t end = str_find_char(rest, quote);
	if (end == STR_NPOS)
		return lexer_fail(lex, lex->at, ERR_SYNTAX, "the quote %c is not closed", quote);
	t->kind = quote == '"' ? TOKEN_STRING : TOKEN_NAME;
	t->quoted = true;
	t->text = str_sub(rest, 0, end);
	lex->at += end + 2;
	return DONE;
}

static void word(struct lexer *lex, struct token *t)
{
	size_t from = lex->at;
	while (lex->at < lex->text.n && is_name(lex->text.p[lex->at]))
		lex->at++;
	t->text = str_sub(lex->text, from, lex->at);
	t->kind = number(t->text, &t->value) ? TOKEN_NUMBER : TOKEN_NAME;
	for (size_t i = 0; i < COUNT(words); i++) {
		if (str_ieq(words[i].text, t->text)) {
			t->kind = words[i].kind;
			t->op = words[i].op;
		}
	}
}

err lexer_next(struct lexer *lex, struct token *t)
{
	while (lex->at < lex->text.n && is_space(lex->text.p[lex->at]))
		lex->at++;
	*t = (struct token){ .kind = TOKEN_END, .at = lex->at };
	if (lex->at == lex->text.n)
		return DONE;
	char c = lex->text.p[lex->at];
	if (c == '"' || c == '\'')
		return quoted(lex, t);
	str rest = str_sub(lex->text, lex->at, STR_NPOS);
	for (size_t i = 0; i < COUNT(signs); i++) {
		if (str_starts(rest, signs[i].text)) {
			*t = (struct token){ .kind = signs[i].kind,
				             .at = lex->at,
				             .text = signs[i].text,
				             .op = signs[i].op,
				             .negated = signs[i].negated };
			lex->at += signs[i].text.n;
			return DONE;
		}
	}
	if (!is_name(c))
		return lexer_fail(lex, lex->at, ERR_SYNTAX, "unexpected character '%c'",
		                  c >= 0x20 && c < 0x7f ? c : '?');
	word(lex, t);
	return DONE;
}
