/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the engine: a proxy in shorthand, whose policies leave a letter each, and a target that answers as told.
 * Included once by a test program, after cmocka; it brings the engine with it, over a client of its own.
 * Source: flow/engine.h. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "http/client.h"
#include "http/server.h"

/* The engine with a client and a target of the test's own. */
static err test_answer(struct http_call *, struct message *, deadline);
static inline err test_fetch(struct arena *, const struct http_origin *, struct message *, deadline,
                      struct message **, enum http_failure *);
#define http_answer test_answer
#define http_fetch test_fetch
#include "flow/call_target.c"
#include "flow/engine.c"
#include "flow/faults.c"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct condition {
	bool (*holds)(struct exchange *);
};
bool condition_true(const struct condition *c, struct scope *s) { return c->holds((struct exchange *)s); }

struct template {
	str text;
};
str template_render(const struct template *t, struct scope *s, str *unresolved)
{
	(void)s, (void)unresolved;
	return t->text;
}

static bool never(struct exchange *x) { return !x; }
static bool in_response(struct exchange *x) { return x->response != NULL; }
static inline bool big_content(struct exchange *x)
{
	static const struct fault too_big = { "protocol.http.TooBigBody", 413, "Body buffer overflow" };
	fault_raise(x, &too_big);
	return true;
}
static const struct condition is_never = { never }, is_response = { in_response }, is_big = { big_content };

/* ---- what a row says ---- */

/* Steps: a lower-case letter leaves itself behind; before a step '!' disables it, '?' gives it a false
 * condition, '<' one that needs a response, '%' one that raises a fault, '~' continueOnError. */
struct row {
	const char *what;
	const char *pre, *flow, *post, *pre2, *flow2, *post2; /* proxy: request, response */
	const char *flows;              /* more conditional flows before .flow: '?' false, '<' response only */
	const char *t_pre, *t_flow, *t_post, *t_pre2, *t_flow2, *t_post2;
	const char *rules, *t_rules;    /* "one|two": in document order; a leading '?' is its condition */
	const char *dflt, *t_dflt;      /* a leading '*' is AlwaysEnforce */
	const char *after;              /* PostClientFlow */
	const char *shared;
	char route;                     /* 0 target, 'n' null, '-' none matches */
	unsigned target_status;         /* 0: 200 */
	enum http_failure failure;
	int64_t api_timeout_ms;
	/* what must come of it */
	const char *trail;
	unsigned status;
	const char *body;               /* NULL: not looked at */
};

struct run {
	struct arena *arena;
	struct exchange x;
	const struct row *row;
	struct proxy shared;
	char trail[256];
	char answered[8]; /* a '*' per answer */
	struct message *answer;
	struct message sent;
	struct http_origin origin;
	bool sleeps;
};
static struct run *now;

static inline void leave(char c)
{
	size_t n = strlen(now->trail);
	if (n + 1 < sizeof now->trail)
		now->trail[n] = c;
}

static inline enum verdict raise_message(struct exchange *x, unsigned status)
{
	static const struct fault raised = { "steps.raisefault.RaiseFault", 500, "Raising fault. Fault name : %.*s" };
	x->error = message_response(x->arena, status);
	headers_add(x->arena, &x->error->headers, S("X-Raised"), S("1"));
	headers_add(x->arena, &x->error->headers, S("X-Both"), S("raised"));
	message_set_content(x->arena, x->error, S("raised"), S("text/plain"));
	return fault_raise_message(x, &raised, x->step_name);
}

