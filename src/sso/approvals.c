/* SPDX-License-Identifier: Apache-2.0 */
/* /approvals: what a user has let clients have, to be seen, changed and withdrawn.
 * Everybody sees and changes their own alone; what is withdrawn ends the client's tokens for the user.
 * Source: oauth2-service reference, 3.7. */
#include <jansson.h>

#include "model/json.h"
#include "sso/endpoints.h"
#include "sso/iso_time.h"
#include "sso/revoke.h"
#include "sso/scim.h"
#include "store/approvals.h"

enum { APPROVALS_MAX = 1000 };

struct approval_body {
	str user_id, client_id, scope, expires_at;
	int status;
};
static const char *const statuses[] = { "APPROVED", "DENIED", NULL };
static const struct field fields[] = {
	FIELD(approval_body, user_id, "userId", T_STR),
	FIELD(approval_body, client_id, "clientId", T_STR, .required = true),
	FIELD(approval_body, scope, "scope", T_STR, .required = true),
	FIELD(approval_body, status, "status", T_ENUM, .names = statuses, .required = true),
	FIELD(approval_body, expires_at, "expiresAt", T_STR),
	FIELD_BARE("lastUpdatedAt", T_IGNORED),
	FIELDS_END,
};

static struct approval_key key_of(const struct sso_call *q, str client)
{
	return (struct approval_key){ q->sso->settings.zone, q->bearer.user_id, client };
}

static struct message *invalid(struct sso_call *q, str why)
{
	return sso_scim_error(q, SSO_SCIM_INVALID, sso_told(why));
}

static struct message *listed(struct sso_call *q, str client)
{
	struct approval_key key = key_of(q, client);
	struct list all;
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	err e = approval_list(q->arena, q->store, &key, clock_ms(), &all);
	if (e.code)
		return sso_trouble(q, e);
	json_open(&w, '[');
	LIST_EACH(const struct scope_approval, p, &all) {
		json_open(&w, '{');
		json_pair_given(&w, "userId", key.user_id);
		json_pair_given(&w, "clientId", p->client_id);
		json_pair_given(&w, "scope", p->scope);
		json_pair_given(&w, "status", str_from_z(statuses[!p->approved]));
		scim_time(&w, q->arena, "lastUpdatedAt", p->last_updated_at_ms);
		scim_time(&w, q->arena, "expiresAt", p->expires_at_ms);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	return sso_json(q, 200, buf_str(&b));
}

/* A client's own token is nobody's: it has no approvals. */
struct message *endpoint_approval_list(struct sso_call *q)
{
	return str_given(q->bearer.user_id) ? listed(q, STR_NONE) : sso_may_not(q);
}

static struct message *client_look(struct sso_call *q, str client)
{
	struct oauth_client *c;
	struct client_key key = { q->sso->settings.zone, client };
	err e = oauth_client_get(q->arena, q->store, &key, &c);
	if (e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX)
		return sso_error_about(q, SSO_CLIENT_UNKNOWN, sso_told(client));
	return e.code ? sso_trouble(q, e) : NULL;
}

/* only: the client that all of them must be of; STR_NONE: any. */
static struct message *one_take(struct sso_call *q, const json_t *item, str only,
                                struct scope_approval *out)
{
	struct approval_body b = { 0 };
	struct diag d = { .arena = q->arena };
	int64_t now_ms = clock_ms();
	if (model_read_tree(q->arena, fields, item, MODEL_CREATE, &d, &b).code)
		return invalid(q, diag_text(q->arena, &d));
	if (str_given(b.user_id) && !str_eq(b.user_id, q->bearer.user_id))
		return sso_may_not(q);
	if (str_given(only) && !str_eq(b.client_id, only))
		return invalid(q, S("clientId is not that of the address"));
	*out = (struct scope_approval){ b.client_id, b.scope, b.status == 0, now_ms + APPROVAL_MS,
		                        now_ms };
	if (str_given(b.expires_at) && !iso_time_read(b.expires_at, &out->expires_at_ms))
		return invalid(q, S("expiresAt is a time such as 2026-11-22T02:28:00.000Z"));
	return client_look(q, b.client_id);
}

static struct message *replaced(struct sso_call *q, str client)
{
	size_t n = json_array_size(q->json);
	if (!str_given(q->bearer.user_id))
		return sso_may_not(q);
	if (!json_is_array(q->json) || n > APPROVALS_MAX)
		return invalid(q, S("The body is an array of up to 1000 approvals"));
	struct scope_approval *v = arena_array(q->arena, struct scope_approval, n + 1);
	struct message *m = NULL;
	for (size_t i = 0; i < n && !m; i++)
		m = one_take(q, json_array_get(q->json, i), client, &v[i]);
	if (m)
		return m;
	struct approval_key key = key_of(q, client);
	err e = approvals_replace(q->store, &key, &(struct list){ v, n });
	return e.code ? sso_trouble(q, e) : listed(q, client);
}

struct message *endpoint_approvals_put(struct sso_call *q) { return replaced(q, STR_NONE); }

struct message *endpoint_approvals_put_client(struct sso_call *q)
{
	str client = sso_param(q, "client");
	struct message *m = client_look(q, client);
	return m ? m : replaced(q, client);
}

struct message *endpoint_approvals_delete(struct sso_call *q)
{
	struct approval_key key = key_of(q, sso_query(q, "clientId"));
	if (!str_given(key.user_id))
		return sso_may_not(q);
	if (!key.client_id.n)
		return invalid(q, S("clientId says whose approvals are withdrawn"));
	struct message *m = client_look(q, key.client_id);
	if (m)
		return m;
	struct sso_revocation r = { .kind = REVOKED_PAIR,
		                    .user_id = key.user_id,
		                    .client_id = key.client_id };
	err e = approvals_delete(q->store, &key);
	if (!e.code)
		e = revoke_all(q, &r, 1);
	if (e.code)
		return sso_trouble(q, e);
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_pair_given(&w, "status", S("ok"));
	json_pair_given(&w, "message",
	                str_fmt(q->arena, "Approvals of user %.*s and client %.*s revoked",
	                        STR(key.user_id), STR(key.client_id)));
	json_close(&w, '}');
	return sso_json(q, 200, buf_str(&b));
}
