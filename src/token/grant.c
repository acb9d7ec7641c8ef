/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of grants and the checks they share.
 * A product's scopes count only while it is approved for the key.
 * Source: RFC 6749 §2.3, §3.3; Apigee, "Working with OAuth2 scopes". */
#include "token/grant.h"

#define GRANT(symbol) extern const struct grant grant_##symbol;
#include "token/grants.def"
#undef GRANT

static const struct grant *const grants[] = {
#define GRANT(symbol) &grant_##symbol,
#include "token/grants.def"
#undef GRANT
};

static const struct oauth_error errors[] = {
#define ERROR(name, error, text, status, ...) [OAUTH_##name] = { error, text, status },
#include "token/errors.def"
#undef ERROR
};

const struct oauth_error *oauth_error(enum oauth_error_id id)
{
	must(id != OAUTH_FINE);
	return &errors[id];
}

const struct grant *grant_find(str grant_type)
{
	for (size_t i = 0; i < sizeof grants / sizeof *grants; i++)
		if (str_eq(grant_type, str_from_z(grants[i]->name)))
			return grants[i];
	return NULL;
}

enum oauth_error_id grant_client(struct arena *a, struct token_service *t,
                                 const struct grant_request *q, const struct client_view **out)
{
	if (!q->client_id.n)
		return OAUTH_CLIENT_ID_MISSING;
	if (!q->trusted && !q->client_secret.n)
		return OAUTH_CLIENT_SECRET_MISSING;
	err e = client_view(a, token_store(t), q->organization, q->client_id, out);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? OAUTH_CLIENT_UNKNOWN : OAUTH_STORE_AWAY;
	const struct client_view *c = *out;
	/* First the secret: what else is wrong with a client is told to nobody but the client. */
	if (!q->trusted && !str_eq_secret(c->credential->consumer_secret, q->client_secret))
		return OAUTH_CLIENT_SECRET_WRONG;
	if (c->credential->status != APPROVED)
		return OAUTH_KEY_REVOKED;
	if (c->credential->expires_at_ms >= 0 && q->now_ms >= c->credential->expires_at_ms)
		return OAUTH_KEY_EXPIRED;
	if (c->app->status != APPROVED)
		return OAUTH_APP_REVOKED;
	return c->developer->status == DEVELOPER_ACTIVE ? OAUTH_FINE : OAUTH_DEVELOPER_INACTIVE_NOW;
}

/* The scopes of all approved products, each once, in the order of the products. */
static struct strs allowed_scopes(struct arena *a, const struct client_view *c)
{
	struct strs all = { 0 };
	const struct product_status *approved = c->credential->api_products.v;
	for (size_t i = 0; i < c->n_products; i++) {
		if (approved[i].status != APPROVED || !c->products[i])
			continue;
		const struct strs *scopes = &c->products[i]->scopes;
		for (size_t k = 0; k < scopes->n; k++)
			if (scopes->v[k].n && !strs_have(&all, scopes->v[k]))
				strs_add(a, &all, scopes->v[k]);
	}
	return all;
}

static void add_word(struct buf *b, str word)
{
	if (b->n)
		buf_char(b, ' ');
	buf_add(b, word);
}

enum oauth_error_id grant_scope(struct arena *a, const struct client_view *c, str asked,
                                str *granted)
{
	struct strs all = allowed_scopes(a, c);
	struct buf b = buf_in(a);
	bool any = false;
	for (str rest = asked; str_given(rest);) {
		str word = str_cut(&rest, ' ');
		any |= word.n > 0;
		if (word.n && strs_have(&all, word))
			add_word(&b, word);
	}
	for (size_t i = 0; !any && i < all.n; i++)
		add_word(&b, all.v[i]);
	*granted = buf_str(&b);
	return any && !b.n ? OAUTH_SCOPE_INVALID : OAUTH_FINE;
}

static struct strs approved_products(struct arena *a, const struct credential *c)
{
	struct strs names = { arena_array(a, str, c->api_products.n), 0 };
	LIST_EACH(struct product_status, p, &c->api_products)
		if (p->status == APPROVED)
			names.v[names.n++] = p->apiproduct;
	return names;
}

void grant_token(struct arena *a, struct token_service *t, const struct grant_request *q,
                 const struct client_view *c, struct grant_answer *out)
{
	struct token *k = &out->token;
	out->client = c;
	k->organization = q->organization;
	k->client_id = c->credential->consumer_key;
	k->app_id = c->app->app_id;
	k->developer_id = c->app->developer_id;
	k->products = approved_products(a, c->credential);
	k->end_user = q->end_user;
	k->attributes = q->attributes;
	k->hidden_attributes = q->hidden_attributes;
	k->status = APPROVED;
	k->issued_at_ms = q->now_ms;
	k->expires_at_ms = q->access_ms < 0 ? -1 : q->now_ms + q->access_ms;
	out->access_token = token_mint(a, t, k->expires_at_ms, &k->key);
}
