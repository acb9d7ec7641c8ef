/* SPDX-License-Identifier: Apache-2.0 */
/* /oauth/clients: registering, listing, replacing and deleting clients, and their secrets.
 * A secret comes in and never goes out; whoever loses theirs gets a new one.
 * Source: oauth2-service reference, 3.8, 4.8. */
#include <jansson.h>

#include "model/json.h"
#include "sso/client_rules.h"
#include "sso/clients.h"
#include "sso/endpoints.h"
#include "sso/revoke.h"

enum { LIST_MAX = 500 };

static struct client_key key_of(const struct sso_call *q)
{
	return (struct client_key){ q->sso->settings.zone, sso_param(q, "client") };
}

struct message *client_trouble(struct sso_call *q, err e, str id)
{
	if (e.code == ERR_NOT_FOUND)
		return sso_error_about(q, SSO_CLIENT_UNKNOWN, sso_told(id));
	return e.code == ERR_CONFLICT ? sso_error_about(q, SSO_CLIENT_EXISTS, sso_told(id))
	                              : sso_trouble(q, e);
}

/* ---- JSON ---- */
/* autoapprove is true, or a list; jwks is an object. */
json_t *client_tree(struct sso_call *q, const struct oauth_client *c)
{
	struct buf b = buf_in(q->arena);
	struct json_writer plain = json_to(&b, false);
	struct diag d = { .arena = q->arena };
	json_t *tree;
	model_write_json(&plain, oauth_client_noun.fields, c);
	must(!json_read(q->arena, buf_str(&b), &d, &tree).code);
	if (strs_have(&c->auto_approve, S("true")))
		json_object_set_new(tree, "autoapprove", json_true());
	json_t *keys;
	if (str_given(c->jwks) && !json_read(q->arena, c->jwks, &d, &keys).code)
		json_object_set(tree, "jwks", keys);
	return tree;
}

static struct message *client_answer(struct sso_call *q, unsigned status,
                                     const struct oauth_client *c)
{
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	json_tree(&w, client_tree(q, c));
	return sso_json(q, status, buf_str(&b));
}

static void jwks_to_text(struct arena *a, json_t *tree)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	if (!json_is_object(json_object_get(tree, "jwks")))
		return;
	json_tree(&w, json_object_get(tree, "jwks"));
	json_object_set_new(tree, "jwks", json_stringn(buf_str(&b).p, buf_str(&b).n));
}

/* Takes client_secret out, makes a list of autoapprove and a text of jwks; then the table reads the rest. */
struct message *client_read(struct sso_call *q, json_t *tree, struct client_asked *out)
{
	struct diag d = { .arena = q->arena };
	json_t *given = json_object_get(tree, "client_secret"),
	       *approve = json_object_get(tree, "autoapprove");
	*out = (struct client_asked){ 0 };
	if (given && !json_is_null(given)) {
		out->secret = str_dup(q->arena, json_text(given));
		str why = client_secret_refusal(out->secret);
		if (str_given(why))
			return sso_error_about(q, SSO_CLIENT_INVALID, why);
	}
	json_object_del(tree, "client_secret");
	jwks_to_text(q->arena, tree);
	if (json_is_boolean(approve))
		json_object_set_new(tree, "autoapprove",
		                    json_is_true(approve) ? json_pack("[s]", "true")
		                                          : json_array());
	if (model_read_tree(q->arena, oauth_client_noun.fields, tree, MODEL_CREATE, &d,
	                    &out->client)
	            .code)
		return sso_error_about(q, SSO_CLIENT_INVALID, sso_told(diag_text(q->arena, &d)));
	return NULL;
}

/* ---- reading ---- */
struct message *endpoint_client_get(struct sso_call *q)
{
	struct oauth_client *c;
	struct client_key key = key_of(q);
	err e = oauth_client_get(q->arena, q->store, &key, &c);
	return e.code ? client_trouble(q, e, key.id) : client_answer(q, 200, c);
}

