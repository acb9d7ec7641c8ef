/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of a revision, one by one: policies, endpoints, resources.
 * Each piece is checked alone when it comes; that they fit together is asked at deploy.
 * Source: Apigee Edge management API; apigeetool uploads a proxy this way, four pieces at once. */
#include "management/revision.h"

enum { PIECE_MAX = 15 << 20 };

/* /v1/organizations/{org}/apis/{api}/revisions/{revision}/WORD */
static str part_word(const struct api *q) { return q->route.segments[7]; }

static enum part_kind part_kind_of(const struct api *q)
{
	str word = part_word(q);
	if (str_eq(word, S("policies")))
		return PART_POLICY;
	if (str_eq(word, S("proxies")))
		return PART_PROXY;
	if (str_eq(word, S("targets")))
		return PART_TARGET;
	return str_eq(word, S("sharedflows")) ? PART_SHARED_FLOW : PART_RESOURCE;
}

static str root_folder(const struct api *q)
{
	return kind_of(q) == API_PROXY ? S("apiproxy") : S("sharedflowbundle");
}

/* The parts of the revision of the path; the answer to give when there is none. */
static struct message *load(struct api *q, int64_t *number, struct revision_parts *parts)
{
	struct api_key key = api_key_of(q);
	struct zip_files files = { 0 };
	struct message *bad = revision_number(q, number);
	if (bad)
		return bad;
	err e = revision_files(q->arena, q->store, &key, *number, &files);
	if (e.code)
		return revision_trouble(q, e);
	parts_read(q->arena, &files, parts);
	return NULL;
}

static struct message *no_part(struct api *q, str name)
{
	return answer_error(q, 404, "messaging.config.beans.ResourceDoesNotExist",
	                    "%.*s %.*s does not exist", STR(part_word(q)), STR(name));
}

/* The part of the path and its revision's number; NULL, and the answer to give, when it is not there. */
static const struct revision_part *find(struct api *q, int64_t *number, struct message **bad)
{
	struct revision_parts parts = { 0 };
	if ((*bad = load(q, number, &parts)))
		return NULL;
	str name = api_param(q, "part");
	const struct revision_part *p = part_find(&parts, part_kind_of(q), name);
	if (!p)
		*bad = no_part(q, name);
	return p;
}

struct message *parts_list(struct api *q)
{
	struct revision_parts parts = { 0 };
	int64_t number;
	struct message *bad = load(q, &number, &parts);
	if (bad)
		return bad;
	struct strs names = part_names(q->arena, &parts, part_kind_of(q));
	return answer_names(q, &names);
}

static struct message *shown(struct api *q, unsigned status, const struct revision_part *p)
{
	if (q->xml)
		return answer_bytes(q, status, S("application/xml"), p->bytes);
	return answer_json(q, status, part_json(q->arena, p));
}

struct message *parts_get(struct api *q)
{
	int64_t number;
	struct message *bad;
	const struct revision_part *p = find(q, &number, &bad);
	return p ? shown(q, 200, p) : bad;
}

/* Letters that make a path of a folder of ours: no "..", no empty part, no control character. */
static struct message *bad_file_name(struct api *q, str name)
{
	bool ok = name.n > 0 && name.n < 255 && str_find_char(name, '\\') == STR_NPOS;
	for (size_t i = 0; i < name.n; i++)
		ok &= (unsigned char)name.p[i] >= ' ';
	for (str rest = name; str_given(rest) && ok;) {
		str one = str_cut(&rest, '/');
		ok = one.n && !str_eq(one, S(".")) && !str_eq(one, S(".."));
	}
	return ok ? NULL
	          : answer_error(q, 400, "messaging.config.beans.InvalidName",
	                         "\"%.*s\" is no name of a file", STR(name));
}

