/* SPDX-License-Identifier: Apache-2.0 */
/* The need for a client: HTTP Basic, client_id and client_secret in the form, or a signed assertion.
 * An unknown client and a wrong secret cost the same and answer the same.
 * Source: RFC 6749 §2.3.1; oauth2-service reference, 1.3. */
#include "codec/base64.h"
#include "sso/call.h"

struct presented {
	str id, secret; /* absent: not given */
};

/* RFC 6749 §2.3.1: id and secret are form-encoded before they are joined. */
static bool basic_read(struct sso_call *q, str authorization, struct presented *out)
{
	str pair;
	if (!str_istarts(authorization, S("Basic ")) ||
	    base64_read(q->arena, str_trim(str_sub(authorization, 6, STR_NPOS)), &pair).code ||
	    str_find_char(pair, ':') == STR_NPOS)
		return false;
	out->id = percent_decode(q->arena, str_cut(&pair, ':'), true);
	out->secret = percent_decode(q->arena, pair, true);
	return true;
}

static enum sso_error_id presented_read(struct sso_call *q, struct presented *out)
{
	str authorization = sso_header(q, "authorization"), id = sso_form(q, "client_id");
	*out = (struct presented){ id, sso_form(q, "client_secret") };
	if (!str_given(authorization))
		return str_given(id) ? SSO_FINE : SSO_NO_CREDENTIALS;
	if (!basic_read(q, authorization, out))
		return SSO_BAD_CREDENTIALS;
	return str_given(id) && !str_eq(id, out->id) ? SSO_OTHER_CLIENT : SSO_FINE;
}

struct message *need_client(struct sso_call *q)
{
	struct presented p;
	if (str_given(sso_form(q, "client_assertion")))
		return client_assertion_check(q);
	enum sso_error_id wrong = presented_read(q, &p);
	if (wrong)
		return sso_error(q, wrong);
	struct client_key key = { q->sso->settings.zone, p.id };
	err e = oauth_client_check(q->arena, q->store, &key, str_given(p.secret) ? p.secret : S(""),
	                           &q->client);
	if (e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX)
		return sso_error(q, SSO_BAD_CREDENTIALS);
	if (e.code)
		return sso_trouble(q, e);
	bool is_public = !q->client.proves && q->client.client->allow_public && !p.secret.n;
	return q->client.secret_fits || is_public ? NULL : sso_error(q, SSO_BAD_CREDENTIALS);
}
