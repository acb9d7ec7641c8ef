/* SPDX-License-Identifier: Apache-2.0 */
/* The need for a form: its type, its size, its parameters once each.
 * A parameter that comes twice is refused: two readers would see two values.
 * Source: RFC 6749 §3.2 ("MUST NOT be included more than once"); oauth2-service reference, 1.2 to 1.4. */
#include "sso/call.h"

enum { BODY_MS = 60000 };

static bool is_form(const struct sso_call *q)
{
	str type = sso_header(q, "content-type");
	return str_ieq(str_trim(str_cut(&type, ';')), S("application/x-www-form-urlencoded"));
}

struct message *need_form(struct sso_call *q)
{
	str bytes;
	err e = message_content(q->arena, q->call->request, SSO_BODY_MAX, deadline_in(BODY_MS),
	                        &bytes);
	if (e.code)
		return sso_error(q, e.code == ERR_LIMIT ? SSO_BODY_SIZE : SSO_BODY_PART);
	if (bytes.n && !is_form(q))
		return sso_error(q, SSO_NOT_A_FORM);
	if (form_read(q->arena, bytes, &q->form).code)
		return sso_error(q, SSO_BODY_SIZE);
	const struct pair *twice = sso_repeated(&q->form);
	return twice ? sso_error_about(q, SSO_TWICE, twice->name) : NULL;
}
