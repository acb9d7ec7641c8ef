/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation of JSONPath over jansson's tree.
 * One counter of visits goes through the path and all its filters, and ends them all.
 * Source: RFC 9535 §2.3 to §2.5. */
#include <jansson.h>

#include "lang/jsonpath_code.h"

struct find {
	struct arena *arena;
	json_t *root;
	unsigned *visits;
	struct jsonpath_found *out;
};

static err walk(const struct find *f, const struct segment *s, size_t left, json_t *node);
static err passes(const struct find *f, const struct filter *x, json_t *node, bool *yes);

static err visit(const struct find *f)
{
	return ++*f->visits > JSONPATH_VISITS_MAX ? FAIL(ERR_LIMIT) : DONE;
}

static err each_child(const struct find *f, const struct segment *s, size_t left, json_t *node,
                      err (*fn)(const struct find *, const struct segment *, size_t, json_t *,
                                const struct selector *),
                      const struct selector *x)
{
	if (json_is_array(node)) {
		for (size_t i = 0; i < json_array_size(node); i++)
			TRY(fn(f, s, left, json_array_get(node, i), x));
		return DONE;
	}
	for (void *it = json_object_iter(node); it; it = json_object_iter_next(node, it))
		TRY(fn(f, s, left, json_object_iter_value(it), x));
	return DONE;
}

static err take(const struct find *f, const struct segment *s, size_t left, json_t *node,
                const struct selector *x)
{
	bool yes = true;
	TRY(visit(f));
	if (x->kind == SELECT_FILTER)
		TRY(passes(f, x->filter, node, &yes));
	return yes ? walk(f, s + 1, left - 1, node) : DONE;
}

static int64_t bound(int64_t i, int64_t n, int64_t low, int64_t high)
{
	i = i < 0 ? i + n : i;
	return i < low ? low : i > high ? high : i;
}

/* RFC 9535 §2.3.4.2.2 */
static err slice(const struct find *f, const struct segment *s, size_t left, json_t *node,
                 const struct selector *x)
{
	int64_t n = (int64_t)json_array_size(node), step = x->step;
	bool up = step > 0;
	int64_t from = x->start == INT64_MIN ? (up ? 0 : n - 1)
	                                     : bound(x->start, n, up ? 0 : -1, up ? n : n - 1);
	int64_t to = x->stop == INT64_MIN ? (up ? n : -1)
	                                  : bound(x->stop, n, up ? 0 : -1, up ? n : n - 1);
	if (!json_is_array(node) || step == 0)
		return DONE;
	for (int64_t i = from; up ? i < to : i > to;) {
		TRY(take(f, s, left, json_array_get(node, (size_t)i), x));
		if (__builtin_add_overflow(i, step, &i))
			break;
	}
	return DONE;
}

static err select_from(const struct find *f, const struct segment *s, size_t left, json_t *node,
                       const struct selector *x)
{
	json_t *child = NULL;
	switch (x->kind) {
	case SELECT_NAME:
		child = json_object_getn(node, x->name.p, x->name.n);
		break;
	case SELECT_INDEX: {
		int64_t n = (int64_t)json_array_size(node),
			i = x->index < 0 ? x->index + n : x->index;
		child = json_is_array(node) && i >= 0 ? json_array_get(node, (size_t)i) : NULL;
		break;
	}
	case SELECT_SLICE:
		return slice(f, s, left, node, x);
	case SELECT_ALL:
	case SELECT_FILTER:
		return each_child(f, s, left, node, take, x);
	}
	return child ? take(f, s, left, child, x) : DONE;
}

static err descend(const struct find *f, const struct segment *s, size_t left, json_t *node,
                   const struct selector *x)
{
	(void)x;
	TRY(visit(f));
	return walk(f, s, left, node);
}

static err walk(const struct find *f, const struct segment *s, size_t left, json_t *node)
{
	if (left == 0) {
		VEC_PUSH(f->arena, f->out, node);
		return DONE;
	}
	for (size_t i = 0; i < s->selectors.n; i++)
		TRY(select_from(f, s, left, node, &s->selectors.v[i]));
	return s->descend ? each_child(f, s, left, node, descend, NULL) : DONE;
}