static inline enum verdict act(char c, struct exchange *x)
{
	static const struct fault quota = { "policies.ratelimit.QuotaViolation", 429, "Rate limit quota violation." };
	switch (c) {
	case 'F':
		fault_raise(x, &quota);
		fault_header(x, S("X-Fault"), S("1"));
		return FAULT;
	case 'R': return raise_message(x, 400);
	case 'G': return raise_message(x, 409);
	case 'K': /* keeps quiet about a fault of the content */
		fault_raise(x, &gateway_faults[TOO_BIG_BODY_REQUEST]);
		return CONTINUE;
	case 'T':
		x->response = message_response(x->arena, 203);
		return RESPOND;
	case 'C': return flow_call(x, &now->shared);
	case 'O':
		arena_alloc(x->arena, 2 << 20, 1);
		return CONTINUE;
	case 'V':
		for (int i = 0; i <= VARS_MAX; i++)
			vars_put(x, S("p"), S("q"), str_fmt(x->arena, "%d", i), VALUE_OF_INT(i));
		return CONTINUE;
	case 'H': /* a rule that sets a header which RaiseFault had set, and drops another */
		headers_set(x->arena, &x->error->headers, S("X-Both"), S("rule"));
		headers_remove(&x->error->headers, S("X-Raised"));
		return CONTINUE;
	case 'Y': /* the deadline passes meanwhile */
		x->deadline = deadline_in(-1);
		return CONTINUE;
	case 'N': leave(vars_get_named(x, S("ratelimit.N.failed")).i ? '1' : '0'); return CONTINUE;
	default: leave(c); return CONTINUE;
	}
}

static enum verdict policy_run(const void *conf, struct exchange *x) { return act(*(const char *)conf, x); }
static const struct policy letter = { .element = "Letter", .fault_prefix = "ratelimit", .run = policy_run };

static inline struct steps steps_of(struct arena *a, const char *spec)
{
	VEC(struct step) v = { 0 };
	struct step step = { .enabled = true };
	for (const char *c = spec ? spec : ""; *c; c++) {
		switch (*c) {
		case '!': step.enabled = false; continue;
		case '?': step.when = &is_never; continue;
		case '<': step.when = &is_response; continue;
		case '%': step.when = &is_big; continue;
		case '~': step.continue_on_error = true; continue;
		default: break;
		}
		step.policy = &letter;
		step.conf = c;
		step.name = S("N");
		VEC_PUSH(a, &v, step);
		step = (struct step){ .enabled = true };
	}
	return (struct steps){ v.v, v.n };
}

static inline const struct condition *leading_condition(const char **spec)
{
	const struct condition *c = **spec == '?' ? &is_never : **spec == '<' ? &is_response : NULL;
	*spec += c != NULL;
	return c;
}

static inline void rules_of(struct arena *a, struct endpoint *ep, const char *spec, const char *dflt)
{
	struct fault_rule *v = arena_array(a, struct fault_rule, 8);
	for (str rest = str_from_z(spec); str_given(rest); ep->n_fault_rules++) {
		const char *one = str_z(a, str_cut(&rest, '|'));
		v[ep->n_fault_rules].when = leading_condition(&one);
		v[ep->n_fault_rules].steps = steps_of(a, one);
	}
	ep->fault_rules = v;
	if (!dflt)
		return;
	struct fault_rule *d = arena_new(a, struct fault_rule);
	d->always = *dflt == '*';
	dflt += d->always;
	d->when = leading_condition(&dflt);
	d->steps = steps_of(a, dflt);
	ep->default_fault_rule = d;
}

static inline struct flow flow_of(struct arena *a, const char *name, const char *request, const char *response)
{
	return (struct flow){ .name = str_from_z(name), .request = steps_of(a, request), .response = steps_of(a, response) };
}

static inline void flows_of(struct arena *a, struct endpoint *ep, const struct row *row, bool proxy)
{
	struct flow *v = arena_array(a, struct flow, 9);
	for (str rest = str_from_z(proxy ? row->flows : NULL); str_given(rest); ep->n_flows++) {
		const char *one = str_z(a, str_cut(&rest, '|'));
		const struct condition *when = leading_condition(&one);
		v[ep->n_flows] = flow_of(a, "more", one, one);
		v[ep->n_flows].when = when;
	}
	v[ep->n_flows++] = flow_of(a, "flow", proxy ? row->flow : row->t_flow, proxy ? row->flow2 : row->t_flow2);
	ep->flows = v;
}

