/* SPDX-License-Identifier: Apache-2.0 */
/* The XML binder: one walk over an element, matching each path below it with the rows of its tables.
 * Whatever no row names is a finding; nothing is skipped silently.
 * Source: house; base/field.h for the kinds and paths. */
#include "bundle/bind.h"

#include <stdio.h>

enum { PATH_MAX_BYTES = 256 };

struct layer {
	struct bind_layer is;
	size_t n;
	unsigned *seen; /* line of the first occurrence, by row; 0: none */
};

struct walk {
	struct binder *b;
	const struct xml_node *root;
	struct layer *layers;
	size_t n;
	enum err_code worst;
};

/* What the tables say of one path. */
struct match {
	const struct field *field; /* the row of exactly this path */
	struct layer *layer;
	bool inner; /* rows lead further down */
	const struct field *choice_of;
	struct layer *choice_layer;
	int choice;
};

static void note(struct walk *w, err e)
{
	if (e.code && !w->worst)
		w->worst = e.code;
}

static void *place(const struct match *m) { return (char *)m->layer->is.out + m->field->offset; }

static void match_row(struct match *m, struct layer *l, const struct field *f, const char *path,
                      const char *parent, str name)
{
	size_t n = strlen(path);
	if (!m->field && !strcmp(f->path, path)) {
		m->field = f;
		m->layer = l;
	}
	if (!strncmp(f->path, path, n) && f->path[n] == '/')
		m->inner = true;
	if (f->type != T_CHOICE || m->choice_of || strcmp(f->path, *parent ? parent : ".") != 0)
		return;
	for (int i = 0; f->choices[i].element; i++) {
		if (str_eq(name, str_from_z(f->choices[i].element))) {
			m->choice_of = f;
			m->choice_layer = l;
			m->choice = i;
		}
	}
}

static struct match match_path(struct walk *w, const char *path, const char *parent, str name)
{
	struct match m = { 0 };
	for (struct layer *l = w->layers; l < w->layers + w->n; l++) {
		for (const struct field *f = l->is.fields; f->type != T_NONE; f++)
			match_row(&m, l, f, path, parent, name);
		if (m.field || m.inner || m.choice_of)
			break; /* an earlier table hides what later ones say of the same name */
	}
	return m;
}

/* "Allow, Interval, ..." below parent; attributes when `attributes` is set. */
static void known_add(struct buf *out, str name)
{
	for (str rest = buf_str(out), one; str_given(rest);) {
		one = str_trim(str_cut(&rest, ','));
		if (str_eq(one, name))
			return;
	}
	if (out->n)
		buf_add(out, S(", "));
	buf_add(out, name);
}

static void known_row(struct buf *out, const struct field *f, const char *parent, bool attributes)
{
	size_t n = strlen(parent);
	if (f->type == T_CHOICE && !attributes && !strcmp(f->path, n ? parent : "."))
		for (int i = 0; f->choices[i].element; i++)
			known_add(out, str_from_z(f->choices[i].element));
	if (n && (strncmp(f->path, parent, n) != 0 || f->path[n] != '/'))
		return;
	const char *p = f->path + (n ? n + 1 : 0);
	if (f->type == T_IGNORED || f->type == T_NOTE || f->type == T_LATER || f->type == T_LINE ||
	    !strcmp(p, "."))
		return;
	if ((*p == '@') == attributes)
		known_add(out, str_from(p + attributes, strcspn(p + attributes, "/")));
}

static str known_text(struct walk *w, const char *parent, bool attributes)
{
	struct buf out = buf_in(w->b->diag->arena);
	for (struct layer *l = w->layers; l < w->layers + w->n; l++)
		for (const struct field *f = l->is.fields; f->type != T_NONE; f++)
			known_row(&out, f, parent, attributes);
	return out.n ? buf_str(&out) : S("nothing");
}

static bool seen_before(struct walk *w, const struct match *m, unsigned line, str what)
{
	unsigned *seen = &m->layer->seen[m->field - m->layer->is.fields];
	if (!*seen) {
		*seen = line ? line : 1;
		return false;
	}
	note(w, diag_add(w->b->diag, ERR_SYNTAX, line, "%.*s is given twice, first in line %u",
	                 STR(what), *seen));
	return true;
}

static bool refuse_later(struct walk *w, const struct field *f, bool says_nothing, str what,
                         unsigned line)
{
	if (f->type != T_LATER)
		return false;
	if (says_nothing)
		return true;
	note(w,
	     diag_add(w->b->diag, ERR_SYNTAX, line, "%.*s is not supported yet by this gateway%s%s",
	              STR(what), f->doc ? "; " : "", f->doc ? f->doc : ""));
	return true;
}

static bool is_to_the_byte(enum field_type t) { return t == T_TEXT || t == T_TEMPLATE_TEXT; }

static bool keeps_empty(enum field_type t)
{
	return is_to_the_byte(t) || t == T_STR || t == T_TEMPLATE;
}

