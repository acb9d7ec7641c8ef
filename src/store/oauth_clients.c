/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of the Edge OAuth2 service.
 * The MAC binds the secret to its client: a row that is copied opens nothing.
 * Source: store/oauth_clients.h. */
#include "store/oauth_clients.h"

#include <stddef.h>

#include "base/rand.h"
#include "codec/digest.h"
#include "store/cache.h"
#include "store/inside.h"

#define CLIENT_BY_ID "SELECT doc FROM oauth_client WHERE zone = $1 AND id = $2"
#define KEY_ARGS(k) DB_ARGS(DB_T((k)->zone), DB_T((k)->id))

enum { SALT = 16, MAC = 32 };

struct client_call {
	struct arena *arena;
	struct store *store;
	const struct client_key *key;
	struct oauth_client *client;
	enum secret_change how;
	str secret;
	struct edit *edit;
};

static struct change change_of(const struct client_key *k)
{
	return (struct change){ .kind = FEED_oauth_client, .org = k->zone, .name = k->id };
}

/* nth: of the key file's keys; 0 is the newest, which new secrets are kept under. */
static str secret_mac(struct arena *a, const struct store *st, const struct client_key *k,
                      str secret, size_t nth)
{
	unsigned char key[MAC], *mac = arena_alloc(a, MAC, 1);
	seal_subkey(st->seal, "oauth-client-secret", nth, key);
	hmac_sha256(str_from(key, MAC),
	            str_fmt(a, "%.*s%c%.*s%c%.*s", STR(k->zone), 0, STR(k->id), 0, STR(secret)),
	            mac);
	return str_from(mac, MAC);
}

static struct db_value mac_value(struct client_call *c)
{
	return str_given(c->secret) ? DB_B(secret_mac(c->arena, c->store, c->key, c->secret, 0))
	                            : DB_NONE;
}

static err insert_client(struct db *tx, void *arg)
{
	struct client_call *c = arg;
	return db_exec(tx,
	               "INSERT INTO oauth_client (zone, id, doc, secret_mac, token_salt)"
	               " VALUES ($1, $2, $3, $4, $5)",
	               DB_ARGS(DB_T(c->key->zone), DB_T(c->key->id),
	                       DB_T(doc_write(c->arena, &oauth_client_noun, c->client)),
	                       mac_value(c), DB_T(rand_alnum(c->arena, SALT))),
	               NULL);
}

err oauth_client_create(struct store *st, const struct client_key *k,
                        const struct oauth_client *given, str secret)
{
	struct arena *a = arena_create(0, 0);
	struct oauth_client client = *given;
	struct client_call call = { a, st, k, &client, SECRET_UPDATE, secret, NULL };
	struct change c = change_of(k);
	client.client_id = k->id;
	client.last_modified_at_ms = clock_ms();
	err e = store_change(st, &c, insert_client, &call);
	arena_destroy(&a);
	return e;
}

err oauth_client_get(struct arena *a, struct store *st, const struct client_key *k,
                     struct oauth_client **out)
{
	void *client;
	TRY(doc_get(a, st->db, &oauth_client_noun, CLIENT_BY_ID, KEY_ARGS(k), &client));
	*out = client;
	return DONE;
}

err oauth_client_list(struct arena *a, struct store *st, str zone, const struct page *p,
                      struct list *out)
{
	return doc_list(a, st->db, &oauth_client_noun,
	                "SELECT doc FROM oauth_client WHERE zone = $1 AND id >= $2 ORDER BY id"
	                " LIMIT $3",
	                DB_ARGS(DB_T(zone), DB_T(page_start(p)), DB_I(page_count(p))), out);
}

static err settle_client(struct db *tx, struct doc_edit *e)
{
	(void)tx;
	((struct oauth_client *)e->thing)->client_id = ((const struct client_key *)e->context)->id;
	return DONE;
}

static err edit_client(struct db *tx, struct client_call *c, struct edit *edit)
{
	struct client_key key = *c->key;
	struct doc_edit e = {
		.arena = c->arena,
		.store = c->store,
		.noun = &oauth_client_noun,
		.edit = edit,
		.select = CLIENT_BY_ID,
		.update = "UPDATE oauth_client SET doc = $3 WHERE zone = $1 AND id = $2",
		.key = KEY_ARGS(&key),
		.at_ms = offsetof(struct oauth_client, last_modified_at_ms),
		.settle = settle_client,
		.context = &key,
	};
	TRY(doc_edit(tx, &e));
	c->client = e.thing;
	return DONE;
}

