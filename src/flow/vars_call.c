/* SPDX-License-Identifier: Apache-2.0 */
/* Variables of the call: the proxy, the client, the target, the fault.
 * They are computed from the exchange when asked for; nothing is formatted before.
 * Source: Apigee, "Flow variables reference": apiproxy, proxy, client, target, route, fault. */
#include "flow/balancer.h"
#include "flow/snapshot.h"
#include "flow/var_row.h"

static const struct value null_value;

static struct value text(str s) { return str_given(s) ? VALUE_STR(s) : null_value; }

static struct value proxy_url(struct exchange *x)
{
	const struct message *m = x->call->request;
	bool tls = x->call->sock && sock_is_tls(x->call->sock);
	return VALUE_STR(str_fmt(x->arena, "%s://%.*s%.*s%s%.*s", tls ? "https" : "http",
	                         STR(headers_get(&m->headers, S("Host"))), STR(x->request_path),
	                         str_given(x->request_query) ? "?" : "", STR(x->request_query)));
}

struct value var_call(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)m;
	switch (v->row->arg) {
	case CALL_APIPROXY:
		return x->proxy ? text(x->proxy->name) : null_value;
	case CALL_REVISION:
		return x->proxy ? text(x->proxy->revision) : null_value;
	case CALL_BASEPATH:
		return text(x->base_path);
	case CALL_SUFFIX:
		return text(x->path_suffix);
	case CALL_PROXY:
		return x->endpoint ? text(x->endpoint->ep.name) : null_value;
	case CALL_PROXY_URL:
		return proxy_url(x);
	case CALL_ORGANIZATION:
		return x->snapshot ? text(snapshot_organization(x->snapshot)) : null_value;
	case CALL_ENVIRONMENT:
		return x->snapshot ? text(snapshot_environment(x->snapshot)) : null_value;
	case CALL_VIRTUAL_HOST:
		return text(x->virtual_host);
	case CALL_MESSAGE_ID:
		return text(x->message_id);
	case CALL_IS_ERROR:
		return VALUE_OF_BOOL(x->in_error);
	case CALL_FLOW:
		return text(x->flow_name);
	case CALL_FLOW_DESCRIPTION:
		return null_value; /* a deployed bundle keeps no descriptions */
	case CALL_PROXY_FLOW:
		return text(x->proxy_flow_name);
	case CALL_TARGET_FLOW:
		return text(x->target_flow_name);
	case CALL_ROUTE:
		return x->route ? text(x->route->name) : null_value;
	case CALL_ROUTE_TARGET:
		return x->route && x->route->target ? text(x->route->target->ep.name) : null_value;
	default:
		return null_value;
	}
}

struct value var_client(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)m;
	struct sock *s = x->call->sock;
	if (!s)
		return null_value;
	switch (v->row->arg) {
	case CLIENT_IP:
		return text(sock_peer_ip(s));
	case CLIENT_PORT:
		return VALUE_OF_INT(sock_peer_port(s));
	case CLIENT_SCHEME:
		return VALUE_STR(sock_is_tls(s) ? S("https") : S("http"));
	case CLIENT_SSL:
		return VALUE_OF_BOOL(sock_is_tls(s));
	case CLIENT_SNI:
		return text(sock_tls_server_name(s));
	default:
		return null_value;
	}
}

struct value var_tls(struct exchange *x, const struct flowvar *v, struct message *m)
{
	int arg = v->row->arg, need = arg & (SHOWN_CONNECTION | SHOWN_CLIENT);
	bool shown = !need || (need & SHOWN_CONNECTION && x->tls_shown.connection) ||
	             (need & SHOWN_CLIENT && x->tls_shown.client);
	(void)m;
	if (!shown || !x->call->sock)
		return null_value;
	return text(sock_tls_fact(x->arena, x->call->sock, (enum tls_fact)(arg - need)));
}

/* Before the call: what would be called.  After it: what was, suffix and query included. */
static struct value target_url(struct exchange *x)
{
	if (!str_given(x->target_path)) {
		if (str_given(x->target_url))
			return VALUE_STR(x->target_url);
		if (!x->target || !x->target->url)
			return null_value;
		return VALUE_STR(template_render(x->target->url, &x->scope, NULL));
	}
	return VALUE_STR(str_fmt(x->arena, "%.*s://%.*s%.*s%s%.*s", STR(x->target_uri.scheme),
	                         STR(x->target_uri.authority), STR(x->target_path),
	                         str_given(x->target_query) ? "?" : "", STR(x->target_query)));
}

static struct value target_host_header(struct exchange *x)
{
	if (str_given(x->target_host_header))
		return VALUE_STR(x->target_host_header);
	return str_given(x->target_path) ? VALUE_STR(x->target_uri.authority) : null_value;
}

