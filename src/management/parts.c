/* SPDX-License-Identifier: Apache-2.0 */
/* Sorts a revision's files into parts.
 * Files that are not well-formed are parts too, under their file's name: a client can still repair them.
 * Source: Apigee, bundle layout. */
#include "management/parts.h"

static const struct {
	enum part_kind kind;
	str folder;
} folders[] = {
	{ PART_POLICY, S_INIT("policies") },         { PART_POLICY, S_INIT("stepdefinitions") },
	{ PART_PROXY, S_INIT("proxies") },           { PART_TARGET, S_INIT("targets") },
	{ PART_SHARED_FLOW, S_INIT("sharedflows") }, { PART_RESOURCE, S_INIT("resources") },
};

str part_folder(enum part_kind kind)
{
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (folders[i].kind == kind)
			return folders[i].folder;
	must(!"base and other files have no folder");
	return STR_NONE;
}

static str stem(str file) { return str_sub(file, 0, str_rfind_char(file, '.')); }

static void read_xml(struct arena *a, struct revision_part *p)
{
	if (!str_ends(p->path, S(".xml")) || xml_read(a, p->bytes, NULL, &p->xml).code)
		p->xml = NULL;
	str name = p->xml ? xml_attr(p->xml, S("name")) : STR_NONE;
	p->name = name.n ? name : stem(p->name);
}

static struct revision_part part_of(struct arena *a, const struct zip_file *f)
{
	str rest = f->path; /* "apiproxy/policies/X.xml" */
	struct revision_part p = { .kind = PART_OTHER, .path = f->path, .bytes = f->bytes };
	str_cut(&rest, '/');
	str folder = str_cut(&rest, '/');
	p.name = str_given(rest) ? rest : folder;
	if (!str_given(rest)) {
		p.kind = str_ends(folder, S(".xml")) ? PART_BASE : PART_OTHER;
	} else {
		for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
			if (str_eq(folder, folders[i].folder))
				p.kind = folders[i].kind;
	}
	if (p.kind == PART_RESOURCE) {
		p.type = str_cut(&rest, '/');
		p.name = str_given(rest) ? rest : p.type;
	} else if (p.kind != PART_OTHER) {
		read_xml(a, &p);
	}
	return p;
}

void parts_read(struct arena *a, const struct zip_files *files, struct revision_parts *out)
{
	for (size_t i = 0; i < files->n; i++)
		VEC_PUSH(a, out, part_of(a, &files->v[i]));
}

const struct revision_part *part_find(const struct revision_parts *parts, enum part_kind kind,
                                      str name)
{
	VEC_EACH(const struct revision_part, p, parts)
		if (p->kind == kind && str_eq(p->name, name))
			return p;
	return NULL;
}

struct strs part_names(struct arena *a, const struct revision_parts *parts, enum part_kind kind)
{
	struct strs names = { arena_array(a, str, parts->n + 1), 0 };
	VEC_EACH(const struct revision_part, p, parts)
		if (p->kind == kind)
			names.v[names.n++] = p->name;
	return names;
}

static str child_text(const struct xml_node *n, str name)
{
	const struct xml_node *c = n ? xml_child(n, name) : NULL;
	return c ? str_trim(c->text) : STR_NONE;
}

static void add_resource(struct arena *a, const struct revision_part *p, struct revision *r)
{
	struct resource_file *v = r->resource_files.v;
	v[r->resource_files.n++] = (struct resource_file){ p->name, p->type };
	r->resources.v[r->resources.n++] = str_fmt(a, "%.*s://%.*s", STR(p->type), STR(p->name));
}

static void add_base_path(const struct revision_part *p, struct revision *r)
{
	const struct xml_node *c = p->xml ? xml_child(p->xml, S("HTTPProxyConnection")) : NULL;
	str path = child_text(c, S("BasePath"));
	if (c)
		r->base_paths.v[r->base_paths.n++] = path.n ? path : S("/");
}

void parts_describe(struct arena *a, const struct revision_parts *parts, struct revision *r)
{
	r->policies = part_names(a, parts, PART_POLICY);
	r->proxy_endpoints = part_names(a, parts, PART_PROXY);
	r->target_endpoints = part_names(a, parts, PART_TARGET);
	r->shared_flows = part_names(a, parts, PART_SHARED_FLOW);
	r->base_paths = (struct strs){ arena_array(a, str, parts->n + 1), 0 };
	r->resources = (struct strs){ arena_array(a, str, parts->n + 1), 0 };
	r->resource_files = (struct list){ arena_array(a, struct resource_file, parts->n + 1), 0 };
	VEC_EACH(const struct revision_part, p, parts) {
		if (p->kind == PART_RESOURCE)
			add_resource(a, p, r);
		if (p->kind == PART_PROXY)
			add_base_path(p, r);
		if (p->kind == PART_BASE && p->xml) {
			r->display_name = child_text(p->xml, S("DisplayName"));
			r->description = child_text(p->xml, S("Description"));
		}
	}
}
