/* SPDX-License-Identifier: Apache-2.0 */
/* Structs into XML by their tables.
 * The same members as in JSON, in the same order; every text is escaped.
 * Source: model/xml.h. */
#include "codec/xml.h"

#include "model/reader.h"
#include "model/xml.h"
#include "model/xml_names.h"

#define PROLOG "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

struct xml_out {
	struct arena *arena;
	struct buf out;
	unsigned depth;
};

static void line(struct xml_out *x)
{
	for (unsigned i = 0; i < x->depth; i++)
		buf_add(&x->out, S("  "));
}

static void open_element(struct xml_out *x, str name)
{
	line(x);
	buf_fmt(&x->out, "<%.*s>\n", STR(name));
	x->depth++;
}

static void close_element(struct xml_out *x, str name)
{
	x->depth--;
	line(x);
	buf_fmt(&x->out, "</%.*s>\n", STR(name));
}

static void text_element(struct xml_out *x, str name, str text)
{
	line(x);
	if (text.n)
		buf_fmt(&x->out, "<%.*s>%.*s</%.*s>\n", STR(name), STR(xml_escape(x->arena, text)),
		        STR(name));
	else
		buf_fmt(&x->out, "<%.*s/>\n", STR(name));
}

static void write_struct(struct xml_out *, str element, const struct field *, const void *thing);

static str scalar_text(struct arena *a, const struct field *f, const void *at)
{
	switch (f->type) {
	case T_BOOL:
		return *(const bool *)at ? S("true") : S("false");
	case T_INT:
	case T_MS:
		return str_fmt(a, "%lld", (long long)*(const int64_t *)at);
	case T_UINT:
		return str_fmt(a, "%llu", (unsigned long long)*(const uint64_t *)at);
	case T_ENUM:
		return str_from_z(f->names[*(const int *)at]);
	default: {
		str s = *(const str *)at;
		return !str_given(s) && f->dflt ? str_from_z(f->dflt) : s;
	}
	}
}

static void write_items(struct xml_out *x, const struct field *f, str item, const void *at)
{
	if (f->type == T_STRS) {
		const struct strs *s = at;
		for (size_t i = 0; i < s->n; i++)
			text_element(x, item, s->v[i]);
		return;
	}
	const struct list *l = at;
	for (size_t i = 0; i < l->n; i++)
		write_struct(x, item, f->sub, (const char *)l->v + i * f->sub_size);
}

static void write_list(struct xml_out *x, const struct field *f, str key, const void *at)
{
	str element = xml_element(x->arena, key);
	size_t n = f->type == T_STRS ? ((const struct strs *)at)->n : ((const struct list *)at)->n;
	if (!xml_is_plural(key)) {
		write_items(x, f, element, at);
	} else if (n) {
		open_element(x, element);
		write_items(x, f, xml_singular(x->arena, element), at);
		close_element(x, element);
	} else {
		text_element(x, element, STR_NONE);
	}
}

static void write_member(struct xml_out *x, const struct field *f, str key, const void *at)
{
	str text;
	switch (f->type) {
	case T_STRS:
	case T_LIST:
		write_list(x, f, key, at);
		break;
	case T_GROUP:
		write_struct(x, xml_element(x->arena, key), f->sub, at);
		break;
	case T_GROUPP:
		if (*(void *const *)at)
			write_struct(x, xml_element(x->arena, key), f->sub, *(void *const *)at);
		break;
	default:
		text = scalar_text(x->arena, f, at);
		if (str_given(text))
			text_element(x, xml_element(x->arena, key), text);
	}
}

static void write_members(struct xml_out *x, const struct field *fields, const void *thing)
{
	str group = STR_NONE;
	for (const struct field *f = fields; f->type; f++) {
		str key = str_from_z(f->path), head = STR_NONE;
		if (f->hidden || f->input_only || f->type == T_IGNORED ||
		    xml_is_attribute(fields, f))
			continue;
		if (str_find_char(key, '/') != STR_NPOS)
			head = xml_element(x->arena, str_cut(&key, '/'));
		if (str_given(group) && !str_eq(group, head))
			close_element(x, group);
		if (str_given(head) && !str_eq(group, head))
			open_element(x, head);
		group = head;
		write_member(x, f, key, field_at(f, thing));
	}
	if (str_given(group))
		close_element(x, group);
}

static void write_struct(struct xml_out *x, str element, const struct field *fields,
                         const void *thing)
{
	line(x);
	buf_fmt(&x->out, "<%.*s", STR(element));
	for (const struct field *f = fields; f->type; f++) {
		str text = xml_is_attribute(fields, f)
		                   ? scalar_text(x->arena, f, field_at(f, thing))
		                   : STR_NONE;
		if (str_given(text))
			buf_fmt(&x->out, " %s=\"%.*s\"", f->path, STR(xml_escape(x->arena, text)));
	}
	buf_add(&x->out, S(">\n"));
	x->depth++;
	write_members(x, fields, thing);
	close_element(x, element);
}

static struct xml_out xml_in(struct arena *a)
{
	struct xml_out x = { .arena = a, .out = buf_in(a) };
	buf_add(&x.out, S(PROLOG));
	return x;
}

str model_xml(struct arena *a, const struct noun *noun, const void *thing)
{
	struct xml_out x = xml_in(a);
	write_struct(&x, str_from_z(noun->element), noun->fields, thing);
	return buf_str(&x.out);
}

str model_xml_names(struct arena *a, const struct strs *s)
{
	struct xml_out x = xml_in(a);
	open_element(&x, S("List"));
	for (size_t i = 0; i < s->n; i++)
		text_element(&x, S("Item"), s->v[i]);
	close_element(&x, S("List"));
	return buf_str(&x.out);
}

str model_xml_list(struct arena *a, const struct noun *noun, const struct list *l)
{
	struct xml_out x = xml_in(a);
	str root = str_fmt(a, "%ss", noun->element);
	open_element(&x, root);
	for (size_t i = 0; i < l->n; i++)
		write_struct(&x, str_from_z(noun->element), noun->fields,
		             (const char *)l->v + i * noun->size);
	close_element(&x, root);
	return buf_str(&x.out);
}