/* The first node that a filter's path finds, NULL if none. */
static err look(const struct find *f, const struct filter_operand *o, json_t *node, json_t **out)
{
	struct jsonpath_found found = { 0 };
	struct find inner = { f->arena, f->root, f->visits, &found };
	const struct jsonpath *p = o->path;
	TRY(visit(f));
	TRY(walk(&inner, p->segments.v, p->segments.n, o->from_root ? f->root : node));
	*out = found.n ? found.v[0] : NULL;
	return DONE;
}

/* A side of a comparison, whether it stands in the path or in the document. */
static err side(const struct find *f, const struct filter_operand *o, json_t *node,
                struct filter_operand *out, bool *given)
{
	json_t *v = NULL;
	*out = *o;
	*given = true;
	if (!o->path)
		return DONE;
	TRY(look(f, o, node, &v));
	*given = v && !json_is_object(v) && !json_is_array(v);
	if (json_is_string(v)) {
		out->kind = LITERAL_STRING;
		out->text = json_text(v);
	} else if (json_is_number(v)) {
		out->kind = LITERAL_NUMBER;
		out->number = json_number_value(v);
	} else {
		out->kind = json_is_boolean(v) ? LITERAL_BOOL : LITERAL_NULL;
		out->yes = json_is_true(v);
	}
	return DONE;
}

static bool same(const struct filter_operand *a, const struct filter_operand *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case LITERAL_NULL:
		return true;
	case LITERAL_BOOL:
		return a->yes == b->yes;
	case LITERAL_NUMBER:
		return a->number == b->number;
	case LITERAL_STRING:
		return str_eq(a->text, b->text);
	}
	return false;
}

static bool ordered(enum filter_op op, const struct filter_operand *a,
                    const struct filter_operand *b)
{
	int c;
	if (a->kind == LITERAL_NUMBER && b->kind == LITERAL_NUMBER)
		c = (a->number > b->number) - (a->number < b->number);
	else if (a->kind == LITERAL_STRING && b->kind == LITERAL_STRING)
		c = str_cmp(a->text, b->text);
	else
		return false;
	return op == FILTER_LT   ? c < 0
	       : op == FILTER_LE ? c <= 0
	       : op == FILTER_GT ? c > 0
	                         : c >= 0;
}

static err compare(const struct find *f, const struct filter *x, json_t *node, bool *yes)
{
	struct filter_operand a, b = { 0 };
	bool has_a, has_b = true;
	TRY(side(f, &x->a, node, &a, &has_a));
	if (x->op == FILTER_LIKE) {
		*yes = has_a && a.kind == LITERAL_STRING && regex_matches(x->regex, a.text);
		return DONE;
	}
	TRY(side(f, &x->b, node, &b, &has_b));
	if (x->op == FILTER_EQ || x->op == FILTER_NE)
		*yes = (has_a && has_b && same(&a, &b)) == (x->op == FILTER_EQ);
	else
		*yes = has_a && has_b && ordered(x->op, &a, &b);
	return DONE;
}

static err passes(const struct find *f, const struct filter *x, json_t *node, bool *yes)
{
	json_t *v = NULL;
	switch (x->kind) {
	case FILTER_OR:
	case FILTER_AND:
		TRY(passes(f, x->left, node, yes));
		return *yes == (x->kind == FILTER_OR) ? DONE : passes(f, x->right, node, yes);
	case FILTER_NOT:
		TRY(passes(f, x->left, node, yes));
		*yes = !*yes;
		return DONE;
	case FILTER_EXISTS:
		TRY(look(f, &x->a, node, &v));
		*yes = v != NULL;
		return DONE;
	case FILTER_COMPARE:
		break;
	}
	return compare(f, x, node, yes);
}

err jsonpath_find(struct arena *a, const struct jsonpath *p, json_t *root,
                  struct jsonpath_found *out)
{
	unsigned visits = 0;
	struct find f = { a, root, &visits, out };
	*out = (struct jsonpath_found){ 0 };
	return walk(&f, p->segments.v, p->segments.n, root);
}

bool jsonpath_is_definite(const struct jsonpath *p) { return p->definite; }