static err change_client(struct db *tx, void *arg)
{
	struct client_call *c = arg;
	return edit_client(tx, c, c->edit);
}

err oauth_client_change(struct arena *a, struct store *st, const struct client_key *k,
                        struct edit *edit, struct oauth_client **out)
{
	struct client_call call = { .arena = a, .store = st, .key = k, .edit = edit };
	struct change c = change_of(k);
	TRY(store_change(st, &c, change_client, &call));
	*out = call.client;
	return DONE;
}

/* What must not outlive a client: a new one of its name would inherit it. */
static const char *const client_leftovers[] = {
	"DELETE FROM sso_token WHERE zone = $1 AND client_id = $2",
	"DELETE FROM approval WHERE zone = $1 AND client_id = $2",
	"DELETE FROM oauth_client WHERE zone = $1 AND id = $2",
};

static err delete_client(struct db *tx, void *arg)
{
	struct client_call *c = arg;
	struct db_args key = KEY_ARGS(c->key);
	void *was;
	TRY(doc_get(c->arena, tx, &oauth_client_noun, CLIENT_BY_ID, key, &was));
	c->client = was;
	for (size_t i = 0; i < sizeof client_leftovers / sizeof *client_leftovers; i++)
		TRY(db_exec(tx, client_leftovers[i], key, NULL));
	return DONE;
}

err oauth_client_delete(struct arena *a, struct store *st, const struct client_key *k,
                        struct oauth_client **was)
{
	struct client_call call = { .arena = a, .store = st, .key = k };
	struct change c = change_of(k);
	TRY(store_change(st, &c, delete_client, &call));
	*was = call.client;
	return DONE;
}

/* By enum secret_change; $3 is the MAC, $4 the salt. */
static const char *const secret_sql[] = {
	[SECRET_UPDATE] = "UPDATE oauth_client SET secret_mac = $3, second_secret_mac = NULL,"
			  " token_salt = $4 WHERE zone = $1 AND id = $2",
	[SECRET_ADD] = "UPDATE oauth_client SET second_secret_mac = $3, token_salt = $4"
		       " WHERE zone = $1 AND id = $2 AND secret_mac IS NOT NULL"
		       " AND second_secret_mac IS NULL",
	[SECRET_DELETE] = "UPDATE oauth_client SET secret_mac = COALESCE($3, second_secret_mac),"
			  " second_secret_mac = NULL, token_salt = $4"
			  " WHERE zone = $1 AND id = $2 AND second_secret_mac IS NOT NULL",
};

static err write_secret(struct db *tx, void *arg)
{
	struct client_call *c = arg;
	struct db_rows rows;
	TRY(one_row(c->arena, tx, CLIENT_BY_ID, KEY_ARGS(c->key), &rows));
	err e = exec_one(tx, secret_sql[c->how],
	                 DB_ARGS(DB_T(c->key->zone), DB_T(c->key->id), mac_value(c),
	                         DB_T(rand_alnum(c->arena, SALT))));
	return e.code == ERR_NOT_FOUND ? FAIL(ERR_CONFLICT) : e;
}

err oauth_client_secret(struct store *st, const struct client_key *k, enum secret_change how,
                        str secret)
{
	struct arena *a = arena_create(0, 0);
	struct client_call call = { .arena = a,
		                    .store = st,
		                    .key = k,
		                    .how = how,
		                    .secret = how == SECRET_DELETE ? STR_NONE : secret };
	struct change c = change_of(k);
	err e = store_change(st, &c, write_secret, &call);
	arena_destroy(&a);
	return e;
}

/* ---- several at once ---- */
static err to_this(struct arena *a, void *thing, void *arg)
{
	(void)a;
	*(struct oauth_client *)thing = *(const struct oauth_client *)arg;
	return DONE;
}

struct step_call {
	struct client_call call;
	struct client_step *step;
	size_t nth, *failed;
};

