/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of conditions: text to a tree, and the tree to tests that know what follows them.
 * Precedence is Apigee's: not, comparison, or, and; so "a and b or c" is a and (b or c).
 * Source: Apigee, "Conditional flows" and "Conditions reference". */
#include "lang/condition_lex.h"

enum { NESTED_MAX = 100, TEXT_MAX = 64 << 10 };

enum node_kind { NODE_TEST, NODE_NOT, NODE_AND, NODE_OR };

struct node {
	enum node_kind kind;
	int test;                 /* NODE_TEST: index */
	VEC(struct node *) below; /* NODE_NOT has one */
};

struct parser {
	struct binder *binder;
	struct lexer lex;
	struct token token; /* the one looked at */
	unsigned depth;
	VEC(struct test) tests;
};

static err all(struct parser *p, struct node **out);

static err advance(struct parser *p) { return lexer_next(&p->lex, &p->token); }

static struct node *node_new(struct parser *p, enum node_kind kind)
{
	struct node *n = arena_new(p->binder->arena, struct node);
	n->kind = kind;
	return n;
}

static err bind(struct parser *p, str name, const struct flowvar **out)
{
	if (name.n == 0)
		return lexer_fail(&p->lex, p->token.at, ERR_SYNTAX, "a variable needs a name");
	*out = p->binder->bind(p->binder, str_dup(p->binder->arena, name));
	if (!*out)
		return lexer_fail(&p->lex, p->token.at, ERR_SYNTAX, "\"%.*s\" names no variable",
		                  STR(name));
	return DONE;
}

static bool literal_word(str s, struct value *out)
{
	if (str_ieq(s, S("null")))
		*out = (struct value){ .kind = VALUE_NULL };
	else if (str_ieq(s, S("true")) || str_ieq(s, S("false")))
		*out = VALUE_OF_BOOL(s.n == 4);
	else
		return false;
	return true;
}

static err operand(struct parser *p, struct operand *out)
{
	const struct token *t = &p->token;
	*out = (struct operand){ 0 };
	switch (t->kind) {
	case TOKEN_STRING:
		out->literal = VALUE_STR(str_dup(p->binder->arena, t->text));
		break;
	case TOKEN_NUMBER:
		out->literal = t->value;
		break;
	case TOKEN_NAME:
		if (t->quoted || !literal_word(t->text, &out->literal))
			TRY(bind(p, t->text, &out->var));
		break;
	case TOKEN_END:
		return lexer_fail(&p->lex, t->at, ERR_SYNTAX,
		                  "the condition ends where a variable or a value should stand");
	default:
		return lexer_fail(&p->lex, t->at, ERR_SYNTAX,
		                  "\"%.*s\" stands where a variable or a value should",
		                  STR(t->text));
	}
	return advance(p);
}

static enum test_op opposite(enum test_op op)
{
	static const enum test_op opposites[] = {
		[TEST_EQ] = TEST_NE, [TEST_NE] = TEST_EQ, [TEST_GT] = TEST_LE,
		[TEST_LE] = TEST_GT, [TEST_GE] = TEST_LT, [TEST_LT] = TEST_GE,
	};
	return opposites[op];
}

/* "StartsWith", "Not StartsWith", "is not": with a negation where it has no opposite */
static err comparison(struct parser *p, struct test *t)
{
	bool no = p->token.kind == TOKEN_NOT;
	if (no)
		TRY(advance(p));
	if (p->token.kind != TOKEN_TEST)
		return lexer_fail(&p->lex, p->token.at, ERR_SYNTAX,
		                  "an operator should follow \"not\" here");
	t->op = p->token.op;
	t->negated = p->token.negated;
	TRY(advance(p));
	if (p->token.kind == TOKEN_NOT && !no) {
		no = true;
		TRY(advance(p));
	}
	if (no && t->op >= TEST_EQ && t->op <= TEST_LE && t->op != TEST_IEQ)
		t->op = opposite(t->op);
	else
		t->negated ^= no;
	return DONE;
}

static err pattern(struct parser *p, struct test *t)
{
	const struct token *s = &p->token;
	if (s->kind != TOKEN_STRING)
		return lexer_fail(&p->lex, s->at, ERR_SYNTAX,
		                  "a pattern in double quotes should stand here");
	if (t->op == TEST_REGEX) {
		struct regex *regex = NULL;
		struct diag why = { .arena = p->binder->arena };
		err e = regex_compile(p->binder->arena, s->text, &why, 0, &regex);
		if (e.code)
			return lexer_fail(&p->lex, s->at, e.code, "%.*s",
			                  STR(diag_text(p->binder->arena, &why)));
		t->regex = regex;
		return DONE;
	}
	struct path_pattern *compiled = NULL;
	enum path_style style = t->op == TEST_PATH ? PATH_ELEMENTS : PATH_GLOB;
	err e = path_pattern_compile(p->binder->arena, style, s->text, &compiled);
	if (e.code)
		return lexer_fail(&p->lex, s->at, e.code, "a pattern of more than %d characters",
		                  PATH_PATTERN_MAX);
	t->pattern = compiled;
	return DONE;
}

