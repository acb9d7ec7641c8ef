/* SPDX-License-Identifier: Apache-2.0 */
/* Variables of a message as a whole: start line and content.
 * What is written here goes out on a wire, so nothing is taken that could end a line.
 * Source: Apigee, "Flow variables reference": request, response, message. */
#include "codec/base64.h"
#include "flow/var_row.h"

static struct value text(str s) { return str_given(s) ? VALUE_STR(s) : (struct value){ 0 }; }

struct value var_content(struct exchange *x, const struct flowvar *v, struct message *m)
{
	str content = exchange_content(x, m);
	switch (v->row->arg) {
	case CONTENT_BASE64:
		return VALUE_STR(base64_write(x->arena, content));
	case CONTENT_BASE64URL:
		return VALUE_STR(base64url_write(x->arena, content));
	default:
		return VALUE_STR(content);
	}
}

err var_content_set(struct exchange *x, const struct flowvar *v, struct message *m,
                    struct value value)
{
	(void)v;
	message_set_content(x->arena, m, value_text(x->arena, value),
	                    headers_get(&m->headers, S("Content-Type")));
	return DONE;
}

/* On the way back the request is seen as the target saw it. */
static bool as_target_saw(const struct exchange *x, const struct message *m)
{
	return m == x->request && x->segment >= SEG_TARGET_RESPONSE && str_given(x->target_path);
}

static str with_query(struct arena *arena, str path, str query)
{
	return str_given(query) ? str_fmt(arena, "%.*s?%.*s", STR(path), STR(query)) : path;
}

static struct value version(const struct message *m)
{
	return VALUE_STR(m->version == 10 ? S("1.0") : m->version == 20 ? S("2.0") : S("1.1"));
}

static struct value request_line(struct exchange *x, int what, const struct message *m)
{
	bool target = as_target_saw(x, m);
	str path = target ? x->target_path : m->path, query = target ? x->target_query : m->query;
	switch (what) {
	case LINE_VERB:
		return text(m->verb);
	case LINE_PATH:
		return text(path);
	case LINE_URI:
		return text(with_query(x->arena, path, query));
	case LINE_QUERY:
		return text(query);
	case LINE_URL:
		if (!target)
			return (struct value){ 0 };
		return VALUE_STR(str_fmt(x->arena, "%.*s://%.*s%.*s", STR(x->target_uri.scheme),
		                         STR(x->target_uri.authority),
		                         STR(with_query(x->arena, path, query))));
	default:
		return (struct value){ 0 };
	}
}

struct value var_line(struct exchange *x, const struct flowvar *v, struct message *m)
{
	if (v->row->arg == LINE_VERSION)
		return version(m);
	if (v->row->arg == LINE_TRANSPORT_ID)
		return VALUE_STR(S("http"));
	if (v->row->arg == LINE_REASON)
		return m->kind == MESSAGE_RESPONSE ? text(m->reason) : (struct value){ 0 };
	return m->kind == MESSAGE_REQUEST ? request_line(x, v->row->arg, m) : (struct value){ 0 };
}

static bool visible(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static err set_path(struct message *m, str path)
{
	if (!visible(path) || !str_starts(path, S("/")))
		return FAIL(ERR_SYNTAX);
	m->path = path;
	return DONE;
}

static err set_query(struct message *m, str query)
{
	if (!visible(query))
		return FAIL(ERR_SYNTAX);
	m->query = query;
	return DONE;
}

err var_line_set(struct exchange *x, const struct flowvar *v, struct message *m, struct value value)
{
	str s = value_text(x->arena, value);
	if ((v->row->arg == LINE_REASON) != (m->kind == MESSAGE_RESPONSE))
		return FAIL(ERR_NOT_FOUND);
	switch (v->row->arg) {
	case LINE_VERB:
		if (!header_name_ok(s))
			return FAIL(ERR_SYNTAX);
		m->verb = s;
		return DONE;
	case LINE_REASON:
		if (!header_value_ok(s))
			return FAIL(ERR_SYNTAX);
		m->reason = s;
		return DONE;
	case LINE_PATH:
		return set_path(m, s);
	case LINE_QUERY:
		return set_query(m, value.kind == VALUE_NULL ? STR_NONE : s);
	case LINE_URI:
		TRY(set_path(m, str_cut(&s, '?')));
		return set_query(m, s);
	default:
		return FAIL(ERR_DENIED);
	}
}

struct value var_status(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)x, (void)v;
	return m->kind == MESSAGE_RESPONSE ? VALUE_OF_INT(m->status) : (struct value){ 0 };
}

err var_status_set(struct exchange *x, const struct flowvar *v, struct message *m,
                   struct value value)
{
	(void)v;
	uint64_t n;
	if (m->kind != MESSAGE_RESPONSE)
		return FAIL(ERR_NOT_FOUND);
	if (!str_to_u64(str_trim(value_text(x->arena, value)), &n) || n < 100 || n > 999)
		return FAIL(ERR_SYNTAX);
	m->status = (unsigned)n;
	m->reason = http_reason(m->status);
	return DONE;
}

struct value var_transport_message(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)v, (void)m;
	return VALUE_STR(x->message_id);
}
