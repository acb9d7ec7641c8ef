/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=refresh_token: a new access token for a spent refresh token.
 * The old one is spent and the new pair stored in one step, so of many that redeem it at once one wins.
 * Source: RFC 6749 §6; RFC 9700 §4.14; Apigee, RefreshAccessToken. */
#include "token/grant.h"

/* The scope may shrink, never grow (RFC 6749 §6). */
static enum oauth_error_id narrowed(struct arena *a, str had, str asked, str *granted)
{
	struct buf b = buf_in(a);
	for (str rest = asked; str_given(rest);) {
		str word = str_cut(&rest, ' ');
		bool held = false;
		for (str r = had; str_given(r) && !held;)
			held = str_eq(str_cut(&r, ' '), word);
		if (word.n && !held)
			return OAUTH_SCOPE_INVALID;
		if (word.n)
			buf_fmt(&b, "%s%.*s", b.n ? " " : "", STR(word));
	}
	*granted = b.n ? buf_str(&b) : had;
	return OAUTH_FINE;
}

static enum oauth_error_id old_token(struct arena *a, struct token_service *t,
                                     const struct grant_request *q, struct token_key *key,
                                     struct token **old)
{
	if (!q->refresh_token.n)
		return OAUTH_REFRESH_MISSING;
	if (!token_key_read(t, q->refresh_token, key))
		return OAUTH_REFRESH_INVALID;
	err e = refresh_get(a, token_store(t), q->organization, key, old);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? OAUTH_REFRESH_INVALID : OAUTH_STORE_AWAY;
	/* RFC 6749 §10.4: bound to the client it was issued to. */
	if (!str_eq((*old)->client_id, q->client_id) || (*old)->refresh_status != APPROVED)
		return OAUTH_REFRESH_INVALID;
	if ((*old)->refresh_expires_at_ms >= 0 && q->now_ms >= (*old)->refresh_expires_at_ms)
		return OAUTH_REFRESH_EXPIRED;
	return OAUTH_FINE;
}

static void inherit(struct token *k, const struct token *old)
{
	k->grant_type = old->grant_type;
	k->end_user = old->end_user;
	k->has_refresh = true;
	k->refresh_status = APPROVED;
	k->refresh_count = old->refresh_count + 1;
	if (!k->attributes.n && !k->hidden_attributes.n) {
		k->attributes = old->attributes;
		k->hidden_attributes = old->hidden_attributes;
	}
}

static enum oauth_error_id issue(struct arena *a, struct token_service *t,
                                 const struct grant_request *q, struct grant_answer *out)
{
	const struct client_view *client;
	struct token *old, *k = &out->token;
	struct token_key key;
	enum oauth_error_id e = grant_client(a, t, q, &client);
	if (!e)
		e = old_token(a, t, q, &key, &old);
	if (!e)
		e = narrowed(a, old->scope, q->scope, &k->scope);
	if (e)
		return e;
	grant_token(a, t, q, client, out);
	inherit(k, old);
	if (q->reuse_refresh_token) {
		k->refresh_key = key;
		k->refresh_issued_at_ms = old->refresh_issued_at_ms;
		k->refresh_expires_at_ms = old->refresh_expires_at_ms;
		out->refresh_token = q->refresh_token;
	} else {
		k->refresh_issued_at_ms = q->now_ms;
		k->refresh_expires_at_ms = q->refresh_ms < 0 ? -1 : q->now_ms + q->refresh_ms;
		out->refresh_token = token_mint(a, t, k->refresh_expires_at_ms, &k->refresh_key);
	}
	err stored = token_rotate(token_store(t), &key, k);
	if (stored.code == ERR_CONFLICT ||
	    stored.code == ERR_NOT_FOUND) /* spent meanwhile by another */
		return OAUTH_REFRESH_INVALID;
	return stored.code ? OAUTH_STORE_AWAY : OAUTH_FINE;
}

const struct grant grant_refresh_token = { "refresh_token", issue };
