/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: the table of steps and one loop.
 * A fault leaves the pipeline for good; every exchange is answered exactly once.
 * Source: Apigee, "Controlling flow"; house ("the walk of a request"). */
#include "flow/engine.h"

#include "flow/run.h"
#include "flow/snapshot.h"

enum { CALLOUT_DEPTH_MAX = 10, GRACE_MS = 5000 };

#define STEPS(_)                                                                    \
	_(route)           /* choose the proxy endpoint                          */ \
	_(proxy_request)   /* PreFlow, the first matching Flow, PostFlow         */ \
	_(choose_target)   /* RouteRules: a target, a URL or none                */ \
	_(target_request)  /* the target endpoint's request flows                */ \
	_(call_the_target) /* the only step that talks to a target               */ \
	_(target_response)                                                          \
	_(proxy_response)                                                           \
	_(send)                                                                     \
	_(post_client) /* PostClientFlow, after the last byte                */     \
	_(fault)       /* FaultRules, DefaultFaultRule, then send            */

/* ---- one step of a flow, and what follows from it ---- */

/* The variables of a failed policy; what the policy itself said of its fault stays. */
static void note_failure(struct exchange *x, const struct step *step)
{
	if (!step->policy->fault_prefix)
		return;
	str prefix = str_from_z(step->policy->fault_prefix);
	vars_put(x, prefix, step->name, S("failed"), VALUE_OF_BOOL(true));
	str name = str_fmt(x->arena, "%.*s.%.*s.fault.name", STR(prefix), STR(step->name));
	if (!map_has(&x->vars, name))
		vars_put(x, prefix, step->name, S("fault.name"), VALUE_STR(x->raised.name));
}

/* Between steps: what a step ran into without saying so. */
static enum verdict look_around(struct exchange *x, enum verdict v)
{
	if (x->fault_pending)
		return FAULT;
	if (x->vars_full || arena_over(x->arena)) {
		x->vars_full = false;
		return x->in_error ? v : fault_raise(x, &gateway_faults[OUT_OF_MEMORY]);
	}
	if (x->deadline.mono_ms != NEVER.mono_ms && !x->in_error && deadline_passed(x->deadline))
		return fault_raise(x, &gateway_faults[API_TIMED_OUT]);
	return v;
}

static enum verdict run_policy(struct exchange *x, const struct step *step)
{
	const struct step *outer = x->step;
	str outer_name = x->step_name;
	x->step = step;
	x->step_name = step->name;
	enum verdict v = look_around(x, step->policy->run(step->conf, x));
	x->step = outer;
	x->step_name = outer_name;
	return v;
}

static enum verdict run_step(struct exchange *x, const struct step *step)
{
	if (!step->enabled)
		return CONTINUE;
	bool runs = !step->when || condition_true(step->when, &x->scope);
	if (!runs || x->fault_pending)
		return x->fault_pending ? FAULT : CONTINUE;
	struct message *error = x->error;
	enum verdict v = run_policy(x, step);
	if (v != FAULT)
		return v;
	note_failure(x, step);
	if (!step->continue_on_error || arena_over(x->arena))
		return FAULT;
	x->fault_pending = false;
	x->fault_headers = (struct headers){ 0 };
	x->error = error;
	return CONTINUE;
}

enum verdict run_steps(struct exchange *x, const struct steps *steps)
{
	for (const struct step *step = steps->v; step < steps->v + steps->n; step++) {
		enum verdict v = run_step(x, step);
		if (v != CONTINUE)
			return v;
	}
	return CONTINUE;
}

enum verdict flow_call(struct exchange *x, const struct proxy *shared_flow)
{
	if (x->callout_depth >= CALLOUT_DEPTH_MAX)
		return fault_raise(x, &gateway_faults[CALLOUT_TOO_DEEP], CALLOUT_DEPTH_MAX);
	x->callout_depth++;
	enum verdict v = run_steps(x, &shared_flow->shared);
	x->callout_depth--;
	return v;
}

/* ---- the flows of a segment ---- */

static bool is_request(enum segment s) { return s <= SEG_TARGET_REQUEST; }

static enum verdict run_flow(struct exchange *x, const struct flow *flow)
{
	const struct steps *steps = is_request(x->segment) ? &flow->request : &flow->response;
	bool target = x->segment == SEG_TARGET_REQUEST || x->segment == SEG_TARGET_RESPONSE;
	x->flow_name = *(target ? &x->target_flow_name : &x->proxy_flow_name) = flow->name;
	return steps->n ? run_steps(x, steps) : CONTINUE;
}

