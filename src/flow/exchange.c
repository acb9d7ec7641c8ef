/* SPDX-License-Identifier: Apache-2.0 */
/* What an exchange knows of its messages.
 * A body is read into memory once, when the first asks for it, and never beyond CONTENT_MAX.
 * Source: Apigee, "Endpoint properties reference" (the buffer limit), "Runtime error catalog". */
#include "flow/exchange.h"

#include "flow/fault.h"
#include "flow/run.h"

enum { CONTENT_MAX = 10 << 20, PAIRS_WALKED = 10000 };

const str form_type = S_INIT("application/x-www-form-urlencoded");

size_t content_max(const struct exchange *x, const struct message *m)
{
	int64_t max = 0;
	if (m->kind == MESSAGE_REQUEST && x->endpoint)
		max = x->endpoint->content_max;
	else if (m == x->response && x->target)
		max = x->target->props.content_max;
	return max ? (size_t)max : CONTENT_MAX;
}

static int content_fault(const struct exchange *x, enum message_kind kind, err e)
{
	bool request = kind == MESSAGE_REQUEST;
	if (x->undecodable[kind])
		return request ? DECOMPRESSION_AT_REQUEST : DECOMPRESSION_AT_RESPONSE;
	switch (e.code) {
	case ERR_LIMIT:
		return request ? TOO_BIG_BODY_REQUEST : TOO_BIG_BODY_RESPONSE;
	case ERR_TIMEOUT:
		if (deadline_passed(x->deadline))
			return API_TIMED_OUT;
		return request ? REQUEST_TIMEOUT : GATEWAY_TIMEOUT;
	default:
		return request ? BAD_REQUEST_BODY : UNEXPECTED_EOF;
	}
}

enum verdict content_failed(struct exchange *x, const struct message *m, err e)
{
	x->client_gone |= e.code == ERR_CANCELED;
	return fault_raise(x, &gateway_faults[content_fault(x, m->kind, e)]);
}

str exchange_content(struct exchange *x, struct message *m)
{
	return m->body.kind != BODY_NONE && content_decode(x, m) ? exchange_bytes(x, m) : S("");
}

bool message_is_form(const struct message *m)
{
	str type = headers_get(&m->headers, S("Content-Type"));
	return str_ieq(str_trim(str_cut(&type, ';')), form_type);
}

str exchange_form(struct exchange *x, struct message *m)
{
	str form = exchange_content(x, m), rest = form;
	for (size_t n = 0; n < PAIRS_WALKED && str_given(rest); n++)
		str_cut(&rest, '&');
	if (!str_given(rest))
		return form;
	content_failed(x, m, FAIL(ERR_LIMIT));
	return S("");
}

str exchange_bytes(struct exchange *x, struct message *m)
{
	str content;
	if (m->body.kind == BODY_BYTES) /* a policy may have made more than a stream may bring */
		return m->body.bytes;
	err e = message_content(x->arena, m, content_max(x, m), x->deadline, &content);
	if (!e.code)
		return content;
	content_failed(x, m, e);
	m->body = (struct body){ 0 }; /* what was read of it is lost */
	return S("");
}