static void bind_attribute(struct walk *w, const struct xml_node *n, const struct xml_attr *at,
                           const char *parent)
{
	if (str_starts(at->name, S("xmlns")) || str_starts(at->name, S("xsi:")))
		return;
	char path[PATH_MAX_BYTES];
	snprintf(path, sizeof path, "%s%s@%.*s", parent, *parent ? "/" : "", STR(at->name));
	struct match m = match_path(w, path, parent, at->name);
	str what = str_fmt(w->b->diag->arena, "the attribute %.*s of <%.*s>", STR(at->name),
	                   STR(n->name));
	if (!m.field) {
		note(w, diag_add(w->b->diag, ERR_SYNTAX, n->line,
		                 "unknown attribute %.*s in <%.*s>; known here: %.*s",
		                 STR(at->name), STR(n->name), STR(known_text(w, parent, true))));
		return;
	}
	if (refuse_later(w, m.field, !str_trim(at->value).n, what, n->line) ||
	    seen_before(w, &m, n->line, what))
		return;
	if (m.field->type == T_IGNORED || m.field->type == T_NOTE)
		return;
	must(bind_is_value(m.field->type));
	if (!str_trim(at->value).n && (m.field->required || !keeps_empty(m.field->type))) {
		m.layer->seen[m.field - m.layer->is.fields] = 0; /* as if it were not there */
		return;
	}
	note(w, bind_value(w->b, m.field, at->value, place(&m), what, n->line));
}

/* A zeroed item at the end of the list, which doubles when full. */
static void *list_grow(struct arena *a, struct list *l, size_t size)
{
	if (!(l->n & (l->n - 1)) && (l->n == 0 || l->n >= 4)) {
		char *bigger = arena_zalloc(a, size * (l->n ? l->n * 2 : 4), _Alignof(max_align_t));
		if (l->n)
			memcpy(bigger, l->v, size * l->n);
		l->v = bigger;
	}
	return (char *)l->v + size * l->n++;
}

static void strs_push(struct arena *a, struct strs *s, str one)
{
	struct list l = { s->v, s->n };
	*(str *)list_grow(a, &l, sizeof(str)) = one;
	s->v = l.v;
	s->n = l.n;
}

static void bind_nested(struct walk *w, const struct xml_node *n, const struct field *fields,
                        void *out)
{
	static const struct field none[] = { FIELDS_END };
	note(w, bind_element(w->b, n, &(struct bind_layer){ fields ? fields : none, out }, 1));
}

static void bind_choice(struct walk *w, const struct xml_node *n, const struct match *m)
{
	const struct field_choice *c = &m->choice_of->choices[m->choice];
	struct list *l = (struct list *)((char *)m->choice_layer->is.out + m->choice_of->offset);
	void *value = c->size ? arena_zalloc(w->b->arena, c->size, _Alignof(max_align_t)) : NULL;
	bind_nested(w, n, c->fields, value);
	*(struct chosen *)list_grow(w->b->arena, l, sizeof(struct chosen)) =
		(struct chosen){ .which = m->choice, .value = value, .line = n->line };
	m->choice_layer->seen[m->choice_of - m->choice_layer->is.fields] = n->line ? n->line : 1;
}

static void refuse_text(struct walk *w, const struct xml_node *n)
{
	str text = str_trim(n->text);
	if (text.n)
		note(w,
		     diag_add(w->b->diag, ERR_SYNTAX, n->line,
		              "the text \"%.*s%s\" has no meaning in <%.*s>",
		              STR(str_sub(text, 0, 40)), text.n > 40 ? "..." : "", STR(n->name)));
}

static void bind_ignored(struct walk *w, const struct xml_node *n)
{
	if (n->first || str_trim(n->text).n)
		note(w, diag_add(w->b->diag, ERR_SYNTAX, n->line,
		                 "<%.*s> has no effect here and must be empty", STR(n->name)));
}

static void bind_children(struct walk *w, const struct xml_node *n, const char *parent);

static void bind_attributes(struct walk *w, const struct xml_node *n, const char *parent)
{
	for (const struct xml_attr *at = n->attrs; at; at = at->next)
		bind_attribute(w, n, at, parent);
}

/* The own text of an element as the value of a row.  An empty one counts as absent, save for texts. */
static void bind_text(struct walk *w, const struct xml_node *n, const struct match *m)
{
	str what = str_fmt(w->b->diag->arena, "<%.*s>", STR(n->name));
	str text = is_to_the_byte(m->field->type) && n->first ? n->markup : n->text;
	if (!str_trim(text).n && (m->field->required || !keeps_empty(m->field->type)))
		return;
	if (!seen_before(w, m, n->line, what))
		note(w, bind_value(w->b, m->field, text, place(m), what, n->line));
}

static void *group_made(struct walk *w, const struct match *m)
{
	void **group = place(m);
	return *group = arena_zalloc(w->b->arena, m->field->sub_size, _Alignof(max_align_t));
}

