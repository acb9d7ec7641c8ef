/* SPDX-License-Identifier: Apache-2.0 */
/* Keystores and the certificates and keys in them.
 * A key is bound to its place: sealed for one alias, it opens under no other.
 * Source: store/keystores.h. */
#include "store/keystores.h"

#include "base/secret.h"
#include "rt/tls.h"
#include "store/inside.h"

#define KEY_ARGS(k) DB_ARGS(DB_T((k)->org), DB_T((k)->env), DB_T((k)->name))

static struct change change_of(const struct vhost_key *k)
{
	return (struct change){
		.kind = FEED_keypair, .org = k->org, .env = k->env, .name = k->name
	};
}

/* ---- keystores ---- */

struct keystore_call {
	struct arena *arena;
	const struct vhost_key *key;
	struct keystore *was;
};

static err insert_keystore(struct db *tx, void *arg)
{
	const struct vhost_key *k = arg;
	return db_exec(tx, "INSERT INTO keystore (org, env, name) VALUES ($1, $2, $3)", KEY_ARGS(k),
	               NULL);
}

err keystore_create(struct store *st, const struct vhost_key *k)
{
	struct vhost_key key = *k;
	struct change c = change_of(k);
	return store_change(st, &c, insert_keystore, &key);
}

static struct keystore *described(struct arena *a, str name, const struct db_rows *rows)
{
	struct keystore *ks = arena_new(a, struct keystore);
	struct alias_names *v = arena_array(a, struct alias_names, rows->n + 1);
	ks->name = str_dup(a, name);
	ks->aliases = (struct list){ v, rows->n };
	ks->certs = (struct strs){ arena_array(a, str, rows->n + 1), rows->n };
	ks->keys = (struct strs){ arena_array(a, str, rows->n + 1), 0 };
	for (size_t i = 0; i < rows->n; i++) {
		const struct db_value *c = db_row(rows, i);
		v[i].alias = c[0].s;
		v[i].cert = str_fmt(a, "%.*s-cert", STR(c[0].s));
		ks->certs.v[i] = v[i].cert;
		if (!c[1].s.n)
			continue;
		v[i].key = str_fmt(a, "%.*s-key", STR(c[0].s));
		ks->keys.v[ks->keys.n++] = c[0].s;
	}
	return ks;
}

static err read_keystore(struct arena *a, struct db *db, const struct vhost_key *k,
                         struct keystore **out)
{
	struct db_rows rows;
	struct db_args key = KEY_ARGS(k);
	TRY(one_row(a, db, "SELECT name FROM keystore WHERE org = $1 AND env = $2 AND name = $3",
	            key, &rows));
	TRY(db_query(a, db,
	             "SELECT alias, key_sealed FROM keypair WHERE org = $1 AND env = $2 AND "
	             "keystore = $3 ORDER BY alias",
	             key, &rows));
	*out = described(a, k->name, &rows);
	return DONE;
}

err keystore_get(struct arena *a, struct store *st, const struct vhost_key *k,
                 struct keystore **out)
{
	return read_keystore(a, st->db, k, out);
}

err keystore_names(struct arena *a, struct store *st, str org, str env, struct strs *names)
{
	return names_query(a, st->db,
	                   "SELECT name FROM keystore WHERE org = $1 AND env = $2 ORDER BY name",
	                   DB_ARGS(DB_T(org), DB_T(env)), names);
}

static err delete_keystore(struct db *tx, void *arg)
{
	struct keystore_call *c = arg;
	struct db_args key = KEY_ARGS(c->key);
	struct db_rows rows;
	TRY(read_keystore(c->arena, tx, c->key, &c->was));
	TRY(db_query(c->arena, tx,
	             "SELECT 1 FROM resource_reference WHERE org = $1 AND env = $2 AND refers = $3",
	             key, &rows));
	if (rows.n)
		return FAIL(ERR_CONFLICT);
	TRY(resource_not_deployed(c->arena, tx, c->key, "keystores"));
	TRY(keystore_not_named(c->arena, tx, c->key, c->key->name));
	TRY(db_exec(tx, "DELETE FROM keypair WHERE org = $1 AND env = $2 AND keystore = $3", key,
	            NULL));
	return exec_one(tx, "DELETE FROM keystore WHERE org = $1 AND env = $2 AND name = $3", key);
}

