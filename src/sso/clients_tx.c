/* SPDX-License-Identifier: Apache-2.0 */
/* /oauth/clients/tx: several clients in one change, made, replaced, deleted, or given a new secret.
 * All of them or none: the first that is refused is the answer, and nothing has happened.
 * Source: oauth2-service reference, 3.8. */
#include <jansson.h>

#include "sso/client_rules.h"
#include "sso/clients.h"
#include "sso/endpoints.h"

enum { BATCH_MAX = 500 };

enum { ADD = 1, UPDATE = 2, DELETE = 4, SECRET = 8 };
static const struct {
	const char *name;
	unsigned does;
} actions[] = {
	{ "add", ADD },       { "update", UPDATE },
	{ "delete", DELETE }, { "update,secret", UPDATE | SECRET },
	{ "secret", SECRET },
};
enum { ACTIONS = sizeof actions / sizeof *actions };

struct item {               /* of the answer */
	size_t step;        /* the last of its steps: what the client is then */
	const char *action; /* NULL: not said */
};

struct batch {
	VEC(struct client_step) steps;
	VEC(struct item) items;
	struct strs ended; /* clients whose tokens go */
};

static struct message *invalid(struct sso_call *q, str why)
{
	return sso_error_about(q, SSO_CLIENT_INVALID, sso_told(why));
}

/* What is there before the batch: what it makes itself is not changed by it, too. */
static struct message *was_find(struct sso_call *q, const struct client_key *key, str secret,
                                struct client_credentials_view *was)
{
	err e = oauth_client_check(q->arena, q->store, key, str_given(secret) ? secret : S(""),
	                           was);
	return e.code ? client_trouble(q, e, key->id) : NULL;
}

static str refusal(struct sso_call *q, const struct client_asked *asked, unsigned does,
                   const struct client_credentials_view *was)
{
	bool given = str_given(asked->secret);
	if (does & SECRET && !given)
		return S("client_secret is the new secret");
	if (given && !(does & (ADD | SECRET | DELETE)))
		return S("A secret is changed at /oauth/clients/{id}/secret");
	return does & (ADD | UPDATE)
	               ? client_refusal(q, &asked->client, was->client, given || was->has_secret)
	               : STR_NONE;
}

static void step_add(struct sso_call *q, struct batch *b, struct client_step step, int what)
{
	step.what = what;
	VEC_PUSH(q->arena, &b->steps, step);
}

static struct message *item_read(struct sso_call *q, json_t *tree, unsigned does, struct batch *b)
{
	struct client_asked *asked = arena_new(q->arena, struct client_asked);
	struct client_credentials_view was = { 0 };
	struct message *m = client_read(q, tree, asked);
	struct client_key key = { q->sso->settings.zone, asked->client.client_id };
	if (!m && !(does & ADD))
		m = was_find(q, &key, STR_NONE, &was);
	if (m)
		return m;
	str why = refusal(q, asked, does, &was);
	if (str_given(why))
		return invalid(q, why);
	struct client_step step = { .key = key, .to = &asked->client, .secret = asked->secret };
	if (does & ADD)
		step_add(q, b, step, CLIENT_CREATE);
	if (does & UPDATE)
		step_add(q, b, step, CLIENT_REPLACE);
	if (does & DELETE)
		step_add(q, b, step, CLIENT_DELETE);
	if (does & SECRET)
		step_add(q, b, step, CLIENT_SECRET);
	if (does & (DELETE | SECRET))
		strs_add(q->arena, &b->ended, key.id);
	VEC_PUSH(q->arena, &b->items, (struct item){ b->steps.n - 1, NULL });
	return NULL;
}

/* With the key action when each item says its own. */
static struct message *action_read(struct sso_call *q, json_t *tree, unsigned none, struct batch *b)
{
	(void)none;
	str name = json_member_str(tree, "action");
	size_t i = 0;
	while (i < ACTIONS && !str_eq(name, str_from_z(actions[i].name)))
		i++;
	if (i == ACTIONS)
		return invalid(q, S("action takes add, update, delete, secret or update,secret"));
	json_object_del(tree, "action");
	struct message *m = item_read(q, tree, actions[i].does, b);
	if (!m)
		b->items.v[b->items.n - 1].action = actions[i].name;
	return m;
}

