/* SPDX-License-Identifier: Apache-2.0 */
/* The words and signs of a condition.
 * A sign is always the longest that fits; a word is an operator in any case.
 * Source: Apigee, "Conditions reference", table of operators. */
#pragma once

#include "base/diag.h"
#include "lang/condition_code.h"

enum token_kind {
	TOKEN_END,
	TOKEN_NAME,
	TOKEN_STRING,
	TOKEN_NUMBER,
	TOKEN_TEST, /* a comparison */
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
};

struct token {
	enum token_kind kind;
	size_t at;          /* offset into the text */
	str text;           /* without quotes */
	bool quoted;        /* TOKEN_NAME in quotes is never a word of the language */
	enum test_op op;    /* TOKEN_TEST */
	bool negated;       /* TOKEN_TEST: "!~" */
	struct value value; /* TOKEN_NUMBER */
};

struct lexer {
	str text;
	size_t at;
	unsigned line; /* of the first character */
	struct diag *diag;
};

err lexer_next(struct lexer *, struct token *) MUST_CHECK;

/* Adds a finding at an offset: "condition, column 7: ...". */
err lexer_fail(const struct lexer *, size_t at, enum err_code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
