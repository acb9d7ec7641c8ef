/* SPDX-License-Identifier: Apache-2.0 */
/* What an exchange knows of its messages.
 * A body is read into memory once, when the first asks for it, and never beyond CONTENT_MAX.
 * Source: Apigee, "Endpoint properties reference" (the buffer limit), "Runtime error catalog". */
#include "flow/exchange.h"

#include "flow/fault.h"

enum { CONTENT_MAX = 10 << 20 };

static int content_fault(const struct exchange *x, const struct message *m, err e)
{
	bool request = m == x->request;
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

str exchange_content(struct exchange *x, struct message *m)
{
	if (m->body.kind == BODY_NONE)
		return S("");
	if (m->body.kind == BODY_BYTES)
		return m->body.bytes;
	str content;
	err e = message_content(x->arena, m, CONTENT_MAX, x->deadline, &content);
	if (!e.code)
		return content;
	x->client_gone |= e.code == ERR_CANCELED;
	fault_raise(x, &gateway_faults[content_fault(x, m, e)]);
	m->body = (struct body){ 0 }; /* what was read of it is lost */
	return S("");
}