static const struct flow *matching_flow(struct exchange *x, const struct endpoint *ep)
{
	for (const struct flow *flow = ep->flows; flow < ep->flows + ep->n_flows; flow++)
		if (!flow->when || condition_true(flow->when, &x->scope))
			return flow;
	return NULL;
}

static enum verdict run_segment(struct exchange *x, enum segment segment, const struct endpoint *ep)
{
	x->segment = segment;
	enum verdict v = run_flow(x, &ep->pre);
	if (v != CONTINUE)
		return v;
	const struct flow *flow = matching_flow(x, ep);
	if (x->fault_pending)
		return FAULT;
	if (flow)
		v = run_flow(x, flow);
	return v == CONTINUE ? run_flow(x, &ep->post) : v;
}

/* ---- the steps ---- */

static size_t dot(str s) { return s.n && s.p[0] == '.' ? 1 : str_istarts(s, S("%2e")) ? 3 : 0; }

static size_t slash(str s)
{
	return s.n && s.p[0] == '/'                                   ? 1
	       : str_istarts(s, S("%2f")) || str_istarts(s, S("%5c")) ? 3
	                                                              : 0;
}

/* "." and ".." as segments, also percent-encoded, between encoded slashes and before parameters ("..;x"):
 * the gateway would match one path and the target would serve another. */
static bool has_dot_segment(str path)
{
	bool starts = true;
	if (str_find_char(path, '.') == STR_NPOS && str_find_char(path, '%') == STR_NPOS)
		return false;
	for (size_t step; path.n; path = str_sub(path, step, STR_NPOS)) {
		unsigned dots = 0;
		for (; starts && (step = dot(path)); dots++)
			path = str_sub(path, step, STR_NPOS);
		bool ends =
			!path.n || slash(path) || path.p[0] == ';' || str_istarts(path, S("%3b"));
		if (ends && (dots == 1 || dots == 2))
			return true;
		starts = slash(path) > 0;
		step = starts ? slash(path) : 1;
	}
	return false;
}

static void set_timeout(struct exchange *x)
{
	if (x->endpoint->api_timeout_ms > 0)
		x->deadline = deadline_min(x->deadline, deadline_in(x->endpoint->api_timeout_ms));
}

static enum verdict step_route(struct exchange *x)
{
	const struct message *m = x->request;
	x->request_path = m->path;
	x->request_query = m->query;
	/* RFC 9110 §9.3.7: of the server, not of a proxy */
	if (str_eq(m->path, S("*")) && str_eq(m->verb, S("OPTIONS"))) {
		x->response = message_response(x->arena, 200);
		return RESPOND;
	}
	if (!uri_path_ok(m->path) || has_dot_segment(m->path))
		return fault_raise(x, &gateway_faults[BAD_PATH]);
	if (x->snapshot)
		x->endpoint = snapshot_route(x->snapshot, x->virtual_host, m->path, &x->proxy,
		                             &x->base_path, &x->path_suffix);
	if (!x->endpoint)
		return fault_raise(x, &gateway_faults[APPLICATION_NOT_FOUND], STR(x->virtual_host),
		                   STR(m->path));
	set_timeout(x);
	str twice = hop_repeated(&m->headers, &x->endpoint->repeatable);
	if (str_given(twice))
		return fault_raise(x, &gateway_faults[DUPLICATE_HEADER_REQUEST], STR(twice));
	return CONTINUE;
}

static enum verdict step_proxy_request(struct exchange *x)
{
	return run_segment(x, SEG_PROXY_REQUEST, &x->endpoint->ep);
}

static enum verdict step_choose_target(struct exchange *x)
{
	const struct proxy_endpoint *p = x->endpoint;
	for (const struct route_rule *r = p->routes; r < p->routes + p->n_routes; r++) {
		if (r->when && !condition_true(r->when, &x->scope))
			continue;
		x->route = r;
		x->target = r->kind == ROUTE_NULL ? NULL : r->target;
		return x->fault_pending ? FAULT : CONTINUE;
	}
	return x->fault_pending ? FAULT : fault_raise(x, &gateway_faults[ROUTE_FAILED]);
}

static enum verdict step_target_request(struct exchange *x)
{
	return x->target ? run_segment(x, SEG_TARGET_REQUEST, &x->target->ep) : CONTINUE;
}

