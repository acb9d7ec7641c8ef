/* SPDX-License-Identifier: Apache-2.0 */
/* The first start of main/bootstrap.h.
 * Every step may find its work done; the order is that of what hangs on what.
 * Source: Edge for Private Cloud (virtual hosts default and secure); Apigee's default proxies. */
#include "main/bootstrap.h"

#include "base/secret.h"
#include "main/certificates.h"
#include "rt/tls.h"
#include "store/keystores.h"

enum { CERTIFICATE_DAYS = 825 };

static const char *const environments[] = { "test", "prod" };

static err make_organization(struct seed *s)
{
	struct organization org = { .name = s->org,
		                    .display_name = s->org,
		                    .type = S("paid"),
		                    .created_by = s->by,
		                    .last_modified_by = s->by };
	return seed_made(organization_create(s->store, &org));
}

/* A certificate for the names under which the environment's virtual hosts answer. */
static err make_keypair(struct seed *s, str env, str host)
{
	struct keypair pair = { .keystore = KEYSTORE_OWN, .alias = ALIAS_SELF_SIGNED };
	struct vhost_key keystore = { s->org, env, KEYSTORE_OWN };
	struct keypair *there;
	err e = keypair_get(s->arena, s->store, &keystore, ALIAS_SELF_SIGNED, &there);
	if (e.code != ERR_NOT_FOUND)
		return e;
	str names = str_fmt(s->arena, "%.*s,localhost,127.0.0.1", STR(host));
	TRY(tls_self_signed(s->arena, names, CERTIFICATE_DAYS, &pair.cert_pem, &pair.key_pem));
	e = keypair_put(s->store, s->org, env, &pair);
	wipe((char *)pair.key_pem.p, pair.key_pem.n);
	return e;
}

static err make_virtual_host(struct seed *s, const char *env, const char *name, unsigned port,
                             struct ssl_info *ssl)
{
	str aliases[] = { str_fmt(s->arena, "%.*s-%s.localhost", STR(s->org), env), S("localhost"),
		          S("127.0.0.1") };
	bool bare = env == environments[0]; /* tools that print a URL print one that works */
	struct virtual_host v = {
		.name = str_from_z(name),
		.port = str_fmt(s->arena, "%u", port),
		.ssl = ssl,
		.host_aliases = { aliases, bare ? 3 : 1 },
	};
	struct vhost_key key = { s->org, str_from_z(env), v.name };
	return seed_made(virtual_host_create(s->store, &key, &v));
}

static err make_environment(struct bootstrap *b, const char *name)
{
	struct seed *s = &b->seed;
	struct environment env = { .name = str_from_z(name),
		                   .created_by = s->by,
		                   .last_modified_by = s->by };
	struct ssl_info ssl = { .enabled = 1,
		                .key_store = KEYSTORE_OWN,
		                .key_alias = ALIAS_SELF_SIGNED };
	TRY(seed_made(environment_create(s->store, s->org, &env)));
	TRY(make_keypair(s, env.name, str_fmt(s->arena, "%.*s-%s.localhost", STR(s->org), name)));
	TRY(make_virtual_host(s, name, "default", b->default_port, NULL));
	return make_virtual_host(s, name, "secure", b->secure_port, &ssl);
}

static err make_all(void *arg)
{
	struct bootstrap *b = arg;
	struct seed *s = &b->seed;
	TRY(make_organization(s));
	for (size_t i = 0; i < sizeof environments / sizeof *environments; i++)
		TRY(make_environment(b, environments[i]));
	TRY(seed_import(s, "oauth"));
	TRY(seed_import(s, "helloworld"));
	TRY(seed_deploy(s, "oauth", "test"));
	TRY(seed_deploy(s, "helloworld", "test"));
	return administrator_make(s, b->identity, b->data,
	                          &b->password_shown); /* last: a password is said once */
}

err bootstrap_run(struct bootstrap *b) { return seed_once(&b->seed, S("bootstrap"), make_all, b); }