static err test(struct parser *p, struct node **out)
{
	struct test t = { .op = TEST_TRUTH };
	TRY(operand(p, &t.left));
	if (p->token.kind == TOKEN_TEST || p->token.kind == TOKEN_NOT) {
		TRY(comparison(p, &t));
		if (t.op >= TEST_GLOB)
			TRY(pattern(p, &t));
		TRY(operand(p, &t.right));
	}
	*out = node_new(p, NODE_TEST);
	(*out)->test = (int)p->tests.n;
	VEC_PUSH(p->binder->arena, &p->tests, t);
	return DONE;
}

static err group(struct parser *p, struct node **out)
{
	size_t at = p->token.at;
	TRY(advance(p));
	TRY(all(p, out));
	if (p->token.kind == TOKEN_END)
		return lexer_fail(&p->lex, at, ERR_SYNTAX, "this \"(\" is not closed");
	if (p->token.kind != TOKEN_CLOSE)
		return lexer_fail(&p->lex, p->token.at, ERR_SYNTAX,
		                  "\"%.*s\" stands where \"and\", \"or\" or \")\" should",
		                  STR(p->token.text));
	return advance(p);
}

static err factor(struct parser *p, struct node **out)
{
	bool no = p->token.kind == TOKEN_NOT;
	if (!no && p->token.kind != TOKEN_OPEN)
		return test(p, out);
	if (p->depth == NESTED_MAX)
		return lexer_fail(&p->lex, p->token.at, ERR_LIMIT, "nested deeper than %d",
		                  NESTED_MAX);
	p->depth++;
	if (no) {
		struct node *below;
		*out = node_new(p, NODE_NOT);
		TRY(advance(p));
		TRY(factor(p, &below));
		VEC_PUSH(p->binder->arena, &(*out)->below, below);
	} else {
		TRY(group(p, out));
	}
	p->depth--;
	return DONE;
}

/* What is joined by one operator is one node, however long: the depth is that of parentheses. */
static err joined(struct parser *p, enum token_kind by, enum node_kind kind,
                  err (*part)(struct parser *, struct node **), struct node **out)
{
	struct node *first = NULL, *more = NULL;
	TRY(part(p, &first));
	*out = first;
	if (p->token.kind != by)
		return DONE;
	*out = node_new(p, kind);
	VEC_PUSH(p->binder->arena, &(*out)->below, first);
	while (p->token.kind == by) {
		TRY(advance(p));
		TRY(part(p, &more));
		VEC_PUSH(p->binder->arena, &(*out)->below, more);
	}
	return DONE;
}

static err any(struct parser *p, struct node **out)
{
	return joined(p, TOKEN_OR, NODE_OR, factor, out);
}

static err all(struct parser *p, struct node **out)
{
	return joined(p, TOKEN_AND, NODE_AND, any, out);
}

/* Where to go from every test of the tree; returns the test to begin with. */
static int wire(struct parser *p, const struct node *n, int yes, int no)
{
	switch (n->kind) {
	case NODE_TEST:
		p->tests.v[n->test].yes = yes;
		p->tests.v[n->test].no = no;
		return n->test;
	case NODE_NOT:
		return wire(p, n->below.v[0], no, yes);
	case NODE_AND:
	case NODE_OR:
		break;
	}
	int next = n->kind == NODE_AND ? yes : no;
	for (size_t i = n->below.n; i-- > 0;)
		next = n->kind == NODE_AND ? wire(p, n->below.v[i], next, no)
		                           : wire(p, n->below.v[i], yes, next);
	return next;
}

static err parse(struct parser *p, struct node **out)
{
	TRY(advance(p));
	if (p->token.kind == TOKEN_END) /* an empty condition holds */
		return DONE;
	TRY(all(p, out));
	if (p->token.kind == TOKEN_CLOSE)
		return lexer_fail(&p->lex, p->token.at, ERR_SYNTAX, "this \")\" closes nothing");
	if (p->token.kind != TOKEN_END)
		return lexer_fail(&p->lex, p->token.at, ERR_SYNTAX,
		                  "\"%.*s\" stands where \"and\" or \"or\" should",
		                  STR(p->token.text));
	return DONE;
}

err condition_compile(struct binder *b, str text, unsigned line, struct condition **out)
{
	struct parser p = { .binder = b, .lex = { .text = text, .line = line, .diag = b->diag } };
	struct node *tree = NULL;
	if (text.n > TEXT_MAX)
		return diag_add(b->diag, ERR_LIMIT, line, "a condition of more than %d bytes",
		                TEXT_MAX);
	TRY(parse(&p, &tree));
	struct condition *c = arena_new(b->arena, struct condition);
	c->text = str_dup(b->arena, str_trim(text));
	c->start = tree ? wire(&p, tree, GO_TRUE, GO_FALSE) : GO_TRUE;
	c->tests = p.tests.v;
	c->n = p.tests.n;
	*out = c;
	return DONE;
}
