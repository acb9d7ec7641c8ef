/* SPDX-License-Identifier: Apache-2.0 */
/* What a condition is between its parser and its evaluation: tests that point to the next test.
 * Evaluation follows yes or no until it leaves the row, so it neither recurses nor allocates.
 * Source: house; Apigee, "Conditions reference" for the operators. */
#pragma once

#include "lang/condition.h"
#include "lang/path_pattern.h"
#include "lang/regex.h"

enum test_op {
	TEST_TRUTH, /* a variable alone */
	TEST_EQ,
	TEST_NE,
	TEST_IEQ,
	TEST_GT,
	TEST_GE,
	TEST_LT,
	TEST_LE,
	TEST_STARTS,
	TEST_GLOB,
	TEST_PATH,
	TEST_REGEX,
};

enum { GO_TRUE = -1, GO_FALSE = -2 }; /* instead of the index of a next test */

struct operand {
	const struct flowvar *var; /* NULL: the literal */
	struct value literal;
};

struct test {
	enum test_op op;
	bool negated; /* IEQ, STARTS and the patterns; the others have an opposite */
	struct operand left, right;
	const struct path_pattern *pattern;
	const struct regex *regex;
	int yes, no;
};

struct condition {
	str text;
	int start;
	struct test *tests;
	size_t n;
};
