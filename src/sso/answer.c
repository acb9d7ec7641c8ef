/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters in, answers out, for the endpoints of the OAuth2 service.
 * Every error has the two keys of the RFC, whoever made it, and is never cached.
 * Source: RFC 6749 §5.1, §5.2; oauth2-service reference, 1.5 and 1.12. */
#include "base/log.h"
#include "sso/call.h"

enum { BODY_MS = 60000 };

static const struct {
	unsigned status;
	const char *error, *text;
} errors[SSO_ERRORS] = {
#define ERROR(name, status, error, text) [SSO_##name] = { status, error, text },
#include "sso/errors.def"
#undef ERROR
};

str sso_query(const struct sso_call *q, const char *name)
{
	return form_get(&q->query, str_from_z(name));
}

struct message *sso_body(struct sso_call *q, size_t max, str *bytes)
{
	err e = message_content(q->arena, q->call->request, max, deadline_in(BODY_MS), bytes);
	return e.code ? sso_error(q, e.code == ERR_LIMIT ? SSO_BODY_SIZE : SSO_BODY_PART) : NULL;
}

bool sso_body_is(const struct sso_call *q, const char *type)
{
	str given = sso_header(q, "content-type");
	return str_ieq(str_trim(str_cut(&given, ';')), str_from_z(type));
}

int64_t sso_query_count(const struct sso_call *q, const char *name, int64_t otherwise)
{
	int64_t n;
	return str_to_i64(sso_query(q, name), &n) && n > 0 ? n : otherwise;
}

str sso_form(const struct sso_call *q, const char *name)
{
	return form_get(&q->form, str_from_z(name));
}

str sso_header(const struct sso_call *q, const char *name)
{
	return headers_get(&q->call->request->headers, str_from_z(name));
}

const struct pair *sso_repeated(const struct pairs *form)
{
	for (size_t i = 0; i < form->n; i++)
		for (size_t j = 0; j < i; j++)
			if (str_eq(form->v[i].name, form->v[j].name))
				return &form->v[i];
	return NULL;
}

bool sso_wants_json(const struct sso_call *q)
{
	str accept = sso_header(q, "accept");
	size_t json = str_find(accept, S("application/json")),
	       html = str_find(accept, S("text/html"));
	return json < html;
}

static struct message *uncached(struct sso_call *q, struct message *m)
{
	headers_set(q->arena, &m->headers, S("Cache-Control"), S("no-store"));
	headers_set(q->arena, &m->headers, S("Pragma"), S("no-cache"));
	return m;
}

struct message *sso_bytes(struct sso_call *q, unsigned status, str content_type, str bytes)
{
	struct message *m = message_response(q->arena, status);
	message_set_content(q->arena, m, bytes, content_type);
	return m;
}

struct message *sso_public(struct sso_call *q, str content_type, str bytes, str etag)
{
	bool same = str_eq(sso_header(q, "if-none-match"), etag);
	struct message *m =
		same ? message_response(q->arena, 304) : sso_bytes(q, 200, content_type, bytes);
	headers_set(q->arena, &m->headers, S("ETag"), etag);
	headers_set(q->arena, &m->headers, S("Cache-Control"), S("max-age=60, public"));
	return m;
}

struct message *sso_json(struct sso_call *q, unsigned status, str text)
{
	return uncached(q, sso_bytes(q, status, S("application/json;charset=UTF-8"), text));
}

/* With the key "message", too: users and groups. */
static str error_text(struct arena *a, str error, str description, bool scim)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_pair_str(&w, "error", error);
	if (scim)
		json_pair_str(&w, "message", description);
	json_pair_str(&w, "error_description", description);
	json_close(&w, '}');
	return buf_str(&b);
}

str sso_error_code(enum sso_error_id id) { return str_from_z(errors[id].error); }

unsigned sso_error_status(enum sso_error_id id) { return errors[id].status; }

str sso_error_text(struct arena *a, enum sso_error_id id, str what)
{
	return str_replace(a, str_from_z(errors[id].text), S("%.*s"), what);
}

static struct message *error_of(struct sso_call *q, enum sso_error_id id, str what, bool scim)
{
	str error = sso_error_code(id), text = sso_error_text(q->arena, id, what);
	struct message *m = sso_json(q, errors[id].status, error_text(q->arena, error, text, scim));
	if (errors[id].status == 401) /* RFC 6749 §5.2 */
		headers_set(q->arena, &m->headers, S("WWW-Authenticate"),
		            str_fmt(q->arena,
		                    "Basic realm=\"UAA/client\", error=\"%.*s\", "
		                    "error_description=\"%.*s\"",
		                    STR(error), STR(str_replace(q->arena, text, S("\""), S("'")))));
	if (errors[id].status == 503)
		headers_set(q->arena, &m->headers, S("Retry-After"), S("1"));
	return m;
}

struct message *sso_error_about(struct sso_call *q, enum sso_error_id id, str what)
{
	return error_of(q, id, what, false);
}

struct message *sso_scim_error(struct sso_call *q, enum sso_error_id id, str what)
{
	return error_of(q, id, what, true);
}

struct message *sso_error(struct sso_call *q, enum sso_error_id id)
{
	return sso_error_about(q, id, STR_NONE);
}

void sso_log(const struct sso_call *q, const char *event, const char *what, str name)
{
	log_info(event, LOG_STR(what, name), LOG_STR("by_client", q->bearer.client_id),
	         LOG_STR("by_user", q->bearer.user_name));
}

str sso_told(str text)
{
	enum { TOLD = 120 };
	if (text.n > TOLD)
		for (text.n = TOLD; text.n && (text.p[text.n] & 0xc0) == 0x80;)
			text.n--;
	return text;
}

struct message *sso_trouble(struct sso_call *q, err e)
{
	if (e.code == ERR_LIMIT)
		return sso_error(q, SSO_BUSY);
	return sso_error(q, e.code == ERR_STORE ? SSO_STORE_AWAY : SSO_UNEXPECTED);
}

str sso_error_body(struct arena *a, unsigned status, const char *what, str *content_type)
{
	*content_type = S("application/json;charset=UTF-8");
	return error_text(a, status >= 500 ? S("server_error") : S("invalid_request"),
	                  str_from_z(what), false);
}