/* Stores bytes at path and shows the part; checked as an import would. */
static struct message *put(struct api *q, int64_t number, str path, str bytes, enum file_put how)
{
	struct api_key key = api_key_of(q);
	struct zip_files one = { 0 };
	struct revision_parts parts = { 0 };
	VEC_PUSH(q->arena, &one, (struct zip_file){ path, bytes });
	struct message *bad = files_refused(q, &key, &one, false);
	if (bad)
		return bad;
	struct file_change change = { path, bytes, how, q->who.key.name };
	err e = revision_file_put(q->store, &key, number, &change);
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "messaging.config.beans.ResourceAlreadyExists",
		                    "%.*s already exists", STR(path));
	if (e.code)
		return revision_trouble(q, e);
	parts_read(q->arena, &one, &parts);
	return shown(q, how == FILE_CREATE ? 201 : 200, &parts.v[0]);
}

/* The name that the XML itself gives; findings go out as an answer. */
static struct message *name_inside(struct api *q, str bytes, str file, str *name)
{
	struct diag d = { .arena = q->arena, .file = file };
	struct xml_node *root;
	if (xml_read(q->arena, bytes, &d, &root).code)
		return answer_findings(q, "messaging.config.beans.InvalidXml", &d);
	*name = xml_attr(root, S("name"));
	return NULL;
}

struct message *parts_create(struct api *q)
{
	int64_t number;
	str bytes, name = api_query(q, "name"), inside = STR_NONE;
	struct message *bad = revision_number(q, &number);
	if (bad || (bad = api_body(q, PIECE_MAX, &bytes)))
		return bad;
	if ((bad = name_inside(q, bytes, part_word(q), &inside)))
		return bad;
	if (!name.n)
		name = inside;
	if ((bad = bad_file_name(q, name)))
		return bad;
	str path = str_fmt(q->arena, "%.*s/%.*s/%.*s.xml", STR(root_folder(q)),
	                   STR(part_folder(part_kind_of(q))), STR(name));
	return put(q, number, path, bytes, FILE_CREATE);
}

struct message *parts_change(struct api *q)
{
	int64_t number;
	str bytes, inside = STR_NONE;
	struct message *bad;
	const struct revision_part *p = find(q, &number, &bad);
	if (!p || (bad = api_body(q, PIECE_MAX, &bytes)) ||
	    (bad = name_inside(q, bytes, p->path, &inside)))
		return bad;
	if (inside.n && !str_eq(inside, p->name))
		return answer_error(q, 400, "messaging.config.beans.InvalidName",
		                    "The XML names itself %.*s, not %.*s", STR(inside),
		                    STR(p->name));
	return put(q, number, p->path, bytes, FILE_REPLACE);
}

static struct message *removed(struct api *q, int64_t number, const struct revision_part *p)
{
	struct api_key key = api_key_of(q);
	err e = revision_file_delete(q->store, &key, number, p->path, q->who.key.name);
	return e.code ? revision_trouble(q, e) : NULL;
}

struct message *parts_delete(struct api *q)
{
	int64_t number;
	struct message *bad;
	const struct revision_part *p = find(q, &number, &bad);
	if (!p || (bad = removed(q, number, p)))
		return bad;
	return shown(q, 200, p);
}

/* ---- resources ---- */

struct resource_list {
	struct list files;
};

static const struct field resource_file_fields[] = {
	FIELD(resource_file, name, "name", T_STR),
	FIELD(resource_file, type, "type", T_STR),
	FIELDS_END,
};
static const struct field resource_list_fields[] = {
	FIELD(resource_list, files, "resourceFile", T_LIST, .sub = resource_file_fields,
	      .sub_size = sizeof(struct resource_file)),
	FIELDS_END,
};
static const struct noun resource_list_noun = { "ResourceFiles", NULL, sizeof(struct resource_list),
	                                        resource_list_fields };
static const struct noun resource_file_noun = { "ResourceFile", NULL, sizeof(struct resource_file),
	                                        resource_file_fields };

struct message *resources_list(struct api *q)
{
	struct revision_parts parts = { 0 };
	struct revision r = { 0 };
	int64_t number;
	struct message *bad = load(q, &number, &parts);
	if (bad)
		return bad;
	parts_describe(q->arena, &parts, &r);
	struct resource_list list = { r.resource_files };
	return answer_noun(q, 200, &resource_list_noun, &list);
}

