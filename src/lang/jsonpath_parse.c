/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of JSONPath.
 * Every byte of the text is accounted for; what is not understood is a finding with its column.
 * Source: RFC 9535 §2; Jayway for names without quotes and for =~. */
#include "codec/utf8.h"
#include "lang/jsonpath_code.h"

enum { TEXT_MAX = 4096, SEGMENTS_MAX = 100, NESTED_MAX = 20 };

struct parser {
	struct arena *arena;
	struct diag *diag;
	unsigned line, depth;
	str text;
	size_t at;
};

static err path(struct parser *p, bool inside, struct jsonpath *out);
static err any(struct parser *p, struct filter **out);

#define REFUSE(p, ...) refuse((p), (p)->at, __VA_ARGS__)

static err refuse(struct parser *p, size_t at, const char *what)
{
	return diag_add(p->diag, ERR_SYNTAX, p->line, "JSONPath \"%.*s\", column %zu: %s",
	                STR(p->text), at + 1, what);
}

static char peek(const struct parser *p) { return p->at < p->text.n ? p->text.p[p->at] : 0; }

static void blanks(struct parser *p)
{
	while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r')
		p->at++;
}

static bool eat(struct parser *p, str sign)
{
	if (!str_starts(str_sub(p->text, p->at, STR_NPOS), sign))
		return false;
	p->at += sign.n;
	return true;
}

static bool hex4(struct parser *p, uint32_t *out)
{
	*out = 0;
	if (p->text.n - p->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = p->text.p[p->at++];
		char low = (char)(c | 0x20);
		if (c >= '0' && c <= '9')
			*out = *out << 4 | (uint32_t)(c - '0');
		else if (low >= 'a' && low <= 'f')
			*out = *out << 4 | (uint32_t)(low - 'a' + 10);
		else
			return false;
	}
	return true;
}

static err escaped(struct parser *p, struct buf *b)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	char c = peek(p);
	p->at++;
	const char *at = c ? strchr(from, c) : NULL;
	if (c != 'u') {
		buf_char(b, at ? to[at - from] : c);
		return DONE;
	}
	uint32_t code, low;
	if (!hex4(p, &code) || (code >= 0xdc00 && code < 0xe000))
		return REFUSE(p, "four hexadecimal digits of a character should follow \\u");
	if (code >= 0xd800 && code < 0xdc00) {
		if (!eat(p, S("\\u")) || !hex4(p, &low) || low < 0xdc00 || low >= 0xe000)
			return REFUSE(p, "half a surrogate pair");
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	utf8_put(b, code);
	return DONE;
}

static err quoted(struct parser *p, str *out)
{
	struct buf b = buf_in(p->arena);
	size_t start = p->at;
	char quote = peek(p);
	p->at++;
	while (p->at < p->text.n && peek(p) != quote) {
		char c = p->text.p[p->at++];
		if (c != '\\')
			buf_char(&b, c);
		else if (p->at < p->text.n)
			TRY(escaped(p, &b));
	}
	if (!eat(p, (str){ &quote, 1 }))
		return refuse(p, start, "the quote is not closed");
	*out = buf_str(&b);
	return DONE;
}

static bool integer(struct parser *p, int64_t *out)
{
	size_t from = p->at;
	if (peek(p) == '-')
		p->at++;
	while (peek(p) >= '0' && peek(p) <= '9')
		p->at++;
	return str_to_i64(str_sub(p->text, from, p->at), out);
}

static bool starts_integer(struct parser *p)
{
	return peek(p) == '-' || (peek(p) >= '0' && peek(p) <= '9');
}

static err slice(struct parser *p, struct selector *x)
{
	int64_t *const parts[] = { &x->start, &x->stop, &x->step };
	x->kind = SELECT_SLICE;
	x->start = x->stop = INT64_MIN;
	x->step = 1;
	for (int i = 0; i < 3; i++) {
		blanks(p);
		if (starts_integer(p) &&
		    (!integer(p, parts[i]) || *parts[i] < -INT32_MAX || *parts[i] > INT32_MAX))
			return REFUSE(p, "a number that is too large");
		blanks(p);
		if (i == 2 || !eat(p, S(":")))
			break;
	}
	return DONE;
}

