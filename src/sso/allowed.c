/* SPDX-License-Identifier: Apache-2.0 */
/* What the grants of codes share: a person allowed something in a browser, and now it is issued.
 * The person is looked up anew: who has gone since, or lost a scope, gets nothing of it.
 * Source: sso/grant.h. */
#include "sso/authorization.h"
#include "sso/grant.h"

struct message *grant_allowed(struct sso_call *q, struct issue *i, const struct allowed *a)
{
	struct person *p = arena_new(q->arena, struct person);
	struct scope_ask ask = { a->scope, p };
	struct refusal why;
	err e = identity_person(q->arena, q->sso->identity, q->sso->settings.zone, a->user_id, p);
	if (e.code == ERR_NOT_FOUND)
		return sso_error(q, a->gone);
	if (!e.code)
		e = scope_find(q, &ask, &i->scope, &why);
	if (e.code)
		return sso_trouble(q, e);
	if (why.id)
		return sso_error_about(q, why.id, why.about);
	i->person = p;
	i->auth_time_s = a->auth_time_s;
	i->refresh = strs_have(&q->client.client->authorized_grant_types, S("refresh_token"));
	i->id_token = true;
	i->amr = login_methods(q->arena, a->used_code);
	return NULL;
}