static enum verdict step_call_the_target(struct exchange *x)
{
	if (x->target)
		return call_target(x);
	if (!x->response)
		x->response = message_response(x->arena, 200);
	return CONTINUE;
}

static enum verdict step_target_response(struct exchange *x)
{
	return x->target ? run_segment(x, SEG_TARGET_RESPONSE, &x->target->ep) : CONTINUE;
}

static enum verdict step_proxy_response(struct exchange *x)
{
	return run_segment(x, SEG_PROXY_RESPONSE, &x->endpoint->ep);
}

/* Not a byte went out: the head cannot be written, or the target broke off before its first byte.  The
 * flows have run, so no rule is asked. */
static void send_instead(struct exchange *x, const struct message *answer, err e)
{
	if (e.code == ERR_SYNTAX && !x->undecodable[answer->kind])
		fault_raise(x, &gateway_faults[BAD_GATEWAY]);
	else
		content_failed(x, answer, e);
	x->in_error = true;
	make_error(x);
	if (http_answer(x->call, x->error, deadline_in(GRACE_MS)).code)
		x->client_gone = true;
}

static enum verdict step_send(struct exchange *x)
{
	struct message *answer = x->in_error ? x->error : x->response;
	if (!answer)
		answer = x->response = message_response(x->arena, 200);
	x->client_sent_start_ms = loop_utc_ms(x->loop);
	err e = compress_answer(x, answer);
	if (!e.code)
		e = http_answer(x->call, answer, x->deadline);
	x->client_gone |= e.code == ERR_CANCELED;
	if (e.code && !x->call->answered && !x->client_gone)
		send_instead(x, answer, e);
	x->client_sent_end_ms = loop_utc_ms(x->loop);
	return CONTINUE;
}

static void run_post_client(struct exchange *x)
{
	if (!x->endpoint || !x->endpoint->post_client.n)
		return;
	x->segment = SEG_POST_CLIENT;
	x->flow_name = S("PostClientFlow");
	x->deadline = deadline_in(GRACE_MS); /* nobody waits any more, and yet it has an end */
	x->fault_pending = false;
	struct raised answered = x->raised;
	run_steps(x, &x->endpoint->post_client);
	x->raised = answered; /* the answer is out; a fault here changes nothing */
}

/* And that of each proxy behind this one, also of those that its own has called only now. */
static enum verdict step_post_client(struct exchange *x)
{
	run_post_client(x);
	for (struct exchange *in = x->chained; in; in = in->chained_before)
		step_post_client(in);
	return CONTINUE;
}

static enum verdict step_fault(struct exchange *x)
{
	if (deadline_passed(x->deadline))
		x->deadline = deadline_in(GRACE_MS); /* to say that it timed out takes time too */
	run_fault_flow(x);
	return CONTINUE;
}

/* ---- the loop ---- */

#define STEP_ENUM(name) AT_##name,
#define STEP_FN(name) step_##name,
enum at { STEPS(STEP_ENUM) AT_END };
static enum verdict (*const steps_of_an_exchange[])(struct exchange *) = { STEPS(STEP_FN) };

static enum at next_step(enum at at, enum verdict v)
{
	if (at == AT_fault)
		return AT_send;
	if (at == AT_post_client)
		return AT_END;
	return v == FAULT ? AT_fault : v == RESPOND ? AT_send : at + 1;
}

static struct value scope_get(struct scope *s, const struct flowvar *v)
{
	return vars_get((struct exchange *)s, v);
}

void flow_run(struct exchange *x)
{
	x->scope = (struct scope){ .arena = x->arena, .get = scope_get };
	x->request = x->call->request;
	for (enum at at = AT_route; at != AT_END;)
		at = next_step(at, steps_of_an_exchange[at](x));
}

void flow_run_chained(struct exchange *x)
{
	enum at at = x->endpoint ? AT_proxy_request : AT_route;
	x->scope = (struct scope){ .arena = x->arena, .get = scope_get };
	x->request = x->call->request;
	if (x->endpoint) {
		x->request_path = x->request->path;
		x->request_query = x->request->query;
		set_timeout(x);
	}
	while (at != AT_send)
		at = next_step(at, steps_of_an_exchange[at](x));
	if (!x->in_error && !x->response)
		x->response = message_response(x->arena, 200);
	x->client_sent_start_ms = x->client_sent_end_ms = loop_utc_ms(x->loop);
}
