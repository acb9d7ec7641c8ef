/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of main/certificates.h.
 * A virtual host whose certificates cannot be used keeps nobody from starting, and no other from its own:
 * it is told in the log.
 * Source: Apigee, "About virtual hosts": SSLInfo. */
#include "main/certificates.h"

#include "base/log.h"
#include "rt/tls.h"
#include "store/keystores.h"

struct loading {
	struct arena *arena;
	struct store *store;
	struct tls_context **out;
};

static err add(const struct loading *l, const struct vhost_entry *it)
{
	const struct vhost_key *k = &it->key;
	const struct virtual_host *v = it->vhost;
	struct diag d = { .arena = l->arena };
	struct tls_terms terms;
	err e = virtual_host_terms(l->arena, l->store, k->org, k->env, v->ssl, &d, &terms);
	if (!e.code)
		e = tls_server_add(l->out, &terms, &v->host_aliases, it->label, &d);
	if (e.code != ERR_SYNTAX)
		return e;
	log_warn("no_certificate", LOG_STR("organization", k->org), LOG_STR("environment", k->env),
	         LOG_STR("virtual_host", k->name), LOG_STR("why", diag_text(l->arena, &d)));
	return DONE;
}

err certificates_load(struct arena *a, struct store *store, struct tls_context **out,
                      bool *self_signed)
{
	struct loading l = { a, store, out };
	struct list all = { 0 };
	*out = NULL;
	*self_signed = false;
	TRY(virtual_host_all(a, store, &all));
	LIST_EACH(struct vhost_entry, it, &all) {
		const struct ssl_info *ssl = it->vhost->ssl;
		if (!ssl || !ssl->enabled)
			continue;
		*self_signed |= str_eq(ssl->key_alias, ALIAS_SELF_SIGNED);
		TRY(add(&l, it));
	}
	return DONE;
}
