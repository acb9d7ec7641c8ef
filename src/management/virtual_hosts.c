/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual hosts of an environment.
 * PUT replaces the whole object; a certificate that cannot be presented is refused.
 * Source: Apigee Edge management API, virtualhosts. */
#include "base/clock.h"
#include "codec/certificate.h"
#include "management/names.h"
#include "management/resources.h"
#include "rt/tls.h"
#include "store/keystores.h"

/* An unknown environment is told before an unknown virtual host. */
static struct message *vhost_trouble(struct api *q, err e, str name)
{
	struct message *none = no_environment(q);
	if (none)
		return none;
	if (e.code == ERR_NOT_FOUND)
		return answer_error(q, 404, "messaging.config.beans.VirtualHostDoesNotExist",
		                    "Virtual host %.*s does not exist in environment %.*s",
		                    STR(name), STR(q->env));
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "messaging.config.beans.VirtualHostAlreadyExists",
		                    "Virtual host %.*s, or one of its host aliases on that port "
		                    "or in another environment, already exists",
		                    STR(name));
	return answer_trouble(q, e);
}

struct message *virtual_hosts_list(struct api *q)
{
	struct strs names = { 0 };
	struct message *none = no_environment(q);
	if (none)
		return none;
	err e = virtual_host_list(q->arena, q->store, q->org, q->env, &names);
	return e.code ? answer_trouble(q, e) : answer_names(q, &names);
}

struct message *virtual_hosts_get(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "vhost"));
	struct virtual_host *v;
	err e = virtual_host_get(q->arena, q->store, &key, &v);
	return e.code ? vhost_trouble(q, e, key.name) : answer_noun(q, 200, &virtual_host_noun, v);
}

/* What could not be presented is refused here, not found out at the first handshake. */
static struct message *ssl_unfit(struct api *q, const struct ssl_info *ssl)
{
	struct vhost_key here = key_here(q, S(""));
	struct diag d = { .arena = q->arena };
	struct tls_terms terms;
	struct tls_context *trial = NULL;
	struct certificates all = { 0 };
	if (!ssl || !ssl->enabled)
		return NULL;
	err e = virtual_host_terms(q->arena, q->store, &here, ssl, &d, &terms);
	if (!e.code)
		e = tls_server_add(&trial, &terms, &(struct strs){ 0 }, S(""), &d);
	tls_release(&trial);
	if (!e.code)
		e = certificates_read(q->arena, terms.cert_pem, &d, &all);
	if (!e.code && all.v[0].expires_ms < clock_ms())
		e = diag_add(&d, ERR_SYNTAX, 0, "the certificate of %.*s has expired",
		             STR(all.v[0].subject));
	if (e.code == ERR_SYNTAX)
		return answer_findings(q, "messaging.config.beans.InvalidKeyStoreReference", &d);
	return e.code ? answer_trouble(q, e) : NULL;
}

/* "*" is any host, a leading "*." any below it. */
static struct message *unfit(struct api *q, const struct virtual_host *v)
{
	struct message *bad = name_refused(q, NAME_IN_HOSTS, "name", v->name);
	for (size_t i = 0; i < v->host_aliases.n && !bad; i++) {
		str alias = v->host_aliases.v[i];
		if (!str_eq(alias, S("*")))
			bad = name_refused(q, NAME_OF_HOST, "hostAliases",
			                   str_starts(alias, S("*.")) ? str_sub(alias, 2, STR_NPOS)
			                                              : alias);
	}
	return bad ? bad : ssl_unfit(q, v->ssl);
}

struct message *virtual_hosts_create(struct api *q)
{
	struct virtual_host v = { 0 }, *made;
	struct message *bad = api_read(q, &virtual_host_noun, MODEL_CREATE, &v);
	if (bad || (bad = unfit(q, &v)))
		return bad;
	struct vhost_key key = key_here(q, v.name);
	err e = virtual_host_create(q->store, &key, &v);
	if (!e.code)
		e = virtual_host_get(q->arena, q->store, &key, &made);
	return e.code ? vhost_trouble(q, e, v.name) : answer_noun(q, 201, &virtual_host_noun, made);
}

struct message *virtual_hosts_change(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "vhost"));
	struct virtual_host asked = { 0 }, *v;
	struct message *bad = api_read(q, &virtual_host_noun, MODEL_CREATE, &asked);
	if (bad)
		return bad;
	if (!str_eq(asked.name, key.name))
		return answer_other_name(q, "virtual host", asked.name);
	if ((bad = unfit(q, &asked)))
		return bad;
	struct whole_edit whole = { &asked, sizeof asked };
	struct edit edit = edit_whole(q, &whole);
	err e = virtual_host_change(q->arena, q->store, &key, &edit, &v);
	return e.code ? vhost_trouble(q, e, key.name) : answer_noun(q, 200, &virtual_host_noun, v);
}

struct message *virtual_hosts_delete(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "vhost"));
	struct virtual_host *was;
	err e = virtual_host_delete(q->arena, q->store, &key, &was);
	return e.code ? vhost_trouble(q, e, key.name)
	              : answer_noun(q, 200, &virtual_host_noun, was);
}