static struct message *secret_read(struct sso_call *q, json_t *tree, unsigned none, struct batch *b)
{
	(void)none;
	struct secret_asked asked;
	struct client_credentials_view was;
	struct message *m = client_secret_read(q, tree, &asked);
	if (!m && !str_given(asked.client_id))
		m = invalid(q, S("clientId says whose secret it is"));
	struct client_key key = { q->sso->settings.zone, asked.client_id };
	if (!m)
		m = was_find(q, &key, asked.old_secret, &was);
	if (!m && str_given(asked.old_secret) && !was.secret_fits)
		m = sso_error(q, SSO_SECRET_OLD);
	if (m)
		return m;
	step_add(q, b, (struct client_step){ .key = key, .how = asked.how, .secret = asked.secret },
	         CLIENT_SECRET);
	VEC_PUSH(q->arena, &b->items, (struct item){ b->steps.n - 1, NULL });
	if (asked.how == SECRET_UPDATE)
		strs_add(q->arena, &b->ended, key.id);
	return NULL;
}

/* ---- all of them ---- */
static struct message *shown(struct sso_call *q, unsigned status, const struct batch *b)
{
	struct buf out = buf_in(q->arena);
	struct json_writer w = json_to(&out, false);
	json_open(&w, '[');
	for (size_t i = 0; i < b->items.n; i++) {
		const struct client_step *s = &b->steps.v[b->items.v[i].step];
		json_t *tree = client_tree(q, s->client);
		if (b->items.v[i].action)
			json_object_set_new(tree, "action", json_string(b->items.v[i].action));
		if (s->what == CLIENT_DELETE)
			json_object_set_new(tree, "approvals_deleted", json_true());
		json_tree(&w, tree);
	}
	json_close(&w, ']');
	return sso_json(q, status, buf_str(&out));
}

static struct message *run(struct sso_call *q, unsigned status, struct batch *b)
{
	size_t failed;
	err e = oauth_clients_run(q->arena, q->store, b->steps.v, b->steps.n, &failed);
	if (!e.code)
		e = client_tokens_end(q, b->ended.v, b->ended.n);
	const struct client_step *s = &b->steps.v[failed];
	if (e.code)
		return s->what == CLIENT_SECRET ? client_secret_trouble(q, e, s->how, s->key.id)
		                                : client_trouble(q, e, s->key.id);
	for (size_t i = 0; i < b->steps.n; i++)
		sso_log(q, "client_changed_in_batch", "client", b->steps.v[i].key.id);
	return shown(q, status, b);
}

static struct message *batch(struct sso_call *q, unsigned status,
                             struct message *(*read)(struct sso_call *, json_t *, unsigned does,
                                                     struct batch *),
                             unsigned does)
{
	struct batch b = { 0 };
	size_t n = json_array_size(q->json);
	struct message *m = NULL;
	if (!n || n > BATCH_MAX)
		return invalid(q, S("The body is an array of 1 to 500 clients"));
	for (size_t i = 0; i < n && !m; i++)
		m = read(q, json_array_get(q->json, i), does, &b);
	return m ? m : run(q, status, &b);
}

struct message *endpoint_clients_create(struct sso_call *q)
{
	return batch(q, 201, item_read, ADD);
}

struct message *endpoint_clients_put(struct sso_call *q)
{
	return batch(q, 200, item_read, UPDATE);
}

struct message *endpoint_clients_delete(struct sso_call *q)
{
	return batch(q, 200, item_read, DELETE);
}

struct message *endpoint_clients_modify(struct sso_call *q)
{
	return batch(q, 200, action_read, 0);
}

struct message *endpoint_clients_secret(struct sso_call *q)
{
	return batch(q, 200, secret_read, 0);
}
