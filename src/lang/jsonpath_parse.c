/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of JSONPath.
 * Every byte of the text is accounted for; what is not understood is a finding with its column.
 * Source: RFC 9535 §2; Jayway for names without quotes and for =~. */
#include "lang/jsonpath_code.h"
#include "lang/jsonpath_lex.h"

enum { TEXT_MAX = 4096, SEGMENTS_MAX = 100, NESTED_MAX = 20 };

static err path(struct scanner *p, bool inside, struct jsonpath *out);
static err any(struct scanner *p, struct filter **out);

static err slice(struct scanner *p, struct selector *x)
{
	int64_t *const parts[] = { &x->start, &x->stop, &x->step };
	x->kind = SELECT_SLICE;
	x->start = x->stop = INT64_MIN;
	x->step = 1;
	for (int i = 0; i < 3; i++) {
		scan_blanks(p);
		if (scan_starts_integer(p) &&
		    (!scan_integer(p, parts[i]) || *parts[i] < -INT32_MAX || *parts[i] > INT32_MAX))
			return REFUSE(p, "a number that is too large");
		scan_blanks(p);
		if (i == 2 || !scan_eat(p, S(":")))
			break;
	}
	return DONE;
}

static err index_or_slice(struct scanner *p, struct selector *x)
{
	size_t from = p->at;
	if (scan_starts_integer(p)) {
		if (!scan_integer(p, &x->index))
			return REFUSE(p, "a whole number should stand here");
		scan_blanks(p);
		if (scan_peek(p) != ':') {
			x->kind = SELECT_INDEX;
			return DONE;
		}
		p->at = from;
	}
	return slice(p, x);
}

static err filter_selector(struct scanner *p, struct selector *x)
{
	struct filter *filter;
	x->kind = SELECT_FILTER;
	TRY(any(p, &filter));
	x->filter = filter;
	return DONE;
}

static err selector(struct scanner *p, struct selector *x)
{
	*x = (struct selector){ 0 };
	scan_blanks(p);
	if (scan_eat(p, S("?")))
		return filter_selector(p, x);
	if (scan_peek(p) == '\'' || scan_peek(p) == '"') {
		x->kind = SELECT_NAME;
		return scan_quoted(p, &x->name);
	}
	if (scan_eat(p, S("*"))) {
		x->kind = SELECT_ALL;
		return DONE;
	}
	if (scan_starts_integer(p) || scan_peek(p) == ':')
		return index_or_slice(p, x);
	return REFUSE(p, "a name in quotes, an index, a slice, '*' or '?' should stand here");
}

static err brackets(struct scanner *p, struct segment *s)
{
	do {
		struct selector x;
		TRY(selector(p, &x));
		VEC_PUSH(p->arena, &s->selectors, x);
		scan_blanks(p);
	} while (scan_eat(p, S(",")));
	return scan_eat(p, S("]")) ? DONE : REFUSE(p, "\",\" or \"]\" should stand here");
}

/* A name after a dot ends at a sign of the path; inside a filter also at one of the expression. */
static err dotted(struct scanner *p, bool inside, struct segment *s)
{
	const char *ends = inside ? ".[]()=!<>&|, \t\r\n'\"" : ".[]()";
	size_t from = p->at;
	struct selector x = { .kind = SELECT_NAME };
	if (scan_eat(p, S("*"))) {
		x.kind = SELECT_ALL;
	} else {
		while (scan_peek(p) && !strchr(ends, scan_peek(p)))
			p->at++;
		x.name = str_dup(p->arena, str_sub(p->text, from, p->at));
		if (x.name.n == 0)
			return REFUSE(p, "a name should stand here");
	}
	if (scan_peek(p) == '(' && !inside)
		return REFUSE(p, "functions are not part of Apigee's JSONPath");
	VEC_PUSH(p->arena, &s->selectors, x);
	return DONE;
}

static bool definite(const struct jsonpath *j)
{
	for (size_t i = 0; i < j->segments.n; i++) {
		const struct segment *s = &j->segments.v[i];
		if (s->descend || s->selectors.n != 1 || s->selectors.v[0].kind > SELECT_INDEX)
			return false;
	}
	return true;
}

/* What follows "$" or "@". */
static err path(struct scanner *p, bool inside, struct jsonpath *out)
{
	for (;;) {
		struct segment s = { 0 };
		if (out->segments.n == SEGMENTS_MAX)
			return REFUSE(p, "more parts than a path may have");
		if (scan_eat(p, S("..")))
			s.descend = true;
		else if (scan_peek(p) == '.')
			p->at++;
		else if (scan_peek(p) != '[')
			break;
		if (scan_eat(p, S("[")))
			TRY(brackets(p, &s));
		else
			TRY(dotted(p, inside, &s));
		VEC_PUSH(p->arena, &out->segments, s);
	}
	out->definite = definite(out);
	return DONE;
}

static err number_or_word(struct scanner *p, struct filter_operand *o)
{
	size_t from = p->at;
	while (scan_peek(p) && !strchr("=!<>&|,)] \t\r\n", scan_peek(p)))
		p->at++;
	str word = str_sub(p->text, from, p->at);
	if (str_eq(word, S("null"))) {
		o->kind = LITERAL_NULL;
	} else if (str_eq(word, S("true")) || str_eq(word, S("false"))) {
		o->kind = LITERAL_BOOL;
		o->yes = word.n == 4;
	} else if (str_to_double(word, &o->number)) {
		o->kind = LITERAL_NUMBER;
	} else {
		return scan_refuse(p, from, "\"@\", \"$\" or a value should stand here");
	}
	return DONE;
}