struct value var_target(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)m;
	const struct target_properties *p = x->target ? &x->target->props : NULL;
	bool called = str_given(x->target_path);
	switch (v->row->arg) {
	case TARGET_URL:
		return target_url(x);
	case TARGET_EVALUATED:
		return called ? text(x->target_uri.text) : null_value;
	case TARGET_BASEPATH:
		return called ? text(x->target_uri.path) : null_value;
	case TARGET_NAME:
		return x->target ? text(x->target->ep.name) : null_value;
	case TARGET_HOST:
		return called ? text(x->target_uri.host) : null_value;
	case TARGET_IP:
		return text(x->target_ip);
	case TARGET_PORT:
		return called ? VALUE_OF_INT(x->target_uri.port) : null_value;
	case TARGET_SCHEME:
		return called ? text(x->target_uri.scheme) : null_value;
	case TARGET_SSL:
		return called ? VALUE_OF_BOOL(x->target_uri.tls) : null_value;
	case TARGET_COPY_SUFFIX:
		return p ? VALUE_OF_BOOL(p->copy_pathsuffix && !x->no_copy_pathsuffix) : null_value;
	case TARGET_COPY_QUERY:
		return p ? VALUE_OF_BOOL(p->copy_queryparams && !x->no_copy_queryparams)
		         : null_value;
	case TARGET_HOST_HEADER:
		return target_host_header(x);
	case TARGET_EXPECTED_CN:
		return text(x->target_expected_cn);
	case TARGET_SERVER:
		return x->target_server ? text(x->target_server->name) : null_value;
	case TARGET_IS_FALLBACK:
		return x->target_server ? VALUE_OF_BOOL(x->target_server->fallback) : null_value;
	case TARGET_FAILED_SERVERS:
		return text(x->failed_servers);
	default:
		return null_value;
	}
}

struct value var_target_peer(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)m;
	return x->target_peer
	               ? text(tls_peer_fact(x->arena, x->target_peer, (enum tls_fact)v->row->arg))
	               : null_value;
}

err var_target_set(struct exchange *x, const struct flowvar *v, struct message *m,
                   struct value value)
{
	(void)m;
	str s = value_text(x->arena, value);
	switch (v->row->arg) {
	case TARGET_COPY_SUFFIX:
		x->no_copy_pathsuffix = !str_ieq(s, S("true"));
		break;
	case TARGET_COPY_QUERY:
		x->no_copy_queryparams = !str_ieq(s, S("true"));
		break;
	case TARGET_HOST_HEADER:
		if (!header_value_ok(s))
			return FAIL(ERR_SYNTAX);
		x->target_host_header = value.kind == VALUE_NULL ? STR_NONE : s;
		break;
	case TARGET_EXPECTED_CN:
		x->target_expected_cn = value.kind == VALUE_NULL ? STR_NONE : s;
		break;
	default:
		/* Elsewhere Apigee takes the value and calls the endpoint's own URL all the same. */
		if (x->segment == SEG_TARGET_REQUEST && !x->in_error)
			x->target_url = value.kind == VALUE_NULL ? STR_NONE : s;
	}
	return DONE;
}

static const struct fault_family {
	str prefix;
	str category, subcategory;
} families[] = {
	{ S_INIT("messaging.adaptors.http.flow.ErrorResponseCode"), S_INIT("Messaging"),
	  S_INIT("ResponseCode") },
	{ S_INIT("messaging.adaptors."), S_INIT("Transport"), S_INIT("Connectivity") },
	{ S_INIT("messaging.runtime."), S_INIT("Messaging"), S_INIT("Routing") },
	{ S_INIT("protocol.http."), S_INIT("Transport"), S_INIT("Validation") },
	{ S_INIT("flow."), S_INIT("Messaging"), S_INIT("Flow") },
	{ S_INIT("system."), S_INIT("System"), S_INIT("Memory") },
};

static struct value fault_family(const struct raised *r, bool sub)
{
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (str_starts(r->code, families[i].prefix))
			return VALUE_STR(sub ? families[i].subcategory : families[i].category);
	return VALUE_STR(sub ? r->prefix : S("Step"));
}

static struct value error_state(const struct exchange *x)
{
	static const str names[] = { S_INIT("PROXY_REQ_FLOW"), S_INIT("TARGET_REQ_FLOW"),
		                     S_INIT("TARGET_RESP_FLOW"), S_INIT("PROXY_RESP_FLOW"),
		                     S_INIT("PROXY_POST_RESP_SENT") };
	return VALUE_STR(names[x->segment]);
}

struct value var_fault(struct exchange *x, const struct flowvar *v, struct message *m)
{
	(void)m;
	const struct raised *r = &x->raised;
	if (!str_given(r->code))
		return null_value;
	switch (v->row->arg) {
	case FAULT_NAME:
	case FAULT_TYPE:
		return VALUE_STR(r->name);
	case FAULT_CATEGORY:
		return fault_family(r, false);
	case FAULT_SUBCATEGORY:
		return fault_family(r, true);
	case FAULT_REASON:
	case FAULT_MESSAGE:
		return text(r->string);
	case FAULT_STATE:
		return error_state(x);
	default:
		return null_value;
	}
}
