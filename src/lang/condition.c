/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation of conditions: one test after the other, as the parser wired them.
 * What a null side answers is data: the rows of null_rules, and nothing else.
 * Source: Apigee, "Conditions reference", with its table "Behavior of null operands". */
#include "lang/condition_code.h"

/* The answer when the left, the right or both sides are null. */
struct null_rule {
	bool left, right, both;
};

static const struct null_rule null_rules[] = {
	[TEST_EQ] = { false, false, true },     [TEST_IEQ] = { false, false, true },
	[TEST_NE] = { true, true, false },      [TEST_STARTS] = { false, false, false },
	[TEST_GT] = { true, false, false },     [TEST_GE] = { false, true, true },
	[TEST_LT] = { true, false, false },     [TEST_LE] = { true, false, true },
	[TEST_GLOB] = { false, false, false },  [TEST_PATH] = { false, false, false },
	[TEST_REGEX] = { false, false, false },
};
static const struct null_rule not_matching = { true, false, false }; /* "!~" and its like */

static bool null_answer(const struct test *t, bool left, bool right)
{
	const struct null_rule *r = &null_rules[t->negated && t->op == TEST_IEQ ? TEST_NE : t->op];
	if (t->negated && t->op != TEST_IEQ)
		r = &not_matching;
	return left && right ? r->both : left ? r->left : r->right;
}

static bool truth(struct value v)
{
	switch (v.kind) {
	case VALUE_STRING:
		return str_ieq(v.s, S("true"));
	case VALUE_INT:
	case VALUE_BOOL:
		return v.i != 0;
	case VALUE_DOUBLE:
		return v.d != 0;
	case VALUE_NULL:
		break;
	}
	return false;
}

static bool is_number(struct value v) { return v.kind == VALUE_INT || v.kind == VALUE_DOUBLE; }

enum order { LESS = -1, SAME = 0, MORE = 1, UNORDERED = 2 };

static enum order sign(int c) { return c < 0 ? LESS : c > 0 ? MORE : SAME; }

/* Apigee: numbers widen to the larger type; as soon as one side is a string, both are. */
static enum order compare(struct value a, struct value b)
{
	if (a.kind == b.kind && (a.kind == VALUE_INT || a.kind == VALUE_BOOL))
		return sign((a.i > b.i) - (a.i < b.i));
	if (is_number(a) && is_number(b)) {
		double x = a.kind == VALUE_INT ? (double)a.i : a.d;
		double y = b.kind == VALUE_INT ? (double)b.i : b.d;
		return x < y ? LESS : x > y ? MORE : x == y ? SAME : UNORDERED;
	}
	char left[VALUE_ROOM], right[VALUE_ROOM];
	return sign(str_cmp(value_write(a, left), value_write(b, right)));
}

static bool equal(struct value a, struct value b)
{
	if (a.kind == VALUE_STRING && b.kind == VALUE_STRING)
		return str_eq(a.s, b.s);
	return compare(a, b) == SAME;
}

static bool on_text(const struct test *t, struct value a, struct value b)
{
	char left[VALUE_ROOM], right[VALUE_ROOM];
	str s = value_write(a, left);
	switch (t->op) {
	case TEST_IEQ:
		return str_ieq(s, value_write(b, right));
	case TEST_STARTS:
		return str_starts(s, value_write(b, right));
	case TEST_GLOB:
	case TEST_PATH:
		return path_pattern_matches(t->pattern, s);
	default:
		return regex_matches(t->regex, s);
	}
}

static struct value side(const struct operand *o, struct scope *scope)
{
	return o->var ? scope->get(scope, o->var) : o->literal;
}

static bool holds(const struct test *t, struct scope *scope)
{
	struct value a = side(&t->left, scope);
	if (t->op == TEST_TRUTH)
		return truth(a);
	struct value b = side(&t->right, scope);
	if (a.kind == VALUE_NULL || b.kind == VALUE_NULL)
		return null_answer(t, a.kind == VALUE_NULL, b.kind == VALUE_NULL);
	switch (t->op) {
	case TEST_EQ:
		return equal(a, b);
	case TEST_NE:
		return !equal(a, b);
	case TEST_GT:
		return compare(a, b) == MORE;
	case TEST_LT:
		return compare(a, b) == LESS;
	case TEST_GE:
		return compare(a, b) == MORE || compare(a, b) == SAME;
	case TEST_LE:
		return compare(a, b) == LESS || compare(a, b) == SAME;
	default:
		return on_text(t, a, b) != t->negated;
	}
}

bool condition_true(const struct condition *c, struct scope *scope)
{
	int at = c->start;
	while (at >= 0) {
		const struct test *t = &c->tests[at];
		at = holds(t, scope) ? t->yes : t->no;
	}
	return at == GO_TRUE;
}

str condition_text(const struct condition *c) { return c->text; }
