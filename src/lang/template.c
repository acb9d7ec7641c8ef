/* SPDX-License-Identifier: Apache-2.0 */
/* Message templates: compiled to pieces, rendered with one copy of each piece at most.
 * Whatever is not exactly a variable or a call of a known function is text, braces and all.
 * Source: Apigee, "Message templates". */
#include "lang/template_code.h"

#include <string.h>

enum { PIECES_MAX = 10000, OUTPUT_MAX = 32 << 20, ON_STACK = 16 };
enum {
	LOOKS = 16,
	LOOKS_FREE = 64 * 1024
}; /* for the ends of calls, as often as the text is long */

struct piece {
	const struct flowvar *var; /* a variable */
	const struct call *call;   /* else a call */
	str text;                  /* the default, STR_NONE for none; or, with neither, the text */
	str name;
};

struct template
{
	struct piece *v;
	size_t n, cap;
};

struct scan {
	struct binder *binder;
	str text;
	char prefix, suffix;
	unsigned line;
	size_t calls, looked; /* that might be calls, and bytes looked at to find their ends */
	err failed;
};

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

static size_t name_end(str s, size_t i)
{
	if (i < s.n && (is_letter(s.p[i]) || s.p[i] == '_'))
		while (i < s.n && (is_letter(s.p[i]) || (s.p[i] >= '0' && s.p[i] <= '9') ||
		                   (s.p[i] && strchr("._-$", s.p[i]))))
			i++;
	return i;
}

static bool bind(struct scan *s, str name, str *copy, const struct flowvar **out)
{
	*copy = str_dup(s->binder->arena, name);
	*out = s->binder->bind(s->binder, *copy);
	if (!*out && !s->failed.code)
		s->failed = diag_add(s->binder->diag, ERR_SYNTAX, s->line,
		                     "\"%.*s\" names no variable", STR(name));
	return *out != NULL;
}

/* A literal ends at a quote that a comma or the parenthesis follows, so that time formats may hold
 * quotes of their own: 'yyyy-MM-dd'T'HH'. */
static size_t literal_end(str s, size_t i)
{
	for (char quote = s.p[i++]; i + 1 < s.n; i++)
		if (s.p[i] == quote && (s.p[i + 1] == ',' || s.p[i + 1] == ')'))
			return i;
	return STR_NPOS;
}

static bool is_bare_literal(str s)
{
	int64_t number;
	return str_to_i64(s, &number) || str_eq(s, S("true")) || str_eq(s, S("false"));
}

/* Text that begins calls and never ends one would be looked at to its end for each. */
static bool looks_too_far(struct scan *s, size_t n)
{
	s->looked += n;
	if (s->looked <= LOOKS * s->text.n + LOOKS_FREE)
		return false;
	if (!s->failed.code)
		s->failed = diag_add(s->binder->diag, ERR_LIMIT, s->line,
		                     "the text holds too many calls that do not end");
	return true;
}

/* One argument from *i on; false if it is none. */
static bool argument(struct scan *s, size_t *i, struct argument *out)
{
	str t = s->text;
	size_t from = *i, end;
	*out = (struct argument){ 0 };
	if (from < t.n && (t.p[from] == '\'' || t.p[from] == '"')) {
		end = literal_end(t, from);
		if (looks_too_far(s, (end == STR_NPOS ? t.n : end) - from) || end == STR_NPOS)
			return false;
		out->text = str_dup(s->binder->arena, str_sub(t, from + 1, end));
		*i = end + 1;
		return true;
	}
	for (end = from; end < t.n && t.p[end] != ',' && t.p[end] != ')';)
		end++;
	if (looks_too_far(s, end - from))
		return false;
	str word = str_sub(t, from, end);
	*i = end;
	if (is_bare_literal(word)) {
		out->text = str_dup(s->binder->arena, word);
		return true;
	}
	size_t stop = name_end(word, 0);
	if (stop == 0 || (stop < word.n && word.p[stop] != ':') ||
	    str_find_char(word, ' ') != STR_NPOS)
		return false;
	if (stop < word.n)
		out->text = str_dup(s->binder->arena, str_sub(word, stop + 1, STR_NPOS));
	return bind(s, str_sub(word, 0, stop), &out->name, &out->var);
}

/* From behind "name(" on: fills the call and answers where it ends, or 0 if it is none. */
static size_t arguments(struct scan *s, size_t i, struct call *call)
{
	str t = s->text;
	call->args = arena_array(s->binder->arena, struct argument, TEMPLATE_ARGS_MAX);
	if (i < t.n && t.p[i] == ')')
		return i + 1;
	for (;;) {
		if (call->n == TEMPLATE_ARGS_MAX || !argument(s, &i, &call->args[call->n]))
			return 0;
		call->n++;
		if (i < t.n && t.p[i] == ')')
			return i + 1;
		if (i >= t.n || t.p[i++] != ',')
			return 0;
	}
}