static void bind_exact(struct walk *w, const struct xml_node *n, const struct match *m,
                       const char *path)
{
	const struct field *f = m->field;
	str what = str_fmt(w->b->diag->arena, "<%.*s>", STR(n->name));
	bool says_nothing = !n->first && !n->attrs && !str_trim(n->text).n;
	if (refuse_later(w, f, says_nothing, what, n->line) || f->type == T_NOTE)
		return;
	switch (f->type) {
	case T_IGNORED:
		bind_ignored(w, n);
		return;
	case T_GROUP:
		if (!seen_before(w, m, n->line, what))
			bind_nested(w, n, f->sub, place(m));
		return;
	case T_GROUPP:
		if (!seen_before(w, m, n->line, what))
			bind_nested(w, n, f->sub, group_made(w, m));
		return;
	case T_LIST:
		m->layer->seen[f - m->layer->is.fields] = n->line;
		bind_nested(w, n, f->sub, list_grow(w->b->arena, place(m), f->sub_size));
		return;
	case T_STRS:
		m->layer->seen[f - m->layer->is.fields] = n->line;
		if (str_trim(n->text).n)
			strs_push(w->b->arena, place(m), str_dup(w->b->arena, str_trim(n->text)));
		break;
	case T_PRESENT:
		*(bool *)place(m) = true;
		refuse_text(w, n);
		break;
	case T_CHOICE:
		refuse_text(w, n);
		break;
	default:
		bind_text(w, n, m);
	}
	bind_attributes(w, n, path);
	if (!(is_to_the_byte(f->type) && n->first))
		bind_children(w, n, path);
}

static void bind_child(struct walk *w, const struct xml_node *n, const char *parent)
{
	char path[PATH_MAX_BYTES];
	snprintf(path, sizeof path, "%s%s%.*s", parent, *parent ? "/" : "", STR(n->name));
	struct match m = match_path(w, path, parent, n->name);
	if (m.choice_of) {
		bind_choice(w, n, &m);
	} else if (m.field) {
		bind_exact(w, n, &m, path);
	} else if (m.inner) {
		refuse_text(w, n);
		bind_attributes(w, n, path);
		bind_children(w, n, path);
	} else {
		note(w, diag_add(w->b->diag, ERR_SYNTAX, n->line,
		                 "unknown element <%.*s> in <%.*s>; known here: %.*s", STR(n->name),
		                 STR(n->parent ? n->parent->name : S("the document")),
		                 STR(known_text(w, parent, false))));
	}
}

static void bind_children(struct walk *w, const struct xml_node *n, const char *parent)
{
	for (const struct xml_node *c = n->first; c; c = c->next)
		bind_child(w, c, parent);
}

static void finish_row(struct walk *w, struct layer *l, const struct field *f)
{
	if (f->type == T_LINE)
		*(unsigned *)((char *)l->is.out + f->offset) = w->root->line;
	if (l->seen[f - l->is.fields])
		return;
	if (f->required && !strcmp(f->path, "."))
		note(w, diag_add(w->b->diag, ERR_SYNTAX, w->root->line, "<%.*s> must not be empty",
		                 STR(w->root->name)));
	else if (f->required && f->path[0] == '@')
		note(w, diag_add(w->b->diag, ERR_SYNTAX, w->root->line,
		                 "<%.*s> needs the attribute %s", STR(w->root->name), f->path + 1));
	else if (f->required)
		note(w, diag_add(w->b->diag, ERR_SYNTAX, w->root->line, "<%.*s> needs <%s>",
		                 STR(w->root->name), f->path));
	else if (f->dflt)
		note(w, bind_value(w->b, f, str_from_z(f->dflt), (char *)l->is.out + f->offset,
		                   str_from_z(f->name), w->root->line));
}

static void bind_own_text(struct walk *w, const struct xml_node *n, bool *to_the_byte)
{
	struct match m = match_path(w, ".", "", STR_NONE);
	*to_the_byte = false;
	if (!m.field || !bind_is_value(m.field->type)) {
		refuse_text(w, n);
		return;
	}
	*to_the_byte = is_to_the_byte(m.field->type) && n->first;
	bind_text(w, n, &m);
}

err bind_element(struct binder *b, const struct xml_node *n, const struct bind_layer *layers,
                 size_t n_layers)
{
	struct layer own[2];
	must(n_layers <= sizeof own / sizeof *own);
	struct walk w = { .b = b, .root = n, .layers = own, .n = n_layers };
	for (size_t i = 0; i < n_layers; i++) {
		size_t rows = 0;
		while (layers[i].fields[rows].type != T_NONE)
			rows++;
		own[i] = (struct layer){ layers[i], rows,
			                 arena_array(b->diag->arena, unsigned, rows + 1) };
	}
	bool markup;
	bind_own_text(&w, n, &markup);
	bind_attributes(&w, n, "");
	if (!markup)
		bind_children(&w, n, "");
	for (size_t i = 0; i < n_layers; i++)
		for (const struct field *f = own[i].is.fields; f->type != T_NONE; f++)
			finish_row(&w, &own[i], f);
	return w.worst ? FAIL(w.worst) : DONE;
}
