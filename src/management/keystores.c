/* SPDX-License-Identifier: Apache-2.0 */
/* Keystores and truststores of an environment, and the aliases in them.
 * A private key goes in and never comes out.
 * Source: Apigee Edge management API, keystores. */
#include "store/keystores.h"

#include "codec/certificate.h"
#include "management/alias_body.h"
#include "management/names.h"
#include "management/resources.h"

/* An unknown environment is told before an unknown keystore, that before an unknown alias. */
static struct message *trouble(struct api *q, err e, str name, str alias)
{
	struct keystore *ks;
	struct vhost_key key = key_here(q, name);
	struct message *none = no_environment(q);
	if (none)
		return none;
	bool known = !keystore_get(q->arena, q->store, &key, &ks).code;
	if (e.code == ERR_NOT_FOUND && (!known || !str_given(alias)))
		return answer_error(q, 404, "messaging.config.beans.KeyStoreDoesNotExist",
		                    "KeyStore %.*s does not exist in environment %.*s", STR(name),
		                    STR(q->env));
	if (e.code == ERR_NOT_FOUND)
		return answer_error(q, 404, "messaging.config.beans.KeyStoreAliasDoesNotExist",
		                    "Alias %.*s does not exist in KeyStore %.*s", STR(alias),
		                    STR(name));
	if (e.code == ERR_CONFLICT && str_given(alias))
		return answer_error(q, 409, "messaging.config.beans.KeyStoreAliasAlreadyExists",
		                    "Alias %.*s already exists in KeyStore %.*s", STR(alias),
		                    STR(name));
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "messaging.config.beans.KeyStoreAlreadyExists",
		                    "KeyStore %.*s already exists in environment %.*s", STR(name),
		                    STR(q->env));
	return answer_trouble(q, e);
}

/* ---- keystores ---- */

struct message *keystores_list(struct api *q)
{
	struct strs names = { 0 };
	struct message *none = no_environment(q);
	if (none)
		return none;
	err e = keystore_names(q->arena, q->store, q->org, q->env, &names);
	return e.code ? answer_trouble(q, e) : answer_names(q, &names);
}

struct message *keystores_get(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "keystore"));
	struct keystore *ks;
	err e = keystore_get(q->arena, q->store, &key, &ks);
	return e.code ? trouble(q, e, key.name, STR_NONE) : answer_noun(q, 200, &keystore_noun, ks);
}

struct message *keystores_create(struct api *q)
{
	struct keystore ks = { 0 };
	struct message *bad = api_read(q, &keystore_noun, MODEL_CREATE, &ks);
	if (bad || (bad = name_refused(q, NAME_IN_PATHS, "name", ks.name)))
		return bad;
	struct vhost_key key = key_here(q, ks.name);
	err e = keystore_create(q->store, &key);
	return e.code ? trouble(q, e, ks.name, STR_NONE) : answer_noun(q, 201, &keystore_noun, &ks);
}

struct message *keystores_delete(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "keystore"));
	struct keystore *was;
	err e = keystore_delete(q->arena, q->store, &key, &was);
	if (e.code == ERR_CONFLICT)
		return answer_in_use(q, "keystore", key.name);
	return e.code ? trouble(q, e, key.name, STR_NONE)
	              : answer_noun(q, 200, &keystore_noun, was);
}

/* ---- aliases ---- */

static struct message *described(struct api *q, unsigned status, const struct keypair *p)
{
	struct diag d = { .arena = q->arena };
	struct certificates all = { 0 };
	if (certificates_read(q->arena, p->cert_pem, &d, &all).code)
		return answer_trouble(q, FAIL(ERR_STORE));
	struct keystore_alias alias = {
		.alias = p->alias,
		.certs = cert_infos(q->arena, &all),
		.cert_name = str_fmt(q->arena, "%.*s-cert", STR(p->alias)),
		.key_name = p->key_pem.n ? p->alias : STR_NONE,
	};
	return answer_noun(q, status, &keystore_alias_noun, &alias);
}

struct message *aliases_list(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "keystore"));
	struct keystore *ks;
	err e = keystore_get(q->arena, q->store, &key, &ks);
	if (e.code)
		return trouble(q, e, key.name, STR_NONE);
	struct strs names = { arena_array(q->arena, str, ks->aliases.n + 1), 0 };
	LIST_EACH(const struct alias_names, a, &ks->aliases)
		names.v[names.n++] = a->alias;
	return answer_names(q, &names);
}

/* The alias of the path, or the answer when it is not there. */
static struct message *find_alias(struct api *q, struct keypair **out)
{
	struct vhost_key key = key_here(q, api_param(q, "keystore"));
	str alias = api_param(q, "alias");
	err e = keypair_get(q->arena, q->store, &key, alias, out);
	if (e.code)
		return trouble(q, e, key.name, alias);
	secret_in_arena(q->arena, (*out)->key_pem);
	return NULL;
}

struct message *aliases_get(struct api *q)
{
	struct keypair *p;
	struct message *bad = find_alias(q, &p);
	return bad ? bad : described(q, 200, p);
}

struct message *aliases_certificate(struct api *q)
{
	struct keypair *p;
	struct message *bad = find_alias(q, &p);
	return bad ? bad : answer_bytes(q, 200, S("text/plain"), p->cert_pem);
}

struct message *aliases_request(struct api *q)
{
	struct keypair *p;
	str request;
	struct message *bad = find_alias(q, &p);
	if (bad)
		return bad;
	if (!p->key_pem.n)
		return answer_error(q, 400, "management.InvalidRequest",
		                    "Alias %.*s has no key: nothing can be requested for it",
		                    STR(p->alias));
	err e = certificate_request(q->arena, p->cert_pem, p->key_pem, &request);
	return e.code ? answer_trouble(q, e) : answer_bytes(q, 200, S("text/plain"), request);
}

struct message *aliases_create(struct api *q)
{
	struct keypair p = { .keystore = api_param(q, "keystore") };
	struct message *bad = alias_read(q, &p);
	if (bad || (bad = name_refused(q, NAME_IN_PATHS, "alias", p.alias)))
		return bad;
	err e = keypair_create(q->store, q->org, q->env, &p);
	return e.code ? trouble(q, e, p.keystore, p.alias) : described(q, 201, &p);
}

/* A new certificate for the key that is there. */
struct message *aliases_change(struct api *q)
{
	struct keypair *p;
	struct message *bad = find_alias(q, &p);
	if (bad || (bad = alias_read_certificate(q, p)))
		return bad;
	err e = keypair_replace(q->store, q->org, q->env, p);
	return e.code ? trouble(q, e, p->keystore, p->alias) : described(q, 200, p);
}

struct message *aliases_delete(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "keystore"));
	struct keypair *p;
	struct message *bad = find_alias(q, &p);
	if (bad)
		return bad;
	err e = keypair_delete(q->store, &key, p->alias);
	return e.code ? trouble(q, e, key.name, p->alias) : described(q, 200, p);
}
