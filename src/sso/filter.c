/* SPDX-License-Identifier: Apache-2.0 */
/* A filter becomes a short program in postfix order, run with one bit a value.
 * Every step of the parser takes a byte or ends: time and depth are bounded by the text.
 * Source: sso/filter.h. */
#include "sso/filter.h"

#include "sso/iso_time.h"

enum op { OP_EQ, OP_CO, OP_SW, OP_PR, OP_GT, OP_GE, OP_LT, OP_LE, OP_AND, OP_OR };

static const char *const words[] = { "eq", "co", "sw", "pr", "gt", "ge", "lt", "le" };
enum { WORDS = sizeof words / sizeof *words };

struct code {
	enum op op;
	const struct filter_attribute *attribute;
	struct filter_value value;
};

struct filter {
	struct code v[2 * FILTER_TERMS];
	size_t n;
};

struct parser {
	struct arena *arena;
	const struct filter_attribute *table;
	str rest;
	struct filter *out;
	size_t terms;
	int depth;
	bool costs;
};

static err either(struct parser *p);

const struct filter_attribute *filter_attribute(const struct filter_attribute *table, str name)
{
	for (; table->name; table++)
		if (str_ieq(name, str_from_z(table->name)))
			return table;
	return NULL;
}

static void spaces(struct parser *p)
{
	while (p->rest.n && p->rest.p[0] == ' ')
		p->rest = str_sub(p->rest, 1, STR_NPOS);
}

/* Up to a space, a parenthesis or the end. */
static str word(struct parser *p)
{
	size_t n = 0;
	spaces(p);
	while (n < p->rest.n && p->rest.p[n] != ' ' && p->rest.p[n] != '(' && p->rest.p[n] != ')')
		n++;
	str w = str_sub(p->rest, 0, n);
	p->rest = str_sub(p->rest, n, STR_NPOS);
	return w;
}

static bool word_is(struct parser *p, str wanted)
{
	str before = p->rest;
	if (str_ieq(word(p), wanted))
		return true;
	p->rest = before;
	return false;
}

static err put(struct parser *p, struct code c)
{
	must(p->out->n < 2 * FILTER_TERMS); /* a term and what joins it */
	p->out->v[p->out->n++] = c;
	return DONE;
}

/* "text", with \" and \\ alone. */
static err quoted(struct parser *p, str *out)
{
	struct buf b = buf_in(p->arena);
	size_t i = 1;
	for (; i < p->rest.n && p->rest.p[i] != '"'; i++) {
		if (p->rest.p[i] == '\\' &&
		    (++i == p->rest.n || (p->rest.p[i] != '"' && p->rest.p[i] != '\\')))
			return FAIL(ERR_SYNTAX);
		buf_char(&b, p->rest.p[i]);
	}
	if (i >= p->rest.n)
		return FAIL(ERR_SYNTAX);
	p->rest = str_sub(p->rest, i + 1, STR_NPOS);
	*out = buf_str(&b);
	return DONE;
}

static err literal(struct parser *p, enum filter_kind kind, struct filter_value *v)
{
	str text;
	spaces(p);
	bool is_text = str_starts(p->rest, S("\""));
	if (is_text)
		TRY(quoted(p, &text));
	else
		text = word(p);
	*v = (struct filter_value){ .given = true, .text = text };
	if (kind == FILTER_TEXT || kind == FILTER_EXACT)
		return is_text ? DONE : FAIL(ERR_SYNTAX);
	if (kind == FILTER_TIME)
		return is_text && iso_time_read(text, &v->n) ? DONE : FAIL(ERR_SYNTAX);
	if (kind == FILTER_NUMBER)
		return !is_text && str_to_i64(text, &v->n) ? DONE : FAIL(ERR_SYNTAX);
	v->n = str_ieq(text, S("true"));
	return v->n || str_ieq(text, S("false")) ? DONE : FAIL(ERR_SYNTAX);
}

static err comparison(struct parser *p)
{
	struct code c = { .attribute = filter_attribute(p->table, word(p)) };
	str op = word(p);
	if (++p->terms > FILTER_TERMS)
		return FAIL(ERR_LIMIT);
	size_t which = 0;
	while (which < WORDS && !str_ieq(op, str_from_z(words[which])))
		which++;
	if (!c.attribute || which == WORDS)
		return FAIL(ERR_SYNTAX);
	c.op = (enum op)which;
	enum filter_kind kind = c.attribute->kind;
	bool text = kind == FILTER_TEXT || kind == FILTER_EXACT;
	if ((c.op == OP_CO || c.op == OP_SW) && !text)
		return FAIL(ERR_SYNTAX);
	if (kind == FILTER_BOOL && c.op > OP_PR)
		return FAIL(ERR_SYNTAX);
	p->costs |= c.attribute->costs;
	if (c.op != OP_PR)
		TRY(literal(p, kind, &c.value));
	return put(p, c);
}

