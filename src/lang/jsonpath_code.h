/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled JSONPath: segments of selectors, and filters as small trees.
 * Immutable once compiled; a filter's paths are paths like any other.
 * Source: RFC 9535 §2. */
#pragma once

#include "lang/jsonpath.h"
#include "lang/regex.h"

enum selector_kind { SELECT_NAME, SELECT_INDEX, SELECT_SLICE, SELECT_ALL, SELECT_FILTER };

struct selector {
	enum selector_kind kind;
	str name;
	int64_t index;             /* negative: from the end */
	int64_t start, stop, step; /* SELECT_SLICE; INT64_MIN: not given */
	const struct filter *filter;
};

struct segment {
	bool descend; /* ".." */
	VEC(struct selector) selectors;
};

struct jsonpath {
	VEC(struct segment) segments;
	bool definite;
};

enum filter_kind { FILTER_OR, FILTER_AND, FILTER_NOT, FILTER_EXISTS, FILTER_COMPARE };
enum filter_op { FILTER_EQ, FILTER_NE, FILTER_LT, FILTER_LE, FILTER_GT, FILTER_GE, FILTER_LIKE };

struct filter_operand {
	const struct jsonpath *path; /* NULL: the literal */
	bool from_root;              /* "$", else "@" */
	enum { LITERAL_NULL, LITERAL_BOOL, LITERAL_NUMBER, LITERAL_STRING } kind;
	str text;
	double number;
	bool yes;
};

struct filter {
	enum filter_kind kind;
	const struct filter *left, *right; /* OR, AND; NOT has left */
	enum filter_op op;
	struct filter_operand a, b; /* COMPARE; EXISTS has a */
	const struct regex *regex;  /* FILTER_LIKE */
};