static size_t call_piece(struct scan *s, str name, size_t i, struct piece *out)
{
	struct call *call = arena_new(s->binder->arena, struct call);
	call->fn = template_function_named(name);
	if (call->fn && ++s->calls > PIECES_MAX)
		s->failed = diag_add(s->binder->diag, ERR_LIMIT, s->line,
		                     "more than %d calls in a template", PIECES_MAX);
	size_t end = call->fn && !s->failed.code ? arguments(s, i, call) : 0;
	if (!end || end >= s->text.n || s->text.p[end] != s->suffix)
		return 0;
	if (call->n < call->fn->min || call->n > call->fn->max)
		s->failed = diag_add(s->binder->diag, ERR_SYNTAX, s->line,
		                     "%s() takes %u to %u arguments, not %zu", call->fn->name,
		                     call->fn->min, call->fn->max, call->n);
	else if (call->fn->prepare)
		s->failed = call->fn->prepare(s->binder, s->line, call);
	*out = (struct piece){ .call = call };
	return end + 1;
}

/* What stands behind a prefix at i; answers where it ends, or 0 if it is text. */
static size_t piece(struct scan *s, size_t i, struct piece *out)
{
	str t = s->text;
	size_t end = name_end(t, i);
	str name = str_sub(t, i, end);
	if (name.n == 0 || end >= t.n)
		return 0;
	if (t.p[end] == '(')
		return call_piece(s, name, end + 1, out);
	*out = (struct piece){ 0 };
	if (t.p[end] == ':' && s->suffix != ':') {
		size_t from = ++end;
		while (end < t.n && t.p[end] != s->suffix && t.p[end] != s->prefix &&
		       t.p[end] != '\n')
			end++;
		out->text = str_dup(s->binder->arena, str_sub(t, from, end));
	}
	if (end >= t.n || t.p[end] != s->suffix)
		return 0;
	return bind(s, name, &out->name, &out->var) ? end + 1 : 0;
}

static void text_piece(struct scan *s, struct template *t, size_t from, size_t to)
{
	if (from < to)
		VEC_PUSH(s->binder->arena, t,
		         (struct piece){
				 .text = str_dup(s->binder->arena, str_sub(s->text, from, to)) });
}

err template_compile(struct binder *b, str text, char prefix, char suffix, unsigned line,
                     struct template **out)
{
	struct scan s = { b, text, prefix, suffix, line, 0, 0, DONE };
	struct template *t = arena_new(b->arena, struct template);
	size_t done = 0;
	for (size_t i = 0, end; i < text.n && !s.failed.code; i = end) {
		struct piece p;
		end = text.p[i] == prefix ? piece(&s, i + 1, &p) : 0;
		if (end && t->n >= PIECES_MAX)
			return diag_add(b->diag, ERR_LIMIT, s.line,
			                "more than %d variables in a template", PIECES_MAX);
		if (end) {
			text_piece(&s, t, done, i);
			VEC_PUSH(b->arena, t, p);
			done = end;
		} else {
			end = i + 1;
			s.line += s.line && text.p[i] == '\n';
		}
	}
	if (s.failed.code)
		return s.failed;
	text_piece(&s, t, done, text.n);
	*out = t;
	return DONE;
}

static bool is_text(const struct piece *p) { return !p->var && !p->call; }

bool template_is_literal(const struct template *t, str *text)
{
	if (t->n > 1 || (t->n == 1 && !is_text(&t->v[0])))
		return false;
	*text = t->n ? t->v[0].text : S("");
	return true;
}

static void report(str *unresolved, str name)
{
	if (unresolved && !str_given(*unresolved))
		*unresolved = name;
}

static struct input resolved(const struct flowvar *var, str name, str dflt, struct scope *scope,
                             str *unresolved)
{
	if (!var)
		return (struct input){ dflt, true };
	struct value v = scope->get(scope, var);
	if (v.kind != VALUE_NULL)
		return (struct input){ value_text(scope->arena, v), true };
	if (str_given(dflt))
		return (struct input){ dflt, true };
	report(unresolved, name);
	return (struct input){ S(""), false };
}

static str called(const struct call *c, struct scope *scope, str *unresolved)
{
	struct input inputs[TEMPLATE_ARGS_MAX];
	for (size_t i = 0; i < c->n; i++) {
		const struct argument *a = &c->args[i];
		inputs[i] = resolved(a->var, a->name, a->text, scope,
		                     c->fn->lenient ? NULL : unresolved);
	}
	return c->fn->run(scope->arena, c, inputs);
}

static str rendered(const struct piece *p, struct scope *scope, str *unresolved)
{
	if (p->call)
		return called(p->call, scope, unresolved);
	return resolved(p->var, p->name, p->text, scope, unresolved).text;
}

str template_render(const struct template *t, struct scope *scope, str *unresolved)
{
	str few[ON_STACK], *parts = few;
	size_t total = 0, n = 0;
	if (unresolved)
		*unresolved = STR_NONE;
	if (t->n == 0)
		return S("");
	if (t->n == 1)
		return rendered(&t->v[0], scope, unresolved);
	if (t->n > ON_STACK)
		parts = arena_array(scope->arena, str, t->n);
	for (; n < t->n; n++) {
		parts[n] = rendered(&t->v[n], scope, unresolved);
		/* what is over is left out; the arena's cap tells */
		if (parts[n].n > OUTPUT_MAX - total)
			break;
		total += parts[n].n;
	}
	char *out = arena_alloc(scope->arena, total ? total : 1, 1), *at = out;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].n)
			memcpy(at, parts[i].p, parts[i].n);
		at += parts[i].n;
	}
	return (str){ out, total };
}