err keystore_delete(struct arena *a, struct store *st, const struct vhost_key *k,
                    struct keystore **was)
{
	struct keystore_call call = { a, k, NULL };
	struct change c = change_of(k);
	TRY(store_change(st, &c, delete_keystore, &call));
	*was = call.was;
	return DONE;
}

/* ---- certificates and keys ---- */

struct keypair_call {
	struct arena *arena;
	struct vhost_key at;
	const struct keypair *pair;
	str alias, sealed;
	const char *sql;
	bool makes_keystore;
};

static str keypair_place(struct arena *a, str org, str env, const struct keypair *p)
{
	return str_fmt(a, "keypair/%.*s/%.*s/%.*s/%.*s", STR(org), STR(env), STR(p->keystore),
	               STR(p->alias));
}

static err find_keystore(struct db *tx, const struct keypair_call *c)
{
	struct db_rows rows;
	return one_row(c->arena, tx,
	               "SELECT 1 FROM keystore WHERE org = $1 AND env = $2 AND name = $3",
	               KEY_ARGS(&c->at), &rows);
}

static err write_keypair(struct db *tx, void *arg)
{
	struct keypair_call *c = arg;
	const struct keypair *p = c->pair;
	int64_t changed;
	if (c->makes_keystore)
		TRY(db_exec(tx,
		            "INSERT INTO keystore (org, env, name) VALUES ($1, $2, $3) ON CONFLICT "
		            "(org, env, name) DO NOTHING",
		            KEY_ARGS(&c->at), NULL));
	TRY(find_keystore(tx, c));
	TRY(db_exec(tx, c->sql,
	            DB_ARGS(DB_T(c->at.org), DB_T(c->at.env), DB_T(p->keystore), DB_T(p->alias),
	                    DB_T(p->cert_pem), DB_B(c->sealed)),
	            &changed));
	return changed ? DONE : FAIL(ERR_NOT_FOUND);
}

#define INSERT_KEYPAIR                                                                           \
	"INSERT INTO keypair (org, env, keystore, alias, cert_pem, key_sealed) VALUES ($1, $2, " \
	"$3, $4, $5, $6)"

static err put(struct store *st, struct keypair_call *call)
{
	struct arena *a = call->arena = arena_create(0, 0);
	const struct keypair *p = call->pair;
	struct change c = change_of(&call->at);
	str place = keypair_place(a, call->at.org, call->at.env, p);
	call->sealed = p->key_pem.n ? seal_text(a, st->seal, place, p->key_pem) : S("");
	err e = store_change(st, &c, write_keypair, call);
	arena_destroy(&a);
	return e;
}

err keypair_put(struct store *st, str org, str env, const struct keypair *p)
{
	struct keypair_call call = {
		.at = { org, env, p->keystore },
		.pair = p,
		.makes_keystore = true,
		.sql = INSERT_KEYPAIR
		" ON CONFLICT (org, env, keystore, alias) DO UPDATE SET cert_pem = "
		"excluded.cert_pem, key_sealed = excluded.key_sealed",
	};
	return put(st, &call);
}

err keypair_create(struct store *st, str org, str env, const struct keypair *p)
{
	struct keypair_call call = { .at = { org, env, p->keystore },
		                     .pair = p,
		                     .sql = INSERT_KEYPAIR };
	return put(st, &call);
}

err keypair_replace(struct store *st, str org, str env, const struct keypair *p)
{
	struct keypair_call call = {
		.at = { org, env, p->keystore },
		.pair = p,
		.sql = "UPDATE keypair SET cert_pem = $5, key_sealed = $6 WHERE org = $1 AND env = "
		       "$2 "
		       "AND keystore = $3 AND alias = $4",
	};
	return put(st, &call);
}