struct message *endpoint_client_list(struct sso_call *q)
{
	struct list all;
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	err e = oauth_client_list(q->arena, q->store, q->sso->settings.zone, NULL, &all);
	if (e.code)
		return sso_trouble(q, e);
	int64_t start = sso_query_count(q, "startIndex", 1),
		count = sso_query_count(q, "count", 100), n = 0;
	count = count > LIST_MAX ? LIST_MAX : count;
	json_open(&w, '{');
	json_key(&w, S("resources"));
	json_open(&w, '[');
	for (int64_t i = start - 1; i < (int64_t)all.n && n < count; i++, n++)
		json_tree(&w, client_tree(q, (struct oauth_client *)all.v + i));
	json_close(&w, ']');
	json_pair_int(&w, "startIndex", start);
	json_pair_int(&w, "itemsPerPage", n);
	json_pair_int(&w, "totalResults", (int64_t)all.n);
	json_key(&w, S("schemas"));
	json_open(&w, '[');
	json_str(&w, S("http://cloudfoundry.org/schema/scim/oauth-clients-1.0"));
	json_close(&w, ']');
	json_close(&w, '}');
	return sso_json(q, 200, buf_str(&b));
}

/* ---- writing ---- */
static struct message *create(struct sso_call *q, bool restricted)
{
	struct client_asked asked;
	struct oauth_client *made;
	struct message *m = client_read(q, q->json, &asked);
	if (m)
		return m;
	str why = client_refusal(q, &asked.client, NULL, str_given(asked.secret));
	if (!str_given(why) && restricted)
		why = client_restriction(q->arena, &asked.client);
	if (str_given(why))
		return sso_error_about(q, SSO_CLIENT_INVALID, why);
	struct client_key key = { q->sso->settings.zone, asked.client.client_id };
	err e = oauth_client_create(q->store, &key, &asked.client, asked.secret);
	if (!e.code)
		e = oauth_client_get(q->arena, q->store, &key, &made);
	if (e.code)
		return client_trouble(q, e, key.id);
	sso_log(q, "client_created", "client", key.id);
	return client_answer(q, 201, made);
}

struct message *endpoint_client_create(struct sso_call *q) { return create(q, false); }

struct message *endpoint_client_create_restricted(struct sso_call *q) { return create(q, true); }

static err replace(struct arena *a, void *thing, void *arg)
{
	(void)a;
	*(struct oauth_client *)thing = *(const struct oauth_client *)arg;
	return DONE;
}

static struct message *put(struct sso_call *q, bool restricted)
{
	struct client_key key = key_of(q);
	struct client_credentials_view was;
	struct client_asked asked;
	struct oauth_client *now;
	err e = oauth_client_check(q->arena, q->store, &key, S(""), &was);
	if (e.code)
		return client_trouble(q, e, key.id);
	if (json_is_object(q->json) && !json_object_get(q->json, "client_id"))
		json_object_set_new(q->json, "client_id", json_stringn(key.id.p, key.id.n));
	struct message *m = client_read(q, q->json, &asked);
	if (m)
		return m;
	str why = str_given(asked.secret) ? S("A secret is changed at /oauth/clients/{id}/secret")
	          : !str_eq(asked.client.client_id, key.id)
	                  ? S("client_id is not that of the address")
	                  : client_refusal(q, &asked.client, was.client, was.has_secret);
	if (!str_given(why) && restricted) /* nor is one changed that has more */
		why = client_restriction(q->arena, was.client);
	if (!str_given(why) && restricted)
		why = client_restriction(q->arena, &asked.client);
	if (str_given(why))
		return sso_error_about(q, SSO_CLIENT_INVALID, why);
	struct edit edit = { .fn = replace, .arg = &asked.client };
	e = oauth_client_change(q->arena, q->store, &key, &edit, &now);
	if (e.code)
		return client_trouble(q, e, key.id);
	sso_log(q, "client_changed", "client", key.id);
	return client_answer(q, 200, now);
}

struct message *endpoint_client_put(struct sso_call *q) { return put(q, false); }

struct message *endpoint_client_put_restricted(struct sso_call *q) { return put(q, true); }

err client_tokens_end(struct sso_call *q, const str *ids, size_t n)
{
	struct sso_revocation *v = arena_array(q->arena, struct sso_revocation, n + 1);
	for (size_t i = 0; i < n; i++)
		v[i] = (struct sso_revocation){ .kind = REVOKED_CLIENT, .client_id = ids[i] };
	return revoke_all(q, v, n);
}