static err run_client(struct db *tx, struct client_call *c, const struct client_step *s)
{
	struct oauth_client *to = arena_new(c->arena, struct oauth_client);
	*to = s->to ? *s->to : (struct oauth_client){ 0 };
	switch (s->what) {
	case CLIENT_CREATE:
		to->client_id = s->key.id;
		to->last_modified_at_ms = clock_ms();
		c->client = to;
		return insert_client(tx, c);
	case CLIENT_REPLACE:
		return edit_client(tx, c, &(struct edit){ .fn = to_this, .arg = to });
	case CLIENT_DELETE:
		return delete_client(tx, c);
	case CLIENT_SECRET:
		break;
	}
	void *now;
	TRY(write_secret(tx, c));
	TRY(doc_get(c->arena, tx, &oauth_client_noun, CLIENT_BY_ID, KEY_ARGS(c->key), &now));
	c->client = now;
	return DONE;
}

static err run_step(struct db *tx, void *arg)
{
	struct step_call *c = arg;
	*c->failed = c->nth;
	TRY(run_client(tx, &c->call, c->step));
	c->step->client = c->call.client;
	return DONE;
}

err oauth_clients_run(struct arena *a, struct store *st, struct client_step *v, size_t n,
                      size_t *failed)
{
	struct change *changes = arena_array(a, struct change, n + 1);
	struct step_call *calls = arena_array(a, struct step_call, n + 1);
	struct store_step *steps = arena_array(a, struct store_step, n + 1);
	*failed = 0;
	for (size_t i = 0; i < n; i++) {
		struct client_call call = { a, st, &v[i].key, NULL, v[i].how, v[i].secret, NULL };
		changes[i] = change_of(&v[i].key);
		calls[i] = (struct step_call){ call, &v[i], i, failed };
		steps[i] = (struct store_step){ &changes[i], run_step, &calls[i] };
	}
	return store_changes(st, steps, n);
}

/* Every key and both places are looked at, whatever fits first: the time tells nothing. */
static bool fits(struct arena *a, const struct store *st, const struct client_key *k, str presented,
                 const str macs[2])
{
	bool good = false;
	for (size_t nth = 0; nth < seal_keys(st->seal); nth++) {
		str mac = secret_mac(a, st, k, presented, nth);
		for (int i = 0; i < 2; i++)
			good |= str_eq_secret(str_given(macs[i]) ? macs[i] : S(""), mac);
	}
	return good;
}

static void view_out(const struct oauth_client_view *v, bool good,
                     struct client_credentials_view *out)
{
	bool has_secret = str_given(v->macs[0]);
	*out = (struct client_credentials_view){ .client = v->client,
		                                 .has_secret = has_secret,
		                                 .proves = has_secret || str_given(v->client->jwks),
		                                 .secret_fits = good,
		                                 .token_salt = v->token_salt };
}

/* What reading a client costs, for one that is not there. */
static void read_nobody(struct arena *a)
{
	static const str doc = S_INIT(
		"{\"client_id\":\"nobody\",\"name\":\"get_token, acurl and other command lines\","
		"\"scope\":[\"scim.me\",\"openid\",\"password.write\",\"approvals.me\",\"oauth."
		"approvals\"],"
		"\"resource_ids\":[],\"authorized_grant_types\":[\"password\",\"refresh_token\","
		"\"urn:ietf:params:oauth:grant-type:device_code\"],"
		"\"redirect_uri\":[],\"autoapprove\":[],\"authorities\":[],\"allowpublic\":false,"
		"\"allowedproviders\":[],\"required_user_groups\":[],\"access_token_validity\":"
		"1800,"
		"\"refresh_token_validity\":84600,\"lastModified\":1700000000000}");
	must(!doc_read(a, &oauth_client_noun, doc, arena_new(a, struct oauth_client)).code);
}

/* Memory answers only whoever knows the secret: who does not learns from the time that it takes neither that
 * the client is there nor that it is in use. */
err oauth_client_check(struct arena *a, struct store *st, const struct client_key *k, str presented,
                       struct client_credentials_view *out)
{
	static const str none[2] = { S_INIT(""), S_INIT("") };
	const struct oauth_client_view *v;
	bool there = !oauth_client_at_hand(a, st, k->zone, k->id, &v).code;
	bool good = fits(a, st, k, presented, there ? v->macs : none);
	if (!there || !good) {
		err e = oauth_client_read(a, st, k->zone, k->id, &v);
		good = fits(a, st, k, presented, e.code ? none : v->macs);
		if (e.code == ERR_NOT_FOUND)
			read_nobody(a);
		TRY(e);
	}
	view_out(v, good, out);
	return DONE;
}