/* The columns keystore, alias, cert_pem, key_sealed. */
static err open_keypair(struct arena *a, struct store *st, str org, str env,
                        const struct db_value *c, struct keypair *out)
{
	*out = (struct keypair){ c[0].s, c[1].s, c[2].s, STR_NONE };
	if (!c[3].s.n)
		return DONE;
	TRY(seal_open_text(a, st->seal, keypair_place(a, org, env, out), c[3].s, &out->key_pem));
	return DONE;
}

err keypair_get(struct arena *a, struct store *st, const struct vhost_key *k, str alias,
                struct keypair **out)
{
	struct db_rows rows;
	TRY(one_row(a, st->db,
	            "SELECT keystore, alias, cert_pem, key_sealed FROM keypair WHERE org = $1 AND "
	            "env = $2 AND keystore = $3 AND alias = $4",
	            DB_ARGS(DB_T(k->org), DB_T(k->env), DB_T(k->name), DB_T(alias)), &rows));
	*out = arena_new(a, struct keypair);
	return open_keypair(a, st, k->org, k->env, db_row(&rows, 0), *out);
}

static void wipe_key(void *pair)
{
	const struct keypair *p = pair;
	wipe((char *)p->key_pem.p, p->key_pem.n);
}

err keypair_list(struct arena *a, struct store *st, str org, str env, struct list *out)
{
	struct db_rows rows;
	TRY(db_query(a, st->db,
	             "SELECT keystore, alias, cert_pem, key_sealed FROM keypair WHERE org = $1 AND "
	             "env = $2 ORDER BY keystore, alias",
	             DB_ARGS(DB_T(org), DB_T(env)), &rows));
	struct keypair *v = arena_array(a, struct keypair, rows.n + 1);
	*out = (struct list){ v, rows.n };
	for (size_t i = 0; i < rows.n; i++) {
		TRY(open_keypair(a, st, org, env, db_row(&rows, i), &v[i]));
		if (v[i].key_pem.n)
			arena_defer(a, wipe_key, &v[i]);
	}
	return DONE;
}

static err delete_keypair(struct db *tx, void *arg)
{
	struct keypair_call *c = arg;
	return exec_one(
		tx,
		"DELETE FROM keypair WHERE org = $1 AND env = $2 AND keystore = $3 AND "
		"alias = $4",
		DB_ARGS(DB_T(c->at.org), DB_T(c->at.env), DB_T(c->at.name), DB_T(c->alias)));
}

err keypair_delete(struct store *st, const struct vhost_key *k, str alias)
{
	struct keypair_call call = { .at = *k, .alias = alias };
	struct change c = change_of(k);
	return store_change(st, &c, delete_keypair, &call);
}

/* ---- what sSLInfo names ---- */

err keystores_load(struct arena *a, struct store *st, str org, str env, struct keystores *out)
{
	*out = (struct keystores){ .environment = env };
	TRY(reference_list(a, st, org, env, &out->references));
	return keypair_list(a, st, org, env, &out->keypairs);
}

err virtual_host_terms(struct arena *a, struct store *st, const struct vhost_key *k,
                       const struct ssl_info *ssl, struct diag *d, struct tls_terms *out)
{
	struct keystores all;
	struct tls_material m;
	TRY(keystores_load(a, st, k->org, k->env, &all));
	TRY(tls_material_find(a, &all, ssl, d, 0, &m));
	if (!m.key_pem.n)
		return diag_add(d, ERR_SYNTAX, 0, "sSLInfo: keyStore and keyAlias are needed");
	if (ssl->client_auth_enabled && !m.trust_pem.n && !ssl->ignore_validation_errors)
		return diag_add(d, ERR_SYNTAX, 0,
		                "sSLInfo: clientAuthEnabled needs a trustStore to judge by");
	*out = (struct tls_terms){
		.cert_pem = m.cert_pem,
		.key_pem = m.key_pem,
		.trust_pem = m.trust_pem,
		.asks = ssl->client_auth_enabled,
		.protocols = ssl->protocols,
		.ciphers = ssl->ciphers,
	};
	return DONE;
}
