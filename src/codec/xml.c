/* SPDX-License-Identifier: Apache-2.0 */
/* XML in: libxml2's SAX events become a tree of struct xml_node.
 * A DOCTYPE ends the parse before its first declaration is read, so there is no entity to expand.
 * Source: XML 1.0 (5th ed.); libxml2 2.9; OWASP on XXE. */
#include "codec/xml.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "codec/xml_text.h"

struct open_element {
	struct xml_node *node, *last_child;
	struct buf text;
	size_t inner; /* where the content starts, an offset into the document */
};

struct parse {
	struct arena *arena;
	struct diag *diag;
	str document; /* UTF-8, in the arena */
	xmlParserCtxtPtr ctxt;
	struct xml_node *root;
	struct open_element open[XML_DEPTH_MAX];
	unsigned depth, nodes;
	err failed;
};

static unsigned line_of(const struct parse *p)
{
	return p->ctxt->input && p->ctxt->input->line > 0 ? (unsigned)p->ctxt->input->line : 1;
}

static void stop(struct parse *p, err e)
{
	if (!p->failed.code)
		p->failed = e;
	xmlStopParser(p->ctxt);
}

static void doctype(void *ctx, const xmlChar *name, const xmlChar *public_id,
                    const xmlChar *system_id)
{
	struct parse *p = ctx;
	(void)name, (void)public_id, (void)system_id;
	stop(p, diag_add(p->diag, ERR_SYNTAX, line_of(p), "a DOCTYPE is not allowed"));
}

static struct xml_attr *attributes(struct parse *p, const xmlChar **pairs)
{
	struct xml_attr *first = NULL, **tail = &first;
	for (; pairs && pairs[0]; pairs += 2) {
		struct xml_attr *a = arena_new(p->arena, struct xml_attr);
		a->name = str_dup(p->arena, str_from_z((const char *)pairs[0]));
		a->value = str_dup(p->arena, str_from_z(pairs[1] ? (const char *)pairs[1] : ""));
		*tail = a;
		tail = &a->next;
		p->nodes++;
	}
	return first;
}

static struct xml_node *node_new(struct parse *p, const xmlChar *name, const xmlChar **pairs)
{
	struct xml_node *node = arena_new(p->arena, struct xml_node);
	node->name = str_dup(p->arena, str_from_z((const char *)name));
	node->line = line_of(p);
	node->attrs = attributes(p, pairs);
	p->nodes++;
	return node;
}

/* Between attributes and the start of the content stand white space, "/" and ">" at most. */
static size_t content_start(const struct parse *p)
{
	size_t at = (size_t)xmlByteConsumed(p->ctxt);
	while (at < p->document.n && p->document.p[at] != '>')
		at++;
	return at < p->document.n ? at + 1 : p->document.n;
}

static void start_element(void *ctx, const xmlChar *name, const xmlChar **pairs)
{
	struct parse *p = ctx;
	if (p->depth == XML_DEPTH_MAX) {
		stop(p, diag_add(p->diag, ERR_LIMIT, line_of(p),
		                 "elements are nested deeper than %d levels", XML_DEPTH_MAX));
		return;
	}
	struct xml_node *node = node_new(p, name, pairs);
	if (p->nodes > XML_NODES_MAX) {
		stop(p, diag_add(p->diag, ERR_LIMIT, line_of(p),
		                 "more than %d elements and attributes", XML_NODES_MAX));
		return;
	}
	struct open_element *above = p->depth ? &p->open[p->depth - 1] : NULL;
	if (!above)
		p->root = node;
	else if (above->last_child)
		above->last_child->next = node;
	else
		above->node->first = node;
	if (above) {
		above->last_child = node;
		node->parent = above->node;
	}
	p->open[p->depth++] = (struct open_element){ .node = node,
		                                     .text = buf_in(p->arena),
		                                     .inner = content_start(p) };
}

