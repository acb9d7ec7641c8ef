/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters in, answers out, for management resources.
 * Every error has Apigee's three keys, whoever made it.
 * Source: Apigee Edge management API, conventions. */
#include "management/api.h"

#include "codec/utf8.h"
#include "codec/xml.h"
#include "model/xml.h"

enum { BODY_MAX = 4 << 20, BODY_MS = 60000, UPLOADS = 512, UPLOADS_OF_ONE = 128 };

str api_query(const struct api *q, const char *name)
{
	return form_get(&q->query, str_from_z(name));
}

bool api_query_is(const struct api *q, const char *name, const char *value)
{
	return str_eq(api_query(q, name), str_from_z(value)) && str_given(api_query(q, name));
}

struct message *api_page(struct api *q, struct page *page)
{
	const char *name = str_given(api_query(q, "count")) ? "count" : "rows";
	str count = api_query(q, name);
	*page = (struct page){ .start = api_query(q, "startKey") };
	if (!count.n || str_to_u64(count, &page->count))
		return NULL;
	return answer_error(q, 400, "management.InvalidQuery", "%s is a whole number, not \"%.*s\"",
	                    name, STR(count));
}

/* Bodies that are slow to come leave fibers for everybody else. */
static bool upload_may(const struct api *q)
{
	unsigned all = 0, his = 0;
	for (struct upload *other = *q->m->uploads; other; other = other->next, all++)
		his += str_eq(other->by, q->who.key.name);
	return all < UPLOADS && his < UPLOADS_OF_ONE;
}

static err upload_wait(struct api *q, size_t limit, str *bytes)
{
	struct upload u = { *q->m->uploads, q->who.key.name }, **at = q->m->uploads;
	*at = &u;
	err e = message_content(q->arena, q->call->request, limit, deadline_in(BODY_MS), bytes);
	while (*at != &u)
		at = &(*at)->next;
	*at = u.next;
	return e;
}

struct message *api_body(struct api *q, size_t limit, str *bytes)
{
	if (q->call->request->body.kind == BODY_STREAM && !upload_may(q)) {
		struct message *m = answer_error(q, 429, "management.TooManyUploads",
		                                 "Too many requests of %.*s wait for their bodies",
		                                 STR(q->who.key.name));
		headers_set(q->arena, &m->headers, S("Retry-After"), S("20"));
		return m;
	}
	err e = upload_wait(q, limit, bytes);
	if (!e.code)
		return NULL;
	if (e.code == ERR_LIMIT)
		return answer_error(q, 413, "management.RequestTooLarge",
		                    "The body is larger than %zu bytes", limit);
	return answer_error(q, 400, "management.RequestIncomplete",
	                    "The body did not arrive whole");
}

struct message *api_pairs(struct api *q, const char *code, str text, struct pairs *out)
{
	if (form_read(q->arena, text, out).code)
		return answer_error(q, 400, code, "There are more than %d parameters",
		                    FORM_PAIRS_MAX);
	VEC_EACH(const struct pair, p, out)
		if (!utf8_is_text(p->name) || !utf8_is_text(p->value))
			return answer_error(q, 400, code, "Parameters are UTF-8 without NUL");
	return NULL;
}

struct message *api_form(struct api *q, struct pairs *form)
{
	str bytes = STR_NONE;
	struct message *bad = api_body(q, BODY_MAX, &bytes);
	return bad ? bad : api_pairs(q, "management.InvalidForm", bytes, form);
}

bool api_type_is_xml(str type)
{
	type = str_trim(str_cut(&type, ';'));
	return str_ieq(type, S("application/xml")) || str_ieq(type, S("text/xml"));
}

struct message *api_read(struct api *q, const struct noun *noun, enum model_read how, void *out)
{
	str bytes = STR_NONE;
	struct diag d = { .arena = q->arena };
	struct message *bad = api_body(q, BODY_MAX, &bytes);
	if (bad)
		return bad;
	bool xml = api_type_is_xml(headers_get(&q->call->request->headers, S("content-type")));
	err e = xml ? model_read_xml(q->arena, noun, bytes, how, &d, out)
	            : model_read_json(q->arena, noun, bytes, how, &d, out);
	return e.code ? answer_findings(q, "management.InvalidRequest", &d) : NULL;
}

struct message *answer_bytes(struct api *q, unsigned status, str content_type, str bytes)
{
	struct message *m = message_response(q->arena, status);
	message_set_content(q->arena, m, bytes, content_type);
	return m;
}

struct message *answer_json(struct api *q, unsigned status, str text)
{
	return answer_bytes(q, status, S("application/json"), text);
}

static struct message *written(struct api *q, unsigned status, str text)
{
	return answer_bytes(q, status, q->xml ? S("application/xml") : S("application/json"), text);
}

struct message *answer_noun(struct api *q, unsigned status, const struct noun *noun,
                            const void *thing)
{
	return written(q, status,
	               q->xml ? model_xml(q->arena, noun, thing)
	                      : model_json(q->arena, noun, thing));
}

struct message *answer_names(struct api *q, const struct strs *names)
{
	return written(q, 200,
	               q->xml ? model_xml_names(q->arena, names)
	                      : model_json_names(q->arena, names));
}

struct message *answer_list(struct api *q, const struct noun *noun, const struct list *list)
{
	return written(q, 200,
	               q->xml ? model_xml_list(q->arena, noun, list)
	                      : model_json_list(q->arena, noun, list));
}

struct message *answer_done(struct api *q)
{
	return answer_bytes(q, 204, S("application/octet-stream"), S(""));
}

static str error_text(struct arena *a, bool xml, str code, str message)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, true);
	if (xml)
		return str_fmt(a,
		               "<Error><Code>%.*s</Code><Message>%.*s</Message><Contexts/></Error>",
		               STR(xml_escape(a, code)), STR(xml_escape(a, message)));
	json_open(&w, '{');
	json_pair_str(&w, "code", code);
	json_pair_str(&w, "message", message);
	json_key(&w, S("contexts"));
	json_open(&w, '[');
	json_close(&w, ']');
	json_close(&w, '}');
	return buf_str(&b);
}

struct message *answer_error(struct api *q, unsigned status, const char *code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	str message = str_vfmt(q->arena, fmt, ap);
	va_end(ap);
	return written(q, status, error_text(q->arena, q->xml, str_from_z(code), message));
}

struct message *answer_trouble(struct api *q, err e)
{
	if (e.code == ERR_STORE || e.code == ERR_LIMIT || e.code == ERR_TIMEOUT) {
		struct message *m = answer_error(q, 503, "management.StoreUnavailable",
		                                 "The store cannot answer now");
		headers_set(q->arena, &m->headers, S("Retry-After"), S("1"));
		return m;
	}
	return answer_error(q, 500, "management.InternalError", "Unexpected trouble: %s",
	                    err_word(e.code));
}

struct message *answer_findings(struct api *q, const char *code, const struct diag *d)
{
	return answer_error(q, 400, code, "%.*s", STR(diag_text(q->arena, d)));
}

str management_error_body(struct arena *a, unsigned status, const char *what, str *content_type)
{
	(void)status;
	*content_type = S("application/json");
	return error_text(a, false, S("management.BadRequest"), str_from_z(what));
}
