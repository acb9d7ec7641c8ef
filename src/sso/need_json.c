/* SPDX-License-Identifier: Apache-2.0 */
/* The need for JSON: its type, its size, one object or array.
 * It is looked at last: who may not do the thing is not read.
 * Source: RFC 8259; oauth2-service reference, 3.5 to 3.8. */
#include <jansson.h>

#include "sso/call.h"

struct message *need_json(struct sso_call *q)
{
	str bytes;
	struct diag d = { .arena = q->arena };
	if (!sso_body_is(q, "application/json"))
		return sso_error(q, SSO_NOT_JSON);
	struct message *m = sso_body(q, SSO_BODY_MAX, &bytes);
	if (m)
		return m;
	if (json_read(q->arena, bytes, &d, &q->json).code)
		return sso_error_about(q, SSO_BODY_JSON, sso_told(diag_text(q->arena, &d)));
	return json_is_object(q->json) || json_is_array(q->json)
	               ? NULL
	               : sso_error_about(q, SSO_BODY_JSON, S("neither an object nor an array"));
}