static void end_element(void *ctx, const xmlChar *name)
{
	struct parse *p = ctx;
	(void)name;
	must(p->depth);
	struct open_element *e = &p->open[--p->depth];
	e->node->text = buf_str(&e->text);
	if (!e->node->first)
		return;
	/* the parser stands behind "</name>", whose "<" is the last one */
	size_t end = (size_t)xmlByteConsumed(p->ctxt);
	size_t tag = str_rfind_char(str_sub(p->document, e->inner, end), '<');
	must(tag != STR_NPOS);
	e->node->markup = str_sub(p->document, e->inner, e->inner + tag);
}

static void text(void *ctx, const xmlChar *chars, int n)
{
	struct parse *p = ctx;
	if (p->depth)
		buf_add(&p->open[p->depth - 1].text, str_from(chars, (size_t)n));
}

static void problem(void *ctx, const char *fmt, ...)
{
	struct parse *p = ctx;
	const xmlError *e = &p->ctxt->lastError; /* filled before this is called */
	(void)fmt;
	if (p->failed.code) /* what follows the first is a consequence */
		return;
	str message = str_from_z(e->message ? e->message : "not well-formed");
	str first = str_trim(str_sub(message, 0, str_find_char(message, '\n')));
	enum err_code code = e->code == XML_ERR_NAME_TOO_LONG ? ERR_LIMIT : ERR_SYNTAX;
	unsigned line = e->line > 0 ? (unsigned)e->line : 1;
	if (e->code == XML_ERR_TAG_NAME_MISMATCH && p->depth && e->str2) { /* it says "line 0" */
		const struct xml_node *open = p->open[p->depth - 1].node;
		first = str_fmt(p->arena, "Opening and ending tag mismatch: %.*s line %u and %s",
		                STR(open->name), open->line, (const char *)e->str2);
	}
	p->failed = diag_add(p->diag, code, line, "XML: %.*s", STR(first));
}

err xml_read(struct arena *a, str bytes, struct diag *diag, struct xml_node **root)
{
	static const xmlSAXHandler handler = {
		.initialized = 1, /* SAX version 1: names and xmlns as they are written */
		.internalSubset = doctype,
		.startElement = start_element,
		.endElement = end_element,
		.characters = text,
		.ignorableWhitespace = text,
		.cdataBlock = text,
		.error = problem,
	};
	/* NOENT only stops libxml2 from escaping "&" in attributes again; there are no entities */
	enum { OPTIONS = XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC };
	xml_library_ready();
	struct parse p = { .arena = a, .diag = diag };
	TRY(xml_text(a, bytes, diag, &p.document));
	p.ctxt = xmlNewParserCtxt();
	must(p.ctxt);
	*p.ctxt->sax = handler;
	p.ctxt->userData = &p;
	xmlDocPtr doc =
		xmlCtxtReadMemory(p.ctxt, p.document.p, (int)p.document.n, NULL, NULL, OPTIONS);
	bool good = p.ctxt->wellFormed && !p.failed.code && p.root;
	xmlFreeDoc(doc);
	xmlFreeParserCtxt(p.ctxt);
	if (!good)
		return p.failed.code ? p.failed
		                     : diag_add(diag, ERR_SYNTAX, 1, "XML: no root element");
	*root = p.root;
	return DONE;
}

const struct xml_node *xml_child(const struct xml_node *node, str name)
{
	for (const struct xml_node *c = node->first; c; c = c->next)
		if (str_eq(c->name, name))
			return c;
	return NULL;
}

str xml_attr(const struct xml_node *node, str name)
{
	for (const struct xml_attr *a = node->attrs; a; a = a->next)
		if (str_eq(a->name, name))
			return a->value;
	return STR_NONE;
}

str xml_escape(struct arena *a, str s)
{
	struct buf b = buf_in(a);
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '&':
			buf_add(&b, S("&amp;"));
			break;
		case '<':
			buf_add(&b, S("&lt;"));
			break;
		case '>':
			buf_add(&b, S("&gt;"));
			break;
		case '"':
			buf_add(&b, S("&quot;"));
			break;
		case '\'':
			buf_add(&b, S("&apos;"));
			break;
		default:
			buf_char(&b, s.p[i]);
		}
	}
	return buf_str(&b);
}
