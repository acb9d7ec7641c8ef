/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=authorization_code: the code of /oauth/authorize for tokens.
 * A code is good once; whoever brings it again ends what came of it, since one of the two stole it.
 * Source: RFC 6749 §4.1.3, §4.1.2, RFC 7636 §4.6; oauth2-service reference, 1.12 (27 to 33). */
#include "codec/base64.h"
#include "codec/digest.h"
#include "sso/authorization.h"
#include "sso/grant.h"
#include "sso/revoke.h"
#include "store/codes.h"

enum { AT_LEAST_S = 86400 }; /* is its end remembered */

/* By id, too: who was first may be about to issue them. */
static err end_all(struct sso_call *q, const struct authorization *a, str user_id)
{
	const struct oauth_client *c = q->client.client;
	const struct sso_settings *s = &q->sso->settings;
	int64_t lives_s = later(later(c->refresh_validity_s, s->refresh_validity_s),
	                        later(c->access_validity_s, s->access_validity_s));
	int64_t until_ms = clock_ms() + later(lives_s, AT_LEAST_S) * 1000;
	struct sso_revocation ends[] = {
		{ .kind = REVOKED_TOKEN, .jti = a->access_jti, .until_ms = until_ms },
		{ .kind = REVOKED_TOKEN, .jti = a->refresh_jti, .until_ms = until_ms },
		{ .kind = REVOKED_LOGIN,
		  .user_id = user_id,
		  .client_id = a->client_id,
		  .family = a->family,
		  .auth_time_s = a->auth_time_s,
		  .until_ms = until_ms },
	};
	return revoke_all(q, ends, sizeof ends / sizeof *ends);
}

static struct message *replayed(struct sso_call *q, const struct authorization *a, str user_id)
{
	err e = end_all(q, a, user_id);
	return e.code ? sso_trouble(q, e) : sso_error(q, SSO_CODE_WRONG);
}

static enum sso_error_id check_verifier(struct sso_call *q, const struct authorization *a)
{
	str verifier = sso_form(q, "code_verifier"), shown = verifier;
	unsigned char sum[32];
	if (!str_given(a->challenge))
		return verifier.n ? SSO_VERIFIER_NEEDLESS : SSO_FINE;
	if (!verifier.n)
		return SSO_VERIFIER_MISSING;
	if (!pkce_text(verifier))
		return SSO_VERIFIER_SHAPE;
	if (str_eq(a->method, S("S256"))) {
		sha256(verifier, sum);
		shown = base64url_write(q->arena, str_from(sum, sizeof sum));
	}
	return str_eq_secret(shown, a->challenge) ? SSO_FINE : SSO_VERIFIER_WRONG;
}

static enum sso_error_id check_request(struct sso_call *q, const struct authorization *a)
{
	str uri = sso_form(q, "redirect_uri");
	if ((a->redirect_given || str_given(uri)) && !str_eq(uri, a->redirect_uri))
		return SSO_REDIRECT_MISMATCH;
	return check_verifier(q, a);
}

/* The code, looked at before it is spent: what is wrong with the request costs nobody their code. */
static struct message *take(struct sso_call *q, struct authorization *a, str *user_id)
{
	struct code_key key = { q->sso->settings.zone, "authorization", sso_form(q, "code") };
	struct code code;
	if (!key.text.n)
		return sso_error(q, SSO_CODE_MISSING);
	err e = code_get(q->arena, q->store, &key, clock_ms(), &code);
	if (e.code == ERR_NOT_FOUND)
		return sso_error(q, SSO_CODE_WRONG);
	if (!e.code)
		e = authorization_read(q->arena, code.doc, a);
	if (e.code)
		return sso_trouble(q, e);
	*user_id = code.owner;
	if (!str_eq(a->client_id, q->client.client->client_id))
		return sso_error(q, SSO_CODE_CLIENT);
	if (code.state == CODE_SPENT)
		return replayed(q, a, *user_id);
	enum sso_error_id wrong = check_request(q, a);
	if (wrong)
		return sso_error(q, wrong);
	e = code_take(q->arena, q->store, &key, CODE_WAITING, clock_ms(), &code);
	if (e.code == ERR_CONFLICT)
		return replayed(q, a, *user_id);
	if (e.code == ERR_NOT_FOUND)
		return sso_error(q, SSO_CODE_WRONG);
	return e.code ? sso_trouble(q, e) : NULL;
}

static struct message *check(struct sso_call *q, struct issue *i)
{
	struct authorization *a = arena_new(q->arena, struct authorization);
	str user_id = STR_NONE;
	struct message *m = take(q, a, &user_id);
	if (m)
		return m;
	i->grant_type = S("authorization_code");
	i->nonce = a->nonce;
	i->access_jti = a->access_jti;
	i->refresh_jti = a->refresh_jti;
	i->family = a->family;
	return grant_allowed(q, i,
	                     &(struct allowed){ user_id, a->scope, a->auth_time_s, a->used_code,
	                                        SSO_CODE_WRONG });
}

const struct sso_grant sso_grant_authorization_code = { "authorization_code", check };