static struct message *unknown_type(struct api *q, str type)
{
	static const str types[] = { S_INIT("jsc"),     S_INIT("java"),     S_INIT("py"),
		                     S_INIT("xsl"),     S_INIT("wsdl"),     S_INIT("xsd"),
		                     S_INIT("openapi"), S_INIT("oas"),      S_INIT("properties"),
		                     S_INIT("graphql"), S_INIT("template"), S_INIT("node"),
		                     S_INIT("hosted") };
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_eq(type, types[i]))
			return NULL;
	return answer_error(
		q, 400, "messaging.config.beans.InvalidResourceType",
		"type is one of jsc, java, py, xsl, wsdl, xsd, openapi, oas, properties, graphql, "
		"template, node, hosted; not \"%.*s\"",
		STR(type));
}

static str resource_path(struct api *q, const struct resource_file *f)
{
	return str_fmt(q->arena, "%.*s/resources/%.*s/%.*s", STR(root_folder(q)), STR(f->type),
	               STR(f->name));
}

static struct message *put_resource(struct api *q, struct resource_file f, enum file_put how)
{
	struct api_key key = api_key_of(q);
	int64_t number;
	str bytes;
	struct message *bad = revision_number(q, &number);
	if (bad || (bad = unknown_type(q, f.type)) || (bad = bad_file_name(q, f.name)) ||
	    (bad = api_body(q, PIECE_MAX, &bytes)))
		return bad;
	struct file_change change = { resource_path(q, &f), bytes, how, q->who.key.name };
	err e = revision_file_put(q->store, &key, number, &change);
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "messaging.config.beans.ResourceAlreadyExists",
		                    "Resource %.*s of type %.*s already exists", STR(f.name),
		                    STR(f.type));
	if (e.code)
		return revision_trouble(q, e);
	return answer_noun(q, how == FILE_CREATE ? 201 : 200, &resource_file_noun, &f);
}

struct message *resources_create(struct api *q)
{
	return put_resource(q, (struct resource_file){ api_query(q, "name"), api_query(q, "type") },
	                    FILE_CREATE);
}

static struct resource_file resource_of_path(struct api *q)
{
	return (struct resource_file){ api_param(q, "name"), api_param(q, "type") };
}

struct message *resources_change(struct api *q)
{
	return put_resource(q, resource_of_path(q), FILE_REPLACE);
}

/* The one file, without the others of its revision; the answer to give when it is not there. */
static struct message *find_resource(struct api *q, int64_t *number, struct revision_part *out)
{
	struct resource_file f = resource_of_path(q);
	struct api_key key = api_key_of(q);
	struct revision *r;
	struct message *bad = revision_number(q, number);
	if (bad)
		return bad;
	*out = (struct revision_part){
		.kind = PART_RESOURCE, .name = f.name, .type = f.type, .path = resource_path(q, &f)
	};
	err e = revision_get(q->arena, q->store, &key, *number, &r);
	if (e.code)
		return revision_trouble(q, e);
	e = revision_file(q->arena, q->store, &key, *number, out->path, &out->bytes);
	if (e.code == ERR_NOT_FOUND)
		return no_part(q, f.name);
	return e.code ? answer_trouble(q, e) : NULL;
}

struct message *resources_get(struct api *q)
{
	int64_t number;
	struct revision_part p;
	struct message *bad = find_resource(q, &number, &p);
	return bad ? bad : answer_bytes(q, 200, S("application/octet-stream"), p.bytes);
}

struct message *resources_delete(struct api *q)
{
	int64_t number;
	struct revision_part p;
	struct message *bad = find_resource(q, &number, &p);
	if (bad || (bad = removed(q, number, &p)))
		return bad;
	return answer_noun(q, 200, &resource_file_noun, &(struct resource_file){ p.name, p.type });
}