static err index_or_slice(struct parser *p, struct selector *x)
{
	size_t from = p->at;
	if (starts_integer(p)) {
		if (!integer(p, &x->index))
			return REFUSE(p, "a whole number should stand here");
		blanks(p);
		if (peek(p) != ':') {
			x->kind = SELECT_INDEX;
			return DONE;
		}
		p->at = from;
	}
	return slice(p, x);
}

static err filter_selector(struct parser *p, struct selector *x)
{
	struct filter *filter;
	x->kind = SELECT_FILTER;
	TRY(any(p, &filter));
	x->filter = filter;
	return DONE;
}

static err selector(struct parser *p, struct selector *x)
{
	*x = (struct selector){ 0 };
	blanks(p);
	if (eat(p, S("?")))
		return filter_selector(p, x);
	if (peek(p) == '\'' || peek(p) == '"') {
		x->kind = SELECT_NAME;
		return quoted(p, &x->name);
	}
	if (eat(p, S("*"))) {
		x->kind = SELECT_ALL;
		return DONE;
	}
	if (starts_integer(p) || peek(p) == ':')
		return index_or_slice(p, x);
	return REFUSE(p, "a name in quotes, an index, a slice, '*' or '?' should stand here");
}

static err brackets(struct parser *p, struct segment *s)
{
	do {
		struct selector x;
		TRY(selector(p, &x));
		VEC_PUSH(p->arena, &s->selectors, x);
		blanks(p);
	} while (eat(p, S(",")));
	return eat(p, S("]")) ? DONE : REFUSE(p, "\",\" or \"]\" should stand here");
}

/* A name after a dot ends at a sign of the path; inside a filter also at one of the expression. */
static err dotted(struct parser *p, bool inside, struct segment *s)
{
	const char *ends = inside ? ".[]()=!<>&|, \t\r\n'\"" : ".[]()";
	size_t from = p->at;
	struct selector x = { .kind = SELECT_NAME };
	if (eat(p, S("*"))) {
		x.kind = SELECT_ALL;
	} else {
		while (peek(p) && !strchr(ends, peek(p)))
			p->at++;
		x.name = str_dup(p->arena, str_sub(p->text, from, p->at));
		if (x.name.n == 0)
			return REFUSE(p, "a name should stand here");
	}
	if (peek(p) == '(' && !inside)
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
static err path(struct parser *p, bool inside, struct jsonpath *out)
{
	for (;;) {
		struct segment s = { 0 };
		if (out->segments.n == SEGMENTS_MAX)
			return REFUSE(p, "more parts than a path may have");
		if (eat(p, S("..")))
			s.descend = true;
		else if (peek(p) == '.')
			p->at++;
		else if (peek(p) != '[')
			break;
		if (eat(p, S("[")))
			TRY(brackets(p, &s));
		else
			TRY(dotted(p, inside, &s));
		VEC_PUSH(p->arena, &out->segments, s);
	}
	out->definite = definite(out);
	return DONE;
}

static err number_or_word(struct parser *p, struct filter_operand *o)
{
	size_t from = p->at;
	while (peek(p) && !strchr("=!<>&|,)] \t\r\n", peek(p)))
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
		return refuse(p, from, "\"@\", \"$\" or a value should stand here");
	}
	return DONE;
}