struct message *endpoint_client_delete(struct sso_call *q)
{
	struct client_key key = key_of(q);
	struct oauth_client *was;
	err e = oauth_client_delete(q->arena, q->store, &key, &was);
	if (!e.code)
		e = client_tokens_end(q, &key.id, 1);
	if (e.code)
		return client_trouble(q, e, key.id);
	sso_log(q, "client_deleted", "client", key.id);
	return client_answer(q, 200, was);
}

/* ---- secrets ---- */
static const struct {
	str mode;
	const char *done;
	enum sso_error_id conflict;
} changes[] = {
	[SECRET_UPDATE] = { S_INIT("UPDATE"), "secret updated", SSO_CLIENT_UNKNOWN },
	[SECRET_ADD] = { S_INIT("ADD"), "Secret is added", SSO_SECRET_TWO },
	[SECRET_DELETE] = { S_INIT("DELETE"), "Secret is deleted", SSO_SECRET_ONE },
};
enum { CHANGES = sizeof changes / sizeof *changes };

static const struct field secret_fields[] = {
	FIELD(secret_asked, old_secret, "oldSecret", T_STR),
	FIELD(secret_asked, secret, "secret", T_STR),
	FIELD(secret_asked, mode, "changeMode", T_STR, .dflt = "UPDATE"),
	FIELD(secret_asked, client_id, "clientId", T_STR),
	FIELDS_END,
};

struct message *client_secret_read(struct sso_call *q, json_t *tree, struct secret_asked *b)
{
	struct diag d = { .arena = q->arena };
	int how = 0;
	*b = (struct secret_asked){ 0 };
	if (model_read_tree(q->arena, secret_fields, tree, MODEL_CREATE, &d, b).code)
		return sso_error_about(q, SSO_CLIENT_INVALID, sso_told(diag_text(q->arena, &d)));
	while (how < CHANGES && !str_eq(b->mode, changes[how].mode))
		how++;
	str why = how == CHANGES         ? S("changeMode takes UPDATE, ADD or DELETE")
	          : how == SECRET_DELETE ? STR_NONE
	                                 : client_secret_refusal(b->secret);
	b->how = (enum secret_change)how;
	return str_given(why) ? sso_error_about(q, SSO_CLIENT_INVALID, why) : NULL;
}

struct message *client_secret_trouble(struct sso_call *q, err e, enum secret_change how, str id)
{
	return e.code == ERR_CONFLICT ? sso_error(q, changes[how].conflict)
	                              : client_trouble(q, e, id);
}

/* An administrator changes any; a client its own, if it knows the one before. */
static enum sso_error_id secret_allowed(struct sso_call *q, const struct client_credentials_view *v)
{
	if (sso_may(q, "clients.admin"))
		return SSO_FINE;
	if (str_given(q->bearer.user_id) || !str_eq(q->bearer.client_id, v->client->client_id))
		return SSO_SECRET_OTHER;
	return v->secret_fits ? SSO_FINE : SSO_SECRET_OLD;
}

struct message *endpoint_client_secret(struct sso_call *q)
{
	struct client_key key = key_of(q);
	struct secret_asked b;
	struct client_credentials_view v;
	struct message *m = client_secret_read(q, q->json, &b);
	if (m)
		return m;
	err e = oauth_client_check(q->arena, q->store, &key,
	                           str_given(b.old_secret) ? b.old_secret : S(""), &v);
	enum sso_error_id wrong = e.code ? SSO_FINE : secret_allowed(q, &v);
	if (wrong)
		return sso_error(q, wrong);
	if (!e.code)
		e = oauth_client_secret(q->store, &key, b.how, b.secret);
	if (!e.code && b.how == SECRET_UPDATE)
		e = client_tokens_end(q, &key.id, 1);
	if (e.code)
		return client_secret_trouble(q, e, b.how, key.id);
	sso_log(q, "client_secret_changed", "client", key.id);
	return sso_json(
		q, 200,
		str_fmt(q->arena, "{\"status\":\"ok\",\"message\":\"%s\"}", changes[b.how].done));
}
