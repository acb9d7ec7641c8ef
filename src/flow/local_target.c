/* SPDX-License-Identifier: Apache-2.0 */
/* LocalTargetConnection: another proxy of the same environment answers, without a socket between.
 * The inner exchange has variables and flows of its own; only messages, the deadline and the arena are
 * shared.
 * Source: Apigee, "Chaining API proxies together". */
#include "flow/engine.h"
#include "flow/run.h"
#include "flow/snapshot.h"

enum { CHAIN_MAX = 10 };

static str render(struct exchange *x, const struct template *t)
{
	return t ? template_render(t, &x->scope, NULL) : STR_NONE;
}

/* By name: the endpoint is known, and its base path stands before the suffix.  False: there is none. */
static bool find_by_name(struct exchange *x, struct exchange *in, const struct local_target *l)
{
	str name = render(x, l->proxy), endpoint = render(x, l->endpoint);
	in->endpoint = snapshot_endpoint(x->snapshot, x->arena, name, endpoint, &in->proxy,
	                                 &in->base_path);
	in->path_suffix = in->call->request->path;
	if (!in->endpoint && !x->fault_pending)
		fault_raise(x, &gateway_faults[APPLICATION_NOT_FOUND], STR(x->virtual_host),
		            STR(name));
	return in->endpoint != NULL;
}

static struct exchange *inner_of(struct exchange *x, const struct local_call *c)
{
	struct exchange *in = arena_new(x->arena, struct exchange);
	in->arena = x->arena;
	in->loop = x->loop;
	in->deadline = c->until;
	in->snapshot = x->snapshot;
	in->virtual_host = x->virtual_host;
	in->tls_shown = x->tls_shown;
	in->message_id = x->message_id;
	in->tls = x->tls;
	in->services = x->services;
	in->chain_depth = x->chain_depth + 1;
	in->call = arena_new(x->arena, struct http_call);
	*in->call = *x->call;
	in->call->request = c->request;
	in->call->interim = c->interim;
	in->call->tunnel = c->request->tunnel;
	return in;
}

/* The target's path and query, before what the request has of its own. */
static bool find(struct exchange *x, struct exchange *in, const struct local_target *l)
{
	struct message *m = in->call->request;
	str path = render(x, l->path), query = STR_NONE;
	if (l->path) {
		query = path;
		path = str_cut(&query, '?');
	} else if (find_by_name(x, in, l)) {
		path = in->base_path;
	}
	m->path = target_join_path(x->arena, path, m->path);
	m->query = target_join_query(x->arena, query, m->query);
	return !x->fault_pending;
}

struct message *flow_call_local(struct exchange *x, const struct local_call *c)
{
	if (x->chain_depth >= CHAIN_MAX) {
		fault_raise(x, &gateway_faults[CHAIN_TOO_DEEP], CHAIN_MAX);
		return NULL;
	}
	struct exchange *in = inner_of(x, c);
	if (!find(x, in, c->to))
		return NULL;
	in->chained_before = x->chained;
	x->chained = in;
	flow_run_chained(in);
	x->client_gone |= in->client_gone;
	return in->in_error ? in->error : in->response;
}

/* What the inner proxy changes of its request, the outer one does not see. */
static struct message *own_request(struct exchange *x, str path, str query)
{
	struct message *m = arena_new(x->arena, struct message);
	*m = request_for_target(x, path, query);
	m->headers = headers_copy(x->arena, &m->headers, 1);
	return m;
}

void call_local(struct exchange *x)
{
	const struct target_properties *p = &x->target->props;
	bool suffix = p->copy_pathsuffix && !x->no_copy_pathsuffix;
	bool query = p->copy_queryparams && !x->no_copy_queryparams;
	struct local_call c = {
		.to = x->target->local,
		.request = own_request(
			x, suffix ? x->path_suffix : S(""),
			retain_query(x->arena, query ? x->request->query : STR_NONE, &p->query)),
		.until = x->deadline,
		.interim = p->response_headers.off ? NULL : x->call->interim,
	};
	x->response = flow_call_local(x, &c);
}
