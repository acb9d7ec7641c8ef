/* SPDX-License-Identifier: Apache-2.0 */
/* XML into structs by their tables.
 * What is not in the table is refused by its name and line; the root is the noun's element.
 * Source: model/xml.h. */
#include "codec/xml.h"

#include <string.h>

#include "model/reader.h"
#include "model/xml.h"
#include "model/xml_names.h"

struct object {
	const struct field *fields;
	void *thing;
	bool seen[MODEL_ROWS_MAX];
};

static err read_struct(struct reading *, const struct field *, const struct xml_node *, str where,
                       void *thing);

static str below(struct reading *r, str where, str name)
{
	return where.n ? str_fmt(r->arena, "%.*s/%.*s", STR(where), STR(name)) : name;
}

static err fail_at(struct reading *r, const struct xml_node *n, str where, const char *what)
{
	return diag_add(r->diag, ERR_SYNTAX, n->line, "%.*s: %s", STR(where), what);
}

/* The room that list_append() has made for n items. */
static size_t room_for(size_t n)
{
	size_t cap = n ? 8 : 0;
	while (cap < n)
		cap *= 2;
	return cap;
}

static void *append(struct reading *r, struct list *l, size_t size)
{
	size_t cap = room_for(l->n);
	return list_append(r->arena, l, &cap, size);
}

static err read_item(struct reading *r, const struct field *f, const struct xml_node *n, str where,
                     void *at)
{
	if (f->type == T_STRS) {
		struct strs *s = at;
		struct list l = { s->v, s->n };
		*(str *)append(r, &l, sizeof(str)) = str_dup(r->arena, str_trim(n->text));
		*s = (struct strs){ l.v, l.n };
		return DONE;
	}
	void *item = append(r, at, f->sub_size);
	if (f->min && !n->first && n->text.n) /* a bare name stands for its first member */
		return reading_scalar(r, f->sub, str_trim(n->text), where, field_at(f->sub, item));
	return read_struct(r, f->sub, n, where, item);
}

static err read_wrapped(struct reading *r, const struct field *f, const struct xml_node *n,
                        str where, void *at)
{
	str item = xml_singular(r->arena, n->name);
	for (const struct xml_node *c = n->first; c; c = c->next) {
		if (!str_eq(c->name, item))
			return fail_at(r, c, below(r, where, c->name), "unknown element");
		TRY(read_item(r, f, c, below(r, where, c->name), at));
	}
	return DONE;
}

static err read_member(struct reading *r, const struct field *f, const struct xml_node *n,
                       str where, bool first, void *thing)
{
	void *at = field_at(f, thing);
	str key = str_from_z(f->path);
	size_t slash = str_rfind_char(key, '/');
	if (slash != STR_NPOS)
		key = str_sub(key, slash + 1, STR_NPOS);
	switch (f->type) {
	case T_STRS:
	case T_LIST:
		if (first)
			memset(at, 0,
			       f->type == T_STRS ? sizeof(struct strs) : sizeof(struct list));
		return xml_is_plural(key) ? read_wrapped(r, f, n, where, at)
		                          : read_item(r, f, n, where, at);
	case T_GROUP:
		return read_struct(r, f->sub, n, where, at);
	case T_GROUPP:
		*(void **)at = arena_zalloc(r->arena, f->sub_size, _Alignof(max_align_t));
		return read_struct(r, f->sub, n, where, *(void **)at);
	default:
		if (n->first)
			return fail_at(r, n, where, "not a text");
		return reading_scalar(r, f, str_trim(n->text), where, at);
	}
}

/* The row of an element (or attribute) by its path of element names. */
static const struct field *row(struct reading *r, const struct field *fields, str path, bool *group)
{
	*group = false;
	for (const struct field *f = fields; f->type; f++) {
		str key = str_from_z(f->path), head = STR_NONE;
		if (str_find_char(key, '/') != STR_NPOS)
			head = str_cut(&key, '/');
		str name = xml_element(r->arena, key);
		if (str_given(head))
			name = str_fmt(r->arena, "%.*s/%.*s", STR(xml_element(r->arena, head)),
			               STR(name));
		if (str_eq(name, path))
			return f;
		*group |= str_starts(name, path) && name.p[path.n] == '/';
	}
	return NULL;
}

static err read_element(struct reading *r, struct object *o, str prefix, const struct xml_node *n,
                        str where)
{
	bool group;
	str path = prefix.n ? str_fmt(r->arena, "%.*s/%.*s", STR(prefix), STR(n->name)) : n->name;
	str place = below(r, where, n->name);
	const struct field *f = row(r, o->fields, path, &group);
	if (!f && !group)
		return fail_at(r, n, place, "unknown element");
	if (f) {
		size_t i = (size_t)(f - o->fields);
		bool first = !o->seen[i];
		o->seen[i] = true;
		return reading_takes(r, f) ? read_member(r, f, n, place, first, o->thing) : DONE;
	}
	for (const struct xml_node *c = n->first; c; c = c->next)
		TRY(read_element(r, o, path, c, place));
	return DONE;
}

static err read_attributes(struct reading *r, struct object *o, const struct xml_node *n, str where)
{
	for (const struct xml_attr *at = n->attrs; at; at = at->next) {
		bool group;
		str place = str_fmt(r->arena, "%.*s@%.*s", STR(where), STR(at->name));
		const struct field *f = row(r, o->fields, xml_element(r->arena, at->name), &group);
		if (!f || !xml_is_attribute(o->fields, f))
			return fail_at(r, n, place, "unknown attribute");
		o->seen[f - o->fields] = true;
		if (reading_takes(r, f))
			TRY(reading_scalar(r, f, at->value, place, field_at(f, o->thing)));
	}
	return DONE;
}

static err read_struct(struct reading *r, const struct field *fields, const struct xml_node *n,
                       str where, void *thing)
{
	struct object o = { .fields = fields, .thing = thing };
	TRY(read_attributes(r, &o, n, where));
	for (const struct xml_node *c = n->first; c; c = c->next)
		TRY(read_element(r, &o, STR_NONE, c, where));
	return reading_finish(r, fields, o.seen, where, thing);
}

err model_read_xml(struct arena *a, const struct noun *noun, str xml, enum model_read mode,
                   struct diag *diag, void *out)
{
	struct reading r = { a, mode, diag };
	struct xml_node *root;
	TRY(xml_read(a, xml, diag, &root));
	if (!str_eq(root->name, str_from_z(noun->element)))
		return diag_add(diag, ERR_SYNTAX, root->line, "the root element is not <%s>",
		                noun->element);
	return read_struct(&r, noun->fields, root, STR_NONE, out);
}
