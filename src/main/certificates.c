/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of main/certificates.h.
 * A virtual host whose keypair is not there keeps nobody from starting: it is told in the log.
 * Source: Apigee, "About virtual hosts": SSLInfo. */
#include "main/certificates.h"

#include "base/log.h"
#include "base/secret.h"
#include "rt/tls.h"
#include "store/keystores.h"

struct loading {
	struct arena *arena;
	struct store *store;
	struct diag *diag;
	struct tls_context **out;
	VEC(str) seen; /* keystores, by organization and environment */
};

static bool is_new(struct loading *l, str place)
{
	for (size_t i = 0; i < l->seen.n; i++)
		if (str_eq(l->seen.v[i], place))
			return false;
	VEC_PUSH(l->arena, &l->seen, place);
	return true;
}

static err add(struct loading *l, const struct vhost_key *at, const struct ssl_info *ssl)
{
	struct vhost_key keystore = { at->org, at->env, ssl->key_store };
	struct keypair *pair;
	err e = keypair_get(l->arena, l->store, &keystore, ssl->key_alias, &pair);
	if (e.code == ERR_NOT_FOUND) {
		log_warn("no_certificate", LOG_STR("organization", at->org),
		         LOG_STR("environment", at->env), LOG_STR("virtual_host", at->name));
		return DONE;
	}
	TRY(e);
	struct tls_terms terms = { .cert_pem = pair->cert_pem, .key_pem = pair->key_pem };
	e = tls_server_add(l->out, &terms, &(struct strs){ 0 }, S(""), l->diag);
	wipe((char *)pair->key_pem.p, pair->key_pem.n);
	return e;
}

err certificates_load(struct arena *a, struct store *store, struct diag *d,
                      struct tls_context **out, bool *self_signed)
{
	struct loading l = { .arena = a, .store = store, .diag = d, .out = out };
	struct list all = { 0 };
	*out = NULL;
	*self_signed = false;
	TRY(virtual_host_all(a, store, &all));
	LIST_EACH(struct vhost_entry, it, &all) {
		const struct ssl_info *ssl = it->vhost->ssl;
		if (!ssl || !ssl->enabled)
			continue;
		str place = str_fmt(a, "%.*s/%.*s/%.*s/%.*s", STR(it->key.org), STR(it->key.env),
		                    STR(ssl->key_store), STR(ssl->key_alias));
		*self_signed |= str_eq(ssl->key_alias, ALIAS_SELF_SIGNED);
		if (is_new(&l, place))
			TRY(add(&l, &it->key, ssl));
	}
	return DONE;
}