static err operand(struct scanner *p, struct filter_operand *o)
{
	*o = (struct filter_operand){ 0 };
	scan_blanks(p);
	char c = scan_peek(p);
	if (c == '\'' || c == '"') {
		o->kind = LITERAL_STRING;
		return scan_quoted(p, &o->text);
	}
	if (c != '@' && c != '$')
		return number_or_word(p, o);
	struct jsonpath *inner = arena_new(p->arena, struct jsonpath);
	p->at++;
	o->from_root = c == '$';
	o->path = inner;
	if (p->depth == NESTED_MAX)
		return REFUSE(p, "nested too deep");
	p->depth++;
	TRY(path(p, true, inner));
	p->depth--;
	return DONE;
}

/* "/pattern/i": the letters after it are Java's flags */
static err like(struct scanner *p, struct filter *x)
{
	struct buf b = buf_in(p->arena);
	struct regex *regex;
	scan_blanks(p);
	size_t start = p->at;
	if (!scan_eat(p, S("/")))
		return REFUSE(p, "a pattern between slashes should stand here");
	size_t end = p->at;
	while (end < p->text.n && p->text.p[end] != '/')
		end += p->text.p[end] == '\\' && end + 1 < p->text.n ? 2 : 1;
	if (end >= p->text.n)
		return scan_refuse(p, start, "the pattern is not closed");
	str pattern = str_sub(p->text, p->at, end);
	for (p->at = end + 1; scan_peek(p) && strchr("isxm", scan_peek(p)); p->at++)
		buf_fmt(&b, "(?%c)", scan_peek(p));
	buf_add(&b, pattern);
	TRY(regex_compile(p->arena, buf_str(&b), p->diag, p->line, &regex));
	x->regex = regex;
	return DONE;
}

static err comparison(struct scanner *p, struct filter *x)
{
	static const struct {
		str sign;
		enum filter_op op;
	} ops[] = {
		{ S_INIT("=="), FILTER_EQ },   { S_INIT("!="), FILTER_NE },
		{ S_INIT("<="), FILTER_LE },   { S_INIT(">="), FILTER_GE },
		{ S_INIT("=~"), FILTER_LIKE }, { S_INIT("<"), FILTER_LT },
		{ S_INIT(">"), FILTER_GT },    { S_INIT("="), FILTER_EQ },
	};
	TRY(operand(p, &x->a));
	scan_blanks(p);
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		if (!scan_eat(p, ops[i].sign))
			continue;
		x->kind = FILTER_COMPARE;
		x->op = ops[i].op;
		return x->op == FILTER_LIKE ? like(p, x) : operand(p, &x->b);
	}
	x->kind = FILTER_EXISTS;
	return x->a.path ? DONE : REFUSE(p, "a comparison should stand here");
}

static err factor(struct scanner *p, struct filter **out)
{
	struct filter *inner, *x = *out = arena_new(p->arena, struct filter);
	scan_blanks(p);
	if (p->depth == NESTED_MAX)
		return REFUSE(p, "nested too deep");
	p->depth++;
	if (scan_peek(p) == '!' && !str_starts(str_sub(p->text, p->at, STR_NPOS), S("!="))) {
		p->at++;
		x->kind = FILTER_NOT;
		TRY(factor(p, &inner));
		x->left = inner;
	} else if (scan_eat(p, S("("))) {
		TRY(any(p, out));
		scan_blanks(p);
		if (!scan_eat(p, S(")")))
			return REFUSE(p, "\")\" should stand here");
	} else {
		TRY(comparison(p, x));
	}
	p->depth--;
	return DONE;
}

static err joined(struct scanner *p, str sign, enum filter_kind kind,
                  err (*part)(struct scanner *, struct filter **), struct filter **out)
{
	TRY(part(p, out));
	for (unsigned chained = 0; scan_blanks(p), scan_eat(p, sign); chained++) {
		struct filter *right, *x = arena_new(p->arena, struct filter);
		if (chained == SEGMENTS_MAX)
			return REFUSE(p, "more parts than a filter may have");
		TRY(part(p, &right));
		*x = (struct filter){ .kind = kind, .left = *out, .right = right };
		*out = x;
	}
	return DONE;
}

static err all(struct scanner *p, struct filter **out)
{
	return joined(p, S("&&"), FILTER_AND, factor, out);
}

static err any(struct scanner *p, struct filter **out)
{
	return joined(p, S("||"), FILTER_OR, all, out);
}

err jsonpath_compile(struct arena *a, str text, struct diag *diag, unsigned line,
                     struct jsonpath **out)
{
	struct scanner p = { .arena = a, .diag = diag, .line = line, .text = str_trim(text) };
	struct jsonpath *j = arena_new(a, struct jsonpath);
	if (text.n > TEXT_MAX)
		return diag_add(diag, ERR_LIMIT, line, "a JSONPath of more than %d bytes",
		                TEXT_MAX);
	if (p.text.n == 0)
		return REFUSE(&p, "it is empty");
	if (scan_peek(&p) != '$' && scan_peek(&p) != '[' &&
	    scan_peek(&p) != '.') { /* "a.b" is "$.a.b" */
		p.text = str_fmt(a, "$.%.*s", STR(p.text));
		p.at = 1;
	} else if (scan_peek(&p) == '$') {
		p.at = 1;
	}
	TRY(path(&p, false, j));
	if (p.at < p.text.n)
		return REFUSE(&p, "unexpected character");
	*out = j;
	return DONE;
}
