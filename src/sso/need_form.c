/* SPDX-License-Identifier: Apache-2.0 */
/* The need for a form: its type, its size, its parameters once each.
 * A parameter that comes twice is refused: two readers would see two values.
 * Source: RFC 6749 §3.2 ("MUST NOT be included more than once"); oauth2-service reference, 1.2 to 1.4. */
#include "sso/call.h"

struct message *need_form(struct sso_call *q)
{
	str bytes;
	struct message *m = sso_body(q, SSO_BODY_MAX, &bytes);
	if (m)
		return m;
	if (bytes.n && !sso_body_is(q, "application/x-www-form-urlencoded"))
		return sso_error(q, SSO_NOT_A_FORM);
	if (form_read(q->arena, bytes, &q->form).code)
		return sso_error(q, SSO_BODY_SIZE);
	const struct pair *twice = sso_repeated(&q->form);
	return twice ? sso_error_about(q, SSO_TWICE, twice->name) : NULL;
}
