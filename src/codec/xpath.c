/* SPDX-License-Identifier: Apache-2.0 */
/* XPath of codec/xpath.h.
 * The stack that libxml2 takes grows with the signs of an expression, so these are counted first.
 * Source: XPath 1.0; libxml2 2.9 (opLimit, xmlXPathCtxtCompile). */
#include "codec/xpath.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "codec/xml_text.h"

static void doctype(void *ctx, const xmlChar *name, const xmlChar *public_id,
                    const xmlChar *system_id)
{
	(void)name, (void)public_id, (void)system_id;
	xmlStopParser(ctx);
}

static void unheard(void *ctx, const char *fmt, ...) { (void)ctx, (void)fmt; }
static void unseen(void *ctx, xmlErrorPtr e) { (void)ctx, (void)e; }

static err parse(struct arena *a, str bytes, xmlDocPtr *out)
{
	enum {
		OPTIONS =
			XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC | XML_PARSE_NOCDATA
	};
	struct diag why = { .arena = a };
	str text;
	TRY(xml_text(a, bytes, &why, &text));
	xmlParserCtxtPtr ctxt = xmlNewParserCtxt();
	must(ctxt);
	ctxt->sax->internalSubset = doctype;
	ctxt->sax->error = unheard;
	ctxt->sax->warning = unheard;
	ctxt->sax->serror = unseen;
	xmlDocPtr doc = xmlCtxtReadMemory(ctxt, text.p, (int)text.n, NULL, NULL, OPTIONS);
	bool good = doc && ctxt->wellFormed && xmlDocGetRootElement(doc);
	xmlFreeParserCtxt(ctxt);
	if (!good) {
		xmlFreeDoc(doc);
		return FAIL(ERR_SYNTAX);
	}
	*out = doc;
	return DONE;
}

static bool is_modest(str expression)
{
	unsigned signs = 0;
	for (size_t i = 0; i < expression.n; i++) {
		char c = expression.p[i], low = (char)(c | 0x20);
		signs += !((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '_');
	}
	return expression.n <= XPATH_EXPRESSION_MAX && signs <= XPATH_SIGNS_MAX;
}

static void add_xml(struct buf *b, xmlChar *text)
{
	buf_add(b, str_from_z((const char *)text));
	xmlFree(text);
}

static void add_node(struct buf *b, xmlDocPtr doc, xmlNodePtr node)
{
	if (node->type == XML_NAMESPACE_DECL) { /* not a node, whatever its pointer says */
		add_xml(b, xmlXPathCastNodeToString(node));
		return;
	}
	if (node->type != XML_ELEMENT_NODE && node->type != XML_DOCUMENT_NODE) {
		add_xml(b, xmlNodeGetContent(node));
		return;
	}
	xmlBufferPtr markup = xmlBufferCreate();
	must(markup);
	if (node->type == XML_DOCUMENT_NODE)
		node = xmlDocGetRootElement(doc);
	if (xmlNodeDump(markup, doc, node, 0, 0) > 0)
		buf_add(b, str_from_z((const char *)xmlBufferContent(markup)));
	xmlBufferFree(markup);
}

/* Elements within elements come again and again: what hostile XML makes of it is bounded. */
static err result(struct arena *a, xmlDocPtr doc, xmlXPathObjectPtr found, enum xpath_type type,
                  str *out)
{
	struct buf b = buf_in(a);
	const xmlNodeSet *nodes = found->type == XPATH_NODESET ? found->nodesetval : NULL;
	if (type == XPATH_TYPE_BOOLEAN)
		buf_add(&b, xmlXPathCastToBoolean(found) ? S("true") : S("false"));
	else if (type == XPATH_TYPE_NUMBER)
		add_xml(&b, xmlXPathCastNumberToString(xmlXPathCastToNumber(found)));
	else if (type == XPATH_TYPE_STRING || found->type != XPATH_NODESET)
		add_xml(&b, xmlXPathCastToString(found));
	else
		for (int i = 0; nodes && i < nodes->nodeNr; i++) {
			add_node(&b, doc, nodes->nodeTab[i]);
			if (b.n > XPATH_RESULT_MAX)
				return FAIL(ERR_LIMIT);
			if (type == XPATH_TYPE_NODE)
				break;
		}
	*out = buf_str(&b);
	return DONE;
}

static err evaluate(struct arena *a, xmlXPathContextPtr context, const char *expression,
                    enum xpath_type type, str *out)
{
	xmlXPathCompExprPtr compiled = xmlXPathCtxtCompile(context, (const xmlChar *)expression);
	if (!compiled)
		return FAIL(ERR_SYNTAX);
	xmlXPathObjectPtr found = xmlXPathCompiledEval(compiled, context);
	xmlXPathFreeCompExpr(compiled);
	if (!found)
		return FAIL(context->lastError.code ==
		                            XPATH_OP_LIMIT_EXCEEDED + XML_XPATH_EXPRESSION_OK
		                    ? ERR_LIMIT
		                    : ERR_SYNTAX);
	err e = result(a, context->doc, found, type, out);
	xmlXPathFreeObject(found);
	return e;
}

err xpath_eval(struct arena *a, const struct xpath *x, str *out)
{
	const struct pairs *prefixes = &x->prefixes;
	xmlDocPtr doc;
	if (!is_modest(x->expression))
		return FAIL(ERR_LIMIT);
	xml_library_ready();
	TRY(parse(a, x->xml, &doc));
	xmlXPathContextPtr context = xmlXPathNewContext(doc);
	must(context);
	context->error = unseen;
	context->opLimit = x->steps;
	for (size_t i = 0; i < prefixes->n; i++)
		xmlXPathRegisterNs(context, (const xmlChar *)str_z(a, prefixes->v[i].name),
		                   (const xmlChar *)str_z(a, prefixes->v[i].value));
	err e = evaluate(a, context, str_z(a, x->expression), x->type, out);
	xmlXPathFreeContext(context);
	xmlFreeDoc(doc);
	return e;
}
