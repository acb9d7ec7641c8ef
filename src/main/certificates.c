/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of main/certificates.h.
 * A virtual host whose certificates cannot be used keeps nobody from starting, and no other from its own:
 * it is told in the log.
 * Source: Apigee, "About virtual hosts": SSLInfo. */
#include "main/certificates.h"

#include "base/log.h"
#include "base/secret.h"
#include "cli/verb.h"
#include "rt/tls.h"
#include "store/keystores.h"

enum { PEM_MAX = 1 << 20 };

/* In an arena of its own, which wipes the keys. */
static err add_in(struct arena *a, struct store *store, const struct vhost_entry *it,
                  struct tls_context **out)
{
	struct diag d = { .arena = a };
	struct tls_terms terms;
	const struct vhost_key *k = &it->key;
	err e = virtual_host_terms(a, store, k, it->vhost->ssl, &d, &terms);
	if (!e.code)
		e = tls_server_add(out, &terms, &it->vhost->host_aliases, it->label, &d);
	if (e.code != ERR_SYNTAX)
		return e;
	log_warn("no_certificate", LOG_STR("organization", k->org), LOG_STR("environment", k->env),
	         LOG_STR("virtual_host", k->name), LOG_STR("why", diag_text(a, &d)));
	return DONE;
}

static err add(struct store *store, const struct vhost_entry *it, struct tls_context **out)
{
	struct arena *a = arena_create(0, 0);
	err e = add_in(a, store, it, out);
	arena_destroy(&a);
	return e;
}

err certificates_load(struct arena *a, struct store *store, struct tls_context **out,
                      bool *self_signed)
{
	struct list all = { 0 };
	*out = NULL;
	*self_signed = false;
	TRY(virtual_host_all(a, store, &all));
	LIST_EACH(struct vhost_entry, it, &all) {
		const struct ssl_info *ssl = it->vhost->ssl;
		if (!ssl || !ssl->enabled)
			continue;
		*self_signed |= str_eq(ssl->key_alias, ALIAS_SELF_SIGNED);
		TRY(add(store, it, out));
	}
	return DONE;
}

static err read_files(struct arena *a, str certificate, str key, struct diag *d,
                      struct tls_context **out)
{
	struct tls_terms terms = { 0 };
	TRY(verb_read_file(a, certificate, PEM_MAX, d, &terms.cert_pem));
	TRY(verb_read_file(a, key, PEM_MAX, d, &terms.key_pem));
	err e = tls_server_add(out, &terms, &(struct strs){ 0 }, S("sso"), d);
	wipe((char *)terms.key_pem.p, terms.key_pem.n);
	return e;
}

err certificate_of_files(struct arena *a, str certificate, str key, struct diag *d,
                         struct tls_context **out)
{
	*out = NULL;
	if (!certificate.n && !key.n)
		return DONE;
	if (!certificate.n || !key.n)
		return diag_add(d, ERR_SYNTAX, 0,
		                "sso.tls.certificate and sso.tls.key go together: give both");
	d->file = certificate;
	err e = read_files(a, certificate, key, d, out);
	d->file = STR_NONE;
	return e;
}
