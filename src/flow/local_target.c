/* SPDX-License-Identifier: Apache-2.0 */
/* LocalTargetConnection: another proxy of the same environment answers, without a socket between.
 * The inner exchange has variables and flows of its own; only messages, the deadline and the arena are
 * shared.
 * Source: Apigee, "Chaining API proxies together". */
#include "flow/run.h"
#include "flow/snapshot.h"

enum { CHAIN_MAX = 10 };

static str render(struct exchange *x, const struct template *t)
{
	return t ? template_render(t, &x->scope, NULL) : STR_NONE;
}

/* By name: the endpoint is known, and its base path stands before the suffix.  False: there is none. */
static bool find_by_name(struct exchange *x, struct exchange *in, str suffix)
{
	const struct local_target *l = x->target->local;
	str name = render(x, l->proxy), endpoint = render(x, l->endpoint);
	in->endpoint = snapshot_endpoint(x->snapshot, x->arena, name, endpoint, &in->proxy,
	                                 &in->base_path);
	in->path_suffix = suffix;
	if (!in->endpoint && !x->fault_pending)
		fault_raise(x, &gateway_faults[APPLICATION_NOT_FOUND], STR(x->virtual_host),
		            STR(name));
	return in->endpoint != NULL;
}

/* What the inner proxy changes of its request, the outer one does not see. */
static struct message *own_request(struct exchange *x, str path, str query)
{
	struct message *m = arena_new(x->arena, struct message);
	*m = request_for_target(x, path, query);
	m->headers = headers_copy(x->arena, &m->headers, 1);
	return m;
}

static struct exchange *inner_of(struct exchange *x)
{
	struct exchange *in = arena_new(x->arena, struct exchange);
	in->arena = x->arena;
	in->loop = x->loop;
	in->deadline = x->deadline;
	in->snapshot = x->snapshot;
	in->virtual_host = x->virtual_host;
	in->tls_shown = x->tls_shown;
	in->message_id = x->message_id;
	in->tls = x->tls;
	in->services = x->services;
	in->chain_depth = x->chain_depth + 1;
	in->call = arena_new(x->arena, struct http_call);
	*in->call = *x->call;
	if (x->target->props.response_headers.off)
		in->call->interim = NULL;
	return in;
}

void call_local(struct exchange *x)
{
	const struct target_properties *p = &x->target->props;
	if (x->chain_depth >= CHAIN_MAX) {
		fault_raise(x, &gateway_faults[CHAIN_TOO_DEEP], CHAIN_MAX);
		return;
	}
	bool goes_on = p->copy_pathsuffix && !x->no_copy_pathsuffix;
	str suffix = goes_on ? x->path_suffix : S("");
	str query = p->copy_queryparams && !x->no_copy_queryparams ? x->request->query : STR_NONE;
	query = retain_query(x->arena, query, &p->query);
	struct exchange *in = inner_of(x);
	str path = render(x, x->target->local->path), own = STR_NONE;
	if (x->target->local->path) {
		own = path;
		path = str_cut(&own, '?');
	} else if (find_by_name(x, in, suffix)) {
		path = in->base_path;
	}
	if (x->fault_pending)
		return;
	path = target_join_path(x->arena, path, suffix);
	in->call->request = own_request(x, path, target_join_query(x->arena, own, query));
	x->chained = in;
	flow_run_chained(in);
	x->client_gone |= in->client_gone;
	x->response = in->in_error ? in->error : in->response;
}
