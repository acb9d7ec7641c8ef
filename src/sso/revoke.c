/* SPDX-License-Identifier: Apache-2.0 */
/* POST /oauth/revoke: a client gives back a token; with a refresh token ends all that came of its login.
 * A token that is none of ours, or dead, is as good as revoked: nothing is told of it.
 * Source: RFC 7009. */
#include "sso/revoke.h"

#include <jansson.h>

#include "sso/endpoints.h"
#include "sso/issue.h"

err revoke_all(struct sso_call *q, struct sso_revocation *v, size_t n)
{
	int64_t now_ms = clock_ms();
	for (size_t i = 0; i < n; i++) {
		v[i].now_ms = now_ms;
		TRY(sso_revoke(q->store, q->sso->settings.zone, &v[i]));
	}
	return n ? sso_revocation_settle(now_ms) : DONE;
}

err login_end(struct sso_call *q, const struct sso_token *row)
{
	struct diag d = { .arena = q->arena };
	json_t *claims;
	TRY(json_read(q->arena, row->claims, &d, &claims));
	struct sso_revocation r = {
		.kind = REVOKED_LOGIN,
		.user_id = row->user_id,
		.client_id = row->client_id,
		.family = row->family,
		.auth_time_s = json_integer_value(json_object_get(claims, "auth_time")),
		.until_ms = later(row->expires_at_ms, clock_ms() + access_lives_s(q) * 1000),
	};
	return revoke_all(q, &r, 1);
}

err family_end(struct sso_call *q, str family)
{
	struct sso_family_end end = { family, clock_ms(), access_lives_s(q) * 1000 };
	return sso_family_revoke(q->store, q->sso->settings.zone, &end);
}

static err end_access(struct sso_call *q, const struct bearer *b)
{
	struct sso_revocation r = { .kind = REVOKED_TOKEN,
		                    .jti = b->jti,
		                    .now_ms = clock_ms(),
		                    .until_ms = (b->exp_s + 1) * 1000 };
	return sso_revoke(q->store, q->sso->settings.zone, &r);
}

static err end_refresh(struct sso_call *q, const struct bearer *b)
{
	struct sso_token *row;
	err e = sso_token_get(q->arena, q->store, q->sso->settings.zone, b->jti, &row);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? DONE : e;
	return login_end(q, row);
}

/* Of either kind: token_type_hint only says where to look first, and there is one place. */
static err read_any(struct sso_call *q, struct bearer_text *t, struct bearer *b,
                    enum bearer_worth *w)
{
	TRY(bearer_read(q->arena, &q->sso->bearers, t, b, w));
	if (*w != BEARER_KIND)
		return DONE;
	t->kind = BEARER_REFRESH;
	return bearer_read(q->arena, &q->sso->bearers, t, b, w);
}

struct message *endpoint_revoke(struct sso_call *q)
{
	struct bearer_text t = { BEARER_ACCESS, sso_form(q, "token"), clock_ms() };
	struct bearer b;
	enum bearer_worth w;
	if (!t.text.n)
		return sso_error(q, SSO_TOKEN_UNSAID);
	err e = read_any(q, &t, &b, &w);
	bool known = !e.code && w != BEARER_SIGNATURE && w != BEARER_UNKNOWN;
	if (known && !str_eq(b.client_id, q->client.client->client_id))
		return sso_error(q, SSO_REVOKE_CLIENT);
	if (!e.code && (w == BEARER_GOOD || w == BEARER_SPENT))
		e = t.kind == BEARER_REFRESH ? end_refresh(q, &b) : end_access(q, &b);
	return e.code ? sso_trouble(q, e) : sso_json(q, 200, S(""));
}
