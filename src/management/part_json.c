/* SPDX-License-Identifier: Apache-2.0 */
/* Policies and endpoints in JSON, as clients read them after a deploy.
 * An endpoint has the shape its clients know; a policy shows its elements as they nest, names with a
 * small first letter, repeated ones as arrays.
 * Source: what apigeetool reads (connection.basePath, connection.virtualHost). */
#include "codec/json.h"
#include "management/parts.h"

static str lower_first(struct arena *a, str s)
{
	str low = str_lower(a, str_sub(s, 0, 1));
	return str_fmt(a, "%.*s%.*s", STR(low), STR(str_sub(s, 1, STR_NPOS)));
}

static void member(struct json_writer *w, str key, str value)
{
	json_key(w, key);
	json_str(w, value);
}

static str text_of(const struct xml_node *n, str child)
{
	const struct xml_node *c = n ? xml_child(n, child) : NULL;
	return c ? str_trim(c->text) : STR_NONE;
}

static size_t count_named(const struct xml_node *first, str name)
{
	size_t n = 0;
	for (const struct xml_node *c = first; c; c = c->next)
		n += str_eq(c->name, name);
	return n;
}

/* Nesting is bounded by the XML reader (XML_DEPTH_MAX). */
static void element(struct arena *a, struct json_writer *w, const struct xml_node *n);

static void child_members(struct arena *a, struct json_writer *w, const struct xml_node *n)
{
	struct strs done = { 0 };
	for (const struct xml_node *c = n->first; c; c = c->next) {
		if (strs_have(&done, c->name))
			continue;
		strs_add(a, &done, c->name);
		json_key(w, lower_first(a, c->name));
		if (count_named(c, c->name) == 1) {
			element(a, w, c);
			continue;
		}
		json_open(w, '[');
		for (const struct xml_node *again = c; again; again = again->next)
			if (str_eq(again->name, c->name))
				element(a, w, again);
		json_close(w, ']');
	}
}

static void element(struct arena *a, struct json_writer *w, const struct xml_node *n)
{
	str text = str_trim(n->text);
	if (!n->first && !n->attrs) {
		json_str(w, text);
		return;
	}
	json_open(w, '{');
	for (const struct xml_attr *t = n->attrs; t; t = t->next)
		member(w, t->name, t->value);
	if (text.n && !n->first)
		member(w, S("value"), text);
	child_members(a, w, n);
	json_close(w, '}');
}

static void policy(struct arena *a, struct json_writer *w, const struct revision_part *p)
{
	json_open(w, '{');
	member(w, S("policyType"), p->xml->name);
	for (const struct xml_attr *t = p->xml->attrs; t; t = t->next)
		member(w, t->name, t->value);
	if (!str_given(xml_attr(p->xml, S("name"))))
		member(w, S("name"), p->name);
	child_members(a, w, p->xml);
	json_close(w, '}');
}

static void steps(struct json_writer *w, const struct xml_node *lane)
{
	json_open(w, '{');
	json_key(w, S("children"));
	json_open(w, '[');
	for (const struct xml_node *s = lane ? lane->first : NULL; s; s = s->next) {
		if (!str_eq(s->name, S("Step")))
			continue;
		json_open(w, '{');
		json_key(w, S("step"));
		json_open(w, '{');
		if (str_given(text_of(s, S("Condition"))))
			member(w, S("condition"), text_of(s, S("Condition")));
		member(w, S("name"), text_of(s, S("Name")));
		json_close(w, '}');
		json_close(w, '}');
	}
	json_close(w, ']');
	json_close(w, '}');
}

static void flow(struct json_writer *w, const struct xml_node *n, str dflt_name)
{
	str name = n ? xml_attr(n, S("name")) : STR_NONE;
	json_open(w, '{');
	if (str_given(text_of(n, S("Condition"))))
		member(w, S("condition"), text_of(n, S("Condition")));
	member(w, S("name"), name.n ? name : dflt_name);
	json_key(w, S("request"));
	steps(w, n ? xml_child(n, S("Request")) : NULL);
	json_key(w, S("response"));
	steps(w, n ? xml_child(n, S("Response")) : NULL);
	json_close(w, '}');
}

static void flows(struct json_writer *w, const struct xml_node *ep)
{
	const struct xml_node *all = xml_child(ep, S("Flows"));
	json_key(w, S("flows"));
	json_open(w, '[');
	for (const struct xml_node *f = all ? all->first : NULL; f; f = f->next)
		if (str_eq(f->name, S("Flow")))
			flow(w, f, S(""));
	json_close(w, ']');
	json_key(w, S("preFlow"));
	flow(w, xml_child(ep, S("PreFlow")), S("PreFlow"));
	json_key(w, S("postFlow"));
	flow(w, xml_child(ep, S("PostFlow")), S("PostFlow"));
}

static void texts_named(struct json_writer *w, const struct xml_node *n, str name)
{
	json_open(w, '[');
	for (const struct xml_node *c = n ? n->first : NULL; c; c = c->next)
		if (str_eq(c->name, name))
			json_str(w, str_trim(c->text));
	json_close(w, ']');
}

static void proxy_connection(struct json_writer *w, const struct xml_node *ep)
{
	const struct xml_node *c = xml_child(ep, S("HTTPProxyConnection"));
	str path = text_of(c, S("BasePath"));
	member(w, S("basePath"), path.n ? path : S("/"));
	member(w, S("connectionType"), S("httpConnection"));
	json_key(w, S("virtualHost"));
	texts_named(w, c, S("VirtualHost"));
}

static void target_connection(struct json_writer *w, const struct xml_node *ep)
{
	member(w, S("connectionType"), S("httpConnection"));
	member(w, S("uRL"), text_of(xml_child(ep, S("HTTPTargetConnection")), S("URL")));
}

static void routes(struct json_writer *w, const struct xml_node *ep)
{
	json_key(w, S("routeRule"));
	json_open(w, '[');
	for (const struct xml_node *r = ep->first; r; r = r->next) {
		str target = text_of(r, S("TargetEndpoint")), url = text_of(r, S("URL"));
		if (!str_eq(r->name, S("RouteRule")))
			continue;
		json_open(w, '{');
		if (str_given(text_of(r, S("Condition"))))
			member(w, S("condition"), text_of(r, S("Condition")));
		json_key(w, S("empty"));
		json_bool(w, !target.n && !url.n);
		member(w, S("name"), xml_attr(r, S("name")));
		if (target.n)
			member(w, S("targetEndpoint"), target);
		if (url.n)
			member(w, S("uRL"), url);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void endpoint(struct json_writer *w, const struct revision_part *p)
{
	bool proxy = p->kind == PART_PROXY;
	json_open(w, '{');
	json_key(w, S("connection"));
	json_open(w, '{');
	if (proxy)
		proxy_connection(w, p->xml);
	else
		target_connection(w, p->xml);
	json_close(w, '}');
	if (str_given(text_of(p->xml, S("Description"))))
		member(w, S("description"), text_of(p->xml, S("Description")));
	flows(w, p->xml);
	member(w, S("name"), p->name);
	if (proxy)
		routes(w, p->xml);
	member(w, S("type"), proxy ? S("Proxy") : S("Target"));
	json_close(w, '}');
}

str part_json(struct arena *a, const struct revision_part *p)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, true);
	if (!p->xml) {
		json_open(&w, '{');
		member(&w, S("name"), p->name);
		json_close(&w, '}');
	} else if (p->kind == PART_PROXY || p->kind == PART_TARGET) {
		endpoint(&w, p);
	} else {
		policy(a, &w, p);
	}
	return buf_str(&b);
}
