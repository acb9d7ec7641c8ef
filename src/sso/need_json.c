/* SPDX-License-Identifier: Apache-2.0 */
/* The need for JSON: its type, its size, one object or array.
 * It is looked at last: who may not do the thing is not read.
 * Source: RFC 8259; oauth2-service reference, 3.5 to 3.8. */
#include <jansson.h>

#include "sso/call.h"

enum { BODY_MS = 60000 };

static bool is_json(const struct sso_call *q)
{
	str type = sso_header(q, "content-type");
	return str_ieq(str_trim(str_cut(&type, ';')), S("application/json"));
}

struct message *need_json(struct sso_call *q)
{
	str bytes;
	struct diag d = { .arena = q->arena };
	if (!is_json(q))
		return sso_error(q, SSO_NOT_JSON);
	err e = message_content(q->arena, q->call->request, SSO_BODY_MAX, deadline_in(BODY_MS),
	                        &bytes);
	if (e.code)
		return sso_error(q, e.code == ERR_LIMIT ? SSO_BODY_SIZE : SSO_BODY_PART);
	if (json_read(q->arena, bytes, &d, &q->json).code)
		return sso_error_about(q, SSO_BODY_JSON, sso_told(diag_text(q->arena, &d)));
	return json_is_object(q->json) || json_is_array(q->json)
	               ? NULL
	               : sso_error_about(q, SSO_BODY_JSON, S("neither an object nor an array"));
}