static err operand(struct parser *p, struct filter_operand *o)
{
	*o = (struct filter_operand){ 0 };
	blanks(p);
	char c = peek(p);
	if (c == '\'' || c == '"') {
		o->kind = LITERAL_STRING;
		return quoted(p, &o->text);
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
static err like(struct parser *p, struct filter *x)
{
	struct buf b = buf_in(p->arena);
	struct regex *regex;
	blanks(p);
	size_t start = p->at;
	if (!eat(p, S("/")))
		return REFUSE(p, "a pattern between slashes should stand here");
	size_t end = p->at;
	while (end < p->text.n && p->text.p[end] != '/')
		end += p->text.p[end] == '\\' && end + 1 < p->text.n ? 2 : 1;
	if (end >= p->text.n)
		return refuse(p, start, "the pattern is not closed");
	str pattern = str_sub(p->text, p->at, end);
	for (p->at = end + 1; peek(p) && strchr("isxm", peek(p)); p->at++)
		buf_fmt(&b, "(?%c)", peek(p));
	buf_add(&b, pattern);
	TRY(regex_compile(p->arena, buf_str(&b), p->diag, p->line, &regex));
	x->regex = regex;
	return DONE;
}

static err comparison(struct parser *p, struct filter *x)
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
	blanks(p);
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		if (!eat(p, ops[i].sign))
			continue;
		x->kind = FILTER_COMPARE;
		x->op = ops[i].op;
		return x->op == FILTER_LIKE ? like(p, x) : operand(p, &x->b);
	}
	x->kind = FILTER_EXISTS;
	return x->a.path ? DONE : REFUSE(p, "a comparison should stand here");
}

static err factor(struct parser *p, struct filter **out)
{
	struct filter *inner, *x = *out = arena_new(p->arena, struct filter);
	blanks(p);
	if (p->depth == NESTED_MAX)
		return REFUSE(p, "nested too deep");
	p->depth++;
	if (peek(p) == '!' && !str_starts(str_sub(p->text, p->at, STR_NPOS), S("!="))) {
		p->at++;
		x->kind = FILTER_NOT;
		TRY(factor(p, &inner));
		x->left = inner;
	} else if (eat(p, S("("))) {
		TRY(any(p, out));
		blanks(p);
		if (!eat(p, S(")")))
			return REFUSE(p, "\")\" should stand here");
	} else {
		TRY(comparison(p, x));
	}
	p->depth--;
	return DONE;
}

static err joined(struct parser *p, str sign, enum filter_kind kind,
                  err (*part)(struct parser *, struct filter **), struct filter **out)
{
	TRY(part(p, out));
	for (unsigned chained = 0; blanks(p), eat(p, sign); chained++) {
		struct filter *right, *x = arena_new(p->arena, struct filter);
		if (chained == SEGMENTS_MAX)
			return REFUSE(p, "more parts than a filter may have");
		TRY(part(p, &right));
		*x = (struct filter){ .kind = kind, .left = *out, .right = right };
		*out = x;
	}
	return DONE;
}

static err all(struct parser *p, struct filter **out)
{
	return joined(p, S("&&"), FILTER_AND, factor, out);
}

static err any(struct parser *p, struct filter **out)
{
	return joined(p, S("||"), FILTER_OR, all, out);
}

err jsonpath_compile(struct arena *a, str text, struct diag *diag, unsigned line,
                     struct jsonpath **out)
{
	struct parser p = { .arena = a, .diag = diag, .line = line, .text = str_trim(text) };
	struct jsonpath *j = arena_new(a, struct jsonpath);
	if (text.n > TEXT_MAX)
		return diag_add(diag, ERR_LIMIT, line, "a JSONPath of more than %d bytes",
		                TEXT_MAX);
	if (p.text.n == 0)
		return REFUSE(&p, "it is empty");
	if (peek(&p) != '$' && peek(&p) != '[' && peek(&p) != '.') { /* "a.b" is "$.a.b" */
		p.text = str_fmt(a, "$.%.*s", STR(p.text));
		p.at = 1;
	} else if (peek(&p) == '$') {
		p.at = 1;
	}
	TRY(path(&p, false, j));
	if (p.at < p.text.n)
		return REFUSE(&p, "unexpected character");
	*out = j;
	return DONE;
}