static inline const struct proxy *proxy_of(struct arena *a, const struct row *row)
{
	struct proxy *p = arena_new(a, struct proxy);
	struct proxy_endpoint *ep = arena_new(a, struct proxy_endpoint);
	struct target_endpoint *t = arena_new(a, struct target_endpoint);
	struct route_rule *routes = arena_array(a, struct route_rule, 2);
	struct template *url = arena_new(a, struct template);
	url->text = S("http://target.example/base?k=v");
	*p = (struct proxy){ .holders = 1, .name = S("p"), .endpoints = ep, .n_endpoints = 1, .targets = t, .n_targets = 1 };
	ep->base_path = S("/p");
	ep->ep.pre = flow_of(a, "PreFlow", row->pre, row->pre2);
	ep->ep.post = flow_of(a, "PostFlow", row->post, row->post2);
	flows_of(a, &ep->ep, row, true);
	rules_of(a, &ep->ep, row->rules, row->dflt);
	ep->post_client = steps_of(a, row->after);
	ep->api_timeout_ms = row->api_timeout_ms;
	t->ep.name = S("t");
	t->url = url;
	t->props.copy_pathsuffix = t->props.copy_queryparams = t->props.allow_405_without_allow = true;
	t->ep.pre = flow_of(a, "PreFlow", row->t_pre, row->t_pre2);
	t->ep.post = flow_of(a, "PostFlow", row->t_post, row->t_post2);
	flows_of(a, &t->ep, row, false);
	rules_of(a, &t->ep, row->t_rules, row->t_dflt);
	routes[0] = (struct route_rule){ .name = S("no"), .kind = ROUTE_NULL, .when = &is_never };
	routes[1] = (struct route_rule){ .name = S("yes"), .kind = row->route == 'n' ? ROUTE_NULL : ROUTE_TARGET, .target = t };
	ep->routes = routes;
	ep->n_routes = row->route == '-' ? 1 : 2;
	return p;
}

static inline err test_answer(struct http_call *call, struct message *m, deadline until)
{
	assert_false(deadline_passed(until));
	assert_false(call->answered);
	if (m->status == 298) /* a stream that breaks before its first byte */
		return FAIL(ERR_IO);
	call->answered = true;
	now->answer = m;
	leave('#');
	return DONE;
}

static inline err test_fetch(struct arena *a, const struct http_origin *origin, struct message *m, deadline until,
                      struct message **response, enum http_failure *why)
{
	(void)until;
	now->sent = *m;
	now->origin = *origin;
	*why = now->row->failure;
	if (*why)
		return FAIL(*why == HTTP_READ_TIMEOUT ? ERR_TIMEOUT : ERR_IO);
	leave('@');
	*response = message_response(a, now->row->target_status ? now->row->target_status : 200);
	message_set_content(a, *response, S("target's"), S("text/html"));
	return DONE;
}

static inline const struct snapshot *deployed(const struct proxy *p)
{
	return snapshot_create(&(struct snapshot_parts){ S("acme"), S("test"), &(struct snapshot_part){ .proxy = p }, 1 });
}

static inline void run_row(struct run *run, const struct row *row, struct loop *loop, const char *path)
{
	struct arena *a = arena_create(0, 1 << 20);
	*run = (struct run){ .arena = a, .row = row };
	now = run;
	run->shared = (struct proxy){ .holders = 1, .is_shared_flow = true, .shared = steps_of(a, row->shared) };
	struct http_call *call = arena_new(a, struct http_call);
	*call = (struct http_call){ .arena = a, .loop = loop, .request = message_request(a, S("GET"), str_from_z(path)) };
	headers_add(a, &call->request->headers, S("Host"), S("gateway.example"));
	headers_add(a, &call->request->headers, S("X-Client"), S("1"));
	call->request->query = S("q=1");
	run->x = (struct exchange){ .arena = a, .call = call, .loop = loop, .deadline = NEVER,
		                    .snapshot = deployed(proxy_of(a, row)), .virtual_host = S("default") };
	flow_run(&run->x);
}

static inline void finish(struct run *run)
{
	struct snapshot *s = (struct snapshot *)run->x.snapshot;
	snapshot_discard(&s);
	arena_destroy(&run->arena);
}

static inline int loop_setup(void **state)
{
	*state = loop_create(4);
	return 0;
}

static inline int loop_teardown(void **state)
{
	struct loop *loop = *state;
	loop_destroy(&loop);
	return 0;
}