static err term(struct parser *p)
{
	spaces(p);
	if (!str_starts(p->rest, S("(")))
		return comparison(p);
	if (++p->depth > FILTER_DEPTH)
		return FAIL(ERR_LIMIT);
	p->rest = str_sub(p->rest, 1, STR_NPOS);
	TRY(either(p));
	spaces(p);
	if (!str_starts(p->rest, S(")")))
		return FAIL(ERR_SYNTAX);
	p->rest = str_sub(p->rest, 1, STR_NPOS);
	p->depth--;
	return DONE;
}

static err both(struct parser *p)
{
	TRY(term(p));
	while (word_is(p, S("and"))) {
		TRY(term(p));
		TRY(put(p, (struct code){ .op = OP_AND }));
	}
	return DONE;
}

static err either(struct parser *p)
{
	TRY(both(p));
	while (word_is(p, S("or"))) {
		TRY(both(p));
		TRY(put(p, (struct code){ .op = OP_OR }));
	}
	return DONE;
}

err filter_parse(struct arena *a, const struct filter_attribute *table, str text,
                 struct filter **out, bool *costs)
{
	struct parser p = { .arena = a, .table = table, .rest = text };
	if (text.n > FILTER_BYTES)
		return FAIL(ERR_LIMIT);
	*out = p.out = arena_new(a, struct filter);
	TRY(either(&p));
	spaces(&p);
	*costs = p.costs;
	return p.rest.n ? FAIL(ERR_SYNTAX) : DONE;
}

/* ---- looking ---- */
static int order_ignoring_case(str a, str b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		int x = (unsigned char)a.p[i], y = (unsigned char)b.p[i];
		x += x >= 'A' && x <= 'Z' ? 'a' - 'A' : 0;
		y += y >= 'A' && y <= 'Z' ? 'a' - 'A' : 0;
		if (x != y)
			return x < y ? -1 : 1;
	}
	return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

int filter_compare(enum filter_kind kind, const struct filter_value *a,
                   const struct filter_value *b)
{
	if (kind == FILTER_EXACT)
		return str_cmp(a->text, b->text);
	if (kind == FILTER_TEXT)
		return order_ignoring_case(a->text, b->text);
	return a->n == b->n ? 0 : a->n < b->n ? -1 : 1;
}

static bool contains(const struct code *c, str text, bool at_start)
{
	bool exact = c->attribute->kind == FILTER_EXACT;
	str part = c->value.text;
	for (size_t i = 0; i + part.n <= text.n && (!at_start || i == 0); i++) {
		str here = str_sub(text, i, i + part.n);
		if (exact ? str_eq(here, part) : str_ieq(here, part))
			return true;
	}
	return false;
}

static bool holds(const struct code *c, const void *thing)
{
	struct filter_value v = c->attribute->get(thing);
	if (!v.given || c->op == OP_PR)
		return v.given;
	if (c->op == OP_CO || c->op == OP_SW)
		return contains(c, v.text, c->op == OP_SW);
	int order = filter_compare(c->attribute->kind, &v, &c->value);
	switch (c->op) {
	case OP_EQ:
		return order == 0;
	case OP_GT:
		return order > 0;
	case OP_GE:
		return order >= 0;
	case OP_LT:
		return order < 0;
	default:
		return order <= 0;
	}
}

static str pinned_by(const struct code *c, const char *name)
{
	return c->op == OP_EQ && str_eq(str_from_z(c->attribute->name), str_from_z(name))
	               ? c->value.text
	               : STR_NONE;
}

bool filter_pins(const struct filter *f, const char *name, str *text)
{
	str stack[FILTER_TERMS + 1]; /* absent: anything */
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++) {
		const struct code *c = &f->v[i];
		if (c->op < OP_AND) {
			stack[n++] = pinned_by(c, name);
			continue;
		}
		must(n >= 2);
		n--;
		if (c->op == OP_OR)
			stack[n - 1] = STR_NONE;
		else if (!str_given(stack[n - 1]))
			stack[n - 1] = stack[n];
	}
	must(n == 1);
	*text = stack[0];
	return str_given(*text);
}

bool filter_fits(const struct filter *f, const void *thing)
{
	bool stack[FILTER_TERMS + 1];
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++) {
		const struct code *c = &f->v[i];
		if (c->op < OP_AND) {
			stack[n++] = holds(c, thing);
			continue;
		}
		must(n >= 2);
		n--;
		stack[n - 1] =
			c->op == OP_AND ? stack[n - 1] && stack[n] : stack[n - 1] || stack[n];
	}
	must(n == 1);
	return stack[0];
}
