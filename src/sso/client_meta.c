/* SPDX-License-Identifier: Apache-2.0 */
/* /oauth/clients/meta: where clients begin, for the first page and for whoever has a token.
 * Only addresses of the web are kept: a page leads there.
 * Source: oauth2-service reference, 3.8. */
#include "store/client_meta.h"

#include "model/json.h"
#include "sso/client_rules.h"
#include "sso/clients.h"
#include "sso/endpoints.h"

static struct client_key key_of(const struct sso_call *q)
{
	return (struct client_key){ q->sso->settings.zone, sso_param(q, "client") };
}

static struct message *trouble(struct sso_call *q, err e, str id)
{
	if (e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX)
		return sso_error_about(q, SSO_META_UNKNOWN, sso_told(id));
	return sso_trouble(q, e);
}

struct message *endpoint_client_meta(struct sso_call *q)
{
	struct client_key key = key_of(q);
	struct client_meta m = { 0 };
	err e = client_meta_get(q->arena, q->store, &key, &m);
	return e.code ? trouble(q, e, key.id)
	              : sso_json(q, 200, model_json(q->arena, &client_meta_noun, &m));
}

/* Those that the first page shows; all of them for who may read clients. */
struct message *endpoint_client_meta_list(struct sso_call *q)
{
	struct list all;
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	bool reads = sso_may(q, "clients.read clients.admin");
	err e = client_meta_list(q->arena, q->store, q->sso->settings.zone, &all);
	if (e.code)
		return sso_trouble(q, e);
	json_open(&w, '[');
	LIST_EACH(const struct client_meta, m, &all)
		if (reads || m->on_home_page)
			model_write_json(&w, client_meta_noun.fields, m);
	json_close(&w, ']');
	return sso_json(q, 200, buf_str(&b));
}

static str refusal(const struct client_meta *m, str id)
{
	bool web = str_istarts(m->launch_url, S("https://")) ||
	           str_istarts(m->launch_url, S("http://"));
	if (str_given(m->client_id) && !str_eq(m->client_id, id))
		return S("clientId is not that of the address");
	if (str_given(m->launch_url) && (!web || !client_address_good(m->launch_url)))
		return S("appLaunchUrl takes an address that begins with https:// or http://");
	return m->on_home_page && !str_given(m->launch_url)
	               ? S("showOnHomePage needs an appLaunchUrl")
	               : STR_NONE;
}

struct message *endpoint_client_meta_put(struct sso_call *q)
{
	struct client_key key = key_of(q);
	struct client_meta m = { 0 };
	struct diag d = { .arena = q->arena };
	err e = model_read_tree(q->arena, client_meta_noun.fields, q->json, MODEL_CREATE, &d, &m);
	str why = e.code ? diag_text(q->arena, &d) : refusal(&m, key.id);
	if (str_given(why))
		return sso_error_about(q, SSO_CLIENT_INVALID, sso_told(why));
	m.client_id = key.id;
	m.created_by = q->bearer.user_id;
	e = client_meta_put(q->store, &key, &m);
	if (e.code)
		return client_trouble(q, e, key.id);
	sso_log(q, "client_meta_changed", "client", key.id);
	return endpoint_client_meta(q);
}
