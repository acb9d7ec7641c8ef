/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: the order of flows, routes, faults and their rules, with policies that leave a letter.
 * A row is a proxy in shorthand, the trail of letters it must leave, and the answer.
 * Source: Apigee, "Controlling flow", "Handling faults". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/client.h"
#include "http/server.h"

/* The engine with a client and a target of the test's own. */
static err test_answer(struct http_call *, struct message *, deadline);
static err test_fetch(struct arena *, const struct http_origin *, struct message *, deadline,
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
static bool big_content(struct exchange *x)
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

static void leave(char c)
{
	size_t n = strlen(now->trail);
	if (n + 1 < sizeof now->trail)
		now->trail[n] = c;
}

static enum verdict raise_message(struct exchange *x, unsigned status)
{
	static const struct fault raised = { "steps.raisefault.RaiseFault", 500, "Raising fault. Fault name : %.*s" };
	x->error = message_response(x->arena, status);
	headers_add(x->arena, &x->error->headers, S("X-Raised"), S("1"));
	headers_add(x->arena, &x->error->headers, S("X-Both"), S("raised"));
	message_set_content(x->arena, x->error, S("raised"), S("text/plain"));
	return fault_raise_message(x, &raised, x->step_name);
}

static enum verdict act(char c, struct exchange *x)
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

static struct steps steps_of(struct arena *a, const char *spec)
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

static const struct condition *leading_condition(const char **spec)
{
	const struct condition *c = **spec == '?' ? &is_never : **spec == '<' ? &is_response : NULL;
	*spec += c != NULL;
	return c;
}

static void rules_of(struct arena *a, struct endpoint *ep, const char *spec, const char *dflt)
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

static struct flow flow_of(struct arena *a, const char *name, const char *request, const char *response)
{
	return (struct flow){ .name = str_from_z(name), .request = steps_of(a, request), .response = steps_of(a, response) };
}

static void flows_of(struct arena *a, struct endpoint *ep, const struct row *row, bool proxy)
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

static const struct proxy *proxy_of(struct arena *a, const struct row *row)
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

static err test_answer(struct http_call *call, struct message *m, deadline until)
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

static err test_fetch(struct arena *a, const struct http_origin *origin, struct message *m, deadline until,
                      struct message **response, enum http_failure *why)
{
	const struct http_timeouts *limits = &origin->times;
	assert_true(limits->connect_ms > 0 && limits->io_ms > 0 && limits->keep_ms > 0);
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

static const struct snapshot *deployed(const struct proxy *p)
{
	return snapshot_create(&(struct snapshot_parts){ S("acme"), S("test"), &(struct snapshot_part){ .proxy = p }, 1 });
}

static void run_row(struct run *run, const struct row *row, struct loop *loop, const char *path)
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

static void finish(struct run *run)
{
	struct snapshot *s = (struct snapshot *)run->x.snapshot;
	snapshot_discard(&s);
	arena_destroy(&run->arena);
}

#define QUOTA_BODY "{\"fault\":{\"faultstring\":\"Rate limit quota violation.\",\"detail\":{\"errorcode\":\"policies.ratelimit.QuotaViolation\"}}}"

static const struct row rows[] = {
	{ "everything in its order", .pre = "a", .flow = "b", .post = "c", .t_pre = "d", .t_flow = "e", .t_post = "f",
	  .t_pre2 = "i", .t_flow2 = "j", .t_post2 = "k", .pre2 = "m", .flow2 = "n", .post2 = "o", .after = "z",
	  .trail = "abcdef@ijkmno#z", .status = 200, .body = "target's" },
	{ "null route: 200, empty, and the response flow runs", .route = 'n', .pre = "a", .t_pre = "x", .t_post2 = "x",
	  .pre2 = "b", .post2 = "c", .trail = "abc#", .status = 200, .body = "" },
	{ "no route", .route = '-', .pre = "a", .post2 = "x", .rules = "r", .after = "z", .trail = "ar#z", .status = 500,
	  .body = "{\"fault\":{\"faultstring\":\"Unable to route the message to a Target Endpoint\",\"detail\":{\"errorcode\":\"messaging.runtime.RouteFailed\"}}}" },
	{ "the first flow that is true, chosen anew on the way back", .flows = "?x|<b|a", .flow = "x", .flow2 = "x",
	  .trail = "a@b#", .status = 200 },
	{ "a flow without condition is the else", .flows = "?x|?y", .flow = "c", .flow2 = "d", .trail = "c@d#", .status = 200 },
	{ "step conditions, disabled steps", .pre = "?a!bc", .post2 = "<d<!e", .trail = "c@d#", .status = 200 },
	{ "continueOnError", .pre = "a~FNb", .trail = "a1b@#", .status = 200 },
	{ "continueOnError of a RaiseFault leaves no error", .pre = "a~Rb", .trail = "ab@#", .status = 200, .body = "target's" },
	{ "no failure, no variable", .pre = "N", .trail = "0@#", .status = 200 },
	{ "a policy's fault", .pre = "aFb", .post = "x", .after = "z", .trail = "a#z", .status = 429, .body = QUOTA_BODY },
	{ "a policy that answers", .pre = "aTb", .post2 = "x", .after = "z", .trail = "a#z", .status = 203 },
	{ "a fault that a policy kept quiet about", .pre = "aKb", .trail = "a#", .status = 413 },
	{ "a fault in a step's condition", .pre = "a%bc", .trail = "a#", .status = 413 },
	{ "over the memory of a call", .pre = "aOb", .trail = "a#", .status = 500 },
	{ "over the number of variables", .pre = "aVb", .trail = "a#", .status = 500 },
	{ "the API's time is up between steps", .pre = "aYb", .rules = "r", .trail = "ar#", .status = 504,
	  .body = "{\"fault\":{\"faultstring\":\"API timed out\",\"detail\":{\"errorcode\":\"flow.APITimedOut\"}}}" },
	{ "a shared flow runs in place", .pre = "aCd", .shared = "bc", .trail = "abcd@#", .status = 200 },
	{ "a fault inside a shared flow", .pre = "aCd", .shared = "bFx", .rules = "r", .trail = "abr#", .status = 429 },
	{ "a shared flow that calls itself", .pre = "C", .shared = "aC", .trail = "aaaaaaaaaa#", .status = 500 },
	{ "proxy rules: bottom to top", .pre = "F", .rules = "a|b", .trail = "b#", .status = 429 },
	{ "proxy rules: the lowest that is true", .pre = "F", .rules = "a|?b", .trail = "a#", .status = 429 },
	{ "none true: default", .pre = "F", .rules = "?a|?b", .dflt = "d", .trail = "d#", .status = 429 },
	{ "one true: no default", .pre = "F", .rules = "a", .dflt = "d", .trail = "a#", .status = 429 },
	{ "a rule whose steps do not run still hides the default", .pre = "F", .rules = "?x|?a", .dflt = "d", .trail = "d#", .status = 429 },
	{ "no step of the rule runs: no default either", .pre = "F", .rules = "!a", .dflt = "d", .trail = "#", .status = 429 },
	{ "always", .pre = "F", .rules = "a", .dflt = "*d", .trail = "ad#", .status = 429 },
	{ "always, without rules", .pre = "F", .dflt = "*d", .trail = "d#", .status = 429 },
	{ "the default's condition", .pre = "F", .dflt = "*?d", .trail = "#", .status = 429 },
	{ "always, but the rule raised a fault", .pre = "F", .rules = "aGb", .dflt = "*d", .trail = "a#", .status = 409, .body = "raised" },
	{ "a rule stops at the first policy that errs, and that is the answer", .pre = "R", .rules = "aFb", .trail = "a#", .status = 429, .body = QUOTA_BODY },
	{ "always after a policy that erred", .pre = "R", .rules = "aFb", .dflt = "*d", .trail = "ad#", .status = 429 },
	{ "a rule goes on after continueOnError", .pre = "R", .rules = "a~Fb", .trail = "ab#", .status = 400, .body = "raised" },
	{ "a rule goes on after a RaiseFault with continueOnError", .pre = "R", .rules = "a~Gb", .trail = "ab#", .status = 400 },
	{ "the default may raise", .pre = "F", .dflt = "dG", .trail = "d#", .status = 409 },
	{ "target rules: top to bottom", .t_pre = "F", .t_rules = "a|b", .rules = "x", .dflt = "*x", .trail = "a#", .status = 429 },
	{ "target rules: the highest that is true", .t_pre = "F", .t_rules = "?a|b", .trail = "b#", .status = 429 },
	{ "target default", .t_pre = "F", .t_rules = "?a", .t_dflt = "d", .dflt = "x", .trail = "d#", .status = 429 },
	{ "a fault in the target's response", .t_post2 = "F", .t_rules = "a", .rules = "x", .trail = "@a#", .status = 429 },
	{ "a fault in the proxy's response: the proxy's rules", .post2 = "F", .t_rules = "x", .rules = "a", .trail = "@a#", .status = 429 },
	{ "a fault in the proxy's request never sees target rules", .pre = "F", .t_rules = "x", .t_dflt = "*x", .trail = "#", .status = 429 },
	{ "target 404 as it came, past the response flow", .target_status = 404, .t_pre2 = "x", .post2 = "x", .rules = "x", .after = "z",
	  .trail = "@#z", .status = 404, .body = "target's" },
	{ "target 500: its rules", .target_status = 500, .t_rules = "a", .rules = "x", .dflt = "*x", .trail = "@a#", .status = 500, .body = "target's" },
	{ "target 302 is a success", .target_status = 302, .post2 = "a", .trail = "@a#", .status = 302 },
	{ "the target breaks off before the answer has begun", .target_status = 298, .after = "z", .trail = "@#z", .status = 502,
	  .body = "{\"fault\":{\"faultstring\":\"Unexpected EOF at target\",\"detail\":{\"errorcode\":\"messaging.adaptors.http.flow.UnexpectedEOFAtTarget\"}}}" },
	{ "nobody listens", .failure = HTTP_CONNECT_REFUSED, .t_rules = "a", .post2 = "x", .trail = "a#", .status = 503,
	  .body = "{\"fault\":{\"faultstring\":\"The Service is temporarily unavailable\",\"detail\":{\"errorcode\":\"messaging.adaptors.http.flow.ServiceUnavailable\"}}}" },
	{ "connect time-out", .failure = HTTP_CONNECT_TIMEOUT, .trail = "#", .status = 503 },
	{ "no such host", .failure = HTTP_RESOLVE, .trail = "#", .status = 503 },
	{ "denied address", .failure = HTTP_DENIED, .trail = "#", .status = 503 },
	{ "TLS", .failure = HTTP_TLS, .trail = "#", .status = 503 },
	{ "silence", .failure = HTTP_READ_TIMEOUT, .trail = "#", .status = 504,
	  .body = "{\"fault\":{\"faultstring\":\"Gateway Timeout\",\"detail\":{\"errorcode\":\"messaging.adaptors.http.flow.GatewayTimeout\"}}}" },
	{ "closed", .failure = HTTP_UNEXPECTED_END, .trail = "#", .status = 502,
	  .body = "{\"fault\":{\"faultstring\":\"Unexpected EOF at target\",\"detail\":{\"errorcode\":\"messaging.adaptors.http.flow.UnexpectedEOFAtTarget\"}}}" },
	{ "no HTTP", .failure = HTTP_BAD_ANSWER, .trail = "#", .status = 502,
	  .body = "{\"fault\":{\"faultstring\":\"Bad Gateway\",\"detail\":{\"errorcode\":\"messaging.adaptors.http.flow.BadGateway\"}}}" },
	{ "endless head", .failure = HTTP_HEAD_TOO_BIG, .trail = "#", .status = 502 },
	{ "the client's own body broke", .failure = HTTP_REQUEST_BODY, .trail = "#", .status = 400 },
	{ "faults after the answer change nothing", .after = "yFx", .trail = "@#y", .status = 200 },
};

static void orders(void **state)
{
	struct loop *loop = *state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct run run;
		run_row(&run, &rows[i], loop, "/p/x");
		assert_non_null(run.answer);
		if (strcmp(run.trail, rows[i].trail) || run.answer->status != rows[i].status)
			fail_msg("%s: %s, %u", rows[i].what, run.trail, run.answer->status);
		if (rows[i].body && !str_eq(run.answer->body.bytes, str_from_z(rows[i].body)))
			fail_msg("%s: %.*s", rows[i].what, STR(run.answer->body.bytes));
		finish(&run);
	}
}

static void what_the_target_is_asked(void **state)
{
	static const struct { const char *set_url, *path; bool no_suffix, no_query; const char *want_path, *want_query, *want_host; } asked[] = {
		{ NULL, "/p/a%20b//c", false, false, "/base/a%20b//c", "k=v&q=1", "target.example" },
		{ NULL, "/p", false, false, "/base", "k=v&q=1", "target.example" },
		{ NULL, "/p/a", true, false, "/base", "k=v&q=1", "target.example" },
		{ NULL, "/p/a", false, true, "/base/a", "k=v", "target.example" },
		{ "http://other.example:81", "/p/a", false, false, "/a", "q=1", "other.example:81" },
		{ "http://other.example/", "/p/a", false, false, "/a", "q=1", "other.example" },
		{ "http://other.example/b/", "/p/a", false, false, "/b/a", "q=1", "other.example" },
		{ "http://other.example/b/", "/p", false, true, "/b/", NULL, "other.example" },
	};
	for (size_t i = 0; i < COUNT(asked); i++) {
		struct run run;
		run_row(&run, &(struct row){ .what = "" }, *state, asked[i].path);
		struct exchange *x = &run.x;
		x->segment = SEG_TARGET_REQUEST;
		x->target_url = str_from_z(asked[i].set_url);
		x->no_copy_pathsuffix = asked[i].no_suffix;
		x->no_copy_queryparams = asked[i].no_query;
		assert_int_equal(call_target(x), CONTINUE);
		assert_true(str_eq(run.sent.path, str_from_z(asked[i].want_path)));
		assert_true(str_eq(run.sent.query, str_from_z(asked[i].want_query)));
		assert_true(str_given(run.sent.query) == (asked[i].want_query != NULL));
		assert_true(str_eq(run.origin.host_header, str_from_z(asked[i].want_host)));
		assert_true(str_eq(headers_get(&run.sent.headers, S("x-client")), S("1")));
		finish(&run);
	}
}

static void refused_targets(void **state)
{
	static const char *const urls[] = { "", "ftp://x", "//x", "http://", "http://a b/", "javascript:1" };
	for (size_t i = 0; i < COUNT(urls); i++) {
		struct run run;
		run_row(&run, &(struct row){ .what = "" }, *state, "/p");
		run.x.target_url = str_from_z(urls[i]);
		assert_int_equal(call_target(&run.x), FAULT);
		assert_true(str_eq(run.x.raised.name, S("TargetMissing")));
		finish(&run);
	}
}

static void success_codes(void **state)
{
	(void)state;
	static const struct success_code some[] = { { 200, 299 }, { 404, 404 } };
	static const struct { bool listed; unsigned status; bool ok; } codes[] = {
		{ false, 200, true }, { false, 399, true }, { false, 400, false }, { false, 599, false },
		{ true, 200, true }, { true, 299, true }, { true, 302, false }, { true, 404, true }, { true, 405, false },
	};
	for (size_t i = 0; i < COUNT(codes); i++) {
		struct target_properties p = { 0 };
		if (codes[i].listed) {
			p.success = (struct success_code *)some;
			p.n_success = COUNT(some);
		}
		assert_int_equal(success(&p, codes[i].status), codes[i].ok);
	}
}

static void headers_of_faults(void **state)
{
	struct run run;
	run_row(&run, &(struct row){ .what = "", .pre = "F", .rules = "a" }, *state, "/p");
	assert_true(str_eq(headers_get(&run.answer->headers, S("X-Fault")), S("1")));
	finish(&run);
	run_row(&run, &(struct row){ .what = "", .pre = "R", .rules = "H" }, *state, "/p");
	const struct headers *h = &run.answer->headers;
	assert_int_equal(headers_count(h, S("X-Both")), 2);
	assert_int_equal(headers_count(h, S("X-Raised")), 0);
	assert_int_equal(headers_count(h, S("Content-Type")), 1);
	finish(&run);
	run_row(&run, &(struct row){ .what = "", .pre = "~Fa", .rules = "H" }, *state, "/p");
	assert_int_equal(headers_count(&run.answer->headers, S("X-Fault")), 0);
	finish(&run);
}

static void paths(void **state)
{
	static const struct { const char *path; unsigned status; const char *body; } tries[] = {
		{ "/p", 200, "" },
		{ "/p/..x/...", 200, NULL },
		{ "/nowhere/at all", 400, NULL },
		{ "/nowhere", 404, "{\"fault\":{\"faultstring\":\"Unable to identify proxy for host: default and url: \\/nowhere\",\"detail\":{\"errorcode\":\"messaging.adaptors.http.flow.ApplicationNotFound\"}}}" },
		{ "/p/../admin", 400, NULL },
		{ "/p/%2e%2E/admin", 400, NULL },
		{ "/p/.%2e", 400, NULL },
		{ "/p/./x", 400, NULL },
		{ "/p/..%2Fadmin", 400, NULL },
		{ "/p/a%2f..%2fadmin", 400, NULL },
		{ "/p/a%5C%2e%2e%5cadmin", 400, NULL },
		{ "/p/..;/admin", 400, NULL },
		{ "/p/..%3Bx", 400, NULL },
		{ "/p/%2f", 200, NULL },
		{ "/p/a..%2f.b;..c/....;%2e%2e%2e", 200, NULL },
		{ "/", 404, NULL },
		{ "*", 400, NULL },
	};
	for (size_t i = 0; i < COUNT(tries); i++) {
		struct run run;
		run_row(&run, &(struct row){ .what = "", .route = 'n' }, *state, tries[i].path);
		if (run.answer->status != tries[i].status)
			fail_msg("%s: %u", tries[i].path, run.answer->status);
		if (tries[i].body && !str_eq(run.answer->body.bytes, str_from_z(tries[i].body)))
			fail_msg("%s: %.*s", tries[i].path, STR(run.answer->body.bytes));
		finish(&run);
	}
}

static int loop_setup(void **state)
{
	*state = loop_create(4);
	return 0;
}

static int loop_teardown(void **state)
{
	struct loop *loop = *state;
	loop_destroy(&loop);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),
		cmocka_unit_test(what_the_target_is_asked),
		cmocka_unit_test(refused_targets),
		cmocka_unit_test(success_codes),
		cmocka_unit_test(headers_of_faults),
		cmocka_unit_test(paths),
	};
	return cmocka_run_group_tests(tests, loop_setup, loop_teardown);
}
