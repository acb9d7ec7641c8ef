/* SPDX-License-Identifier: Apache-2.0 */
/* ServiceCallout: a request of the proxy's own, beside the one it serves.
 * Invariant: the proxied request and response are touched only when <Request> or <Response> names them.
 * Source: Apigee reference, "ServiceCallout policy". */
#include "policy/assign.h"
#include "policy/callout.h"

#include "base/log.h"
#include "flow/connection.h"
#include "flow/engine.h"
#include "http/uri.h"

struct callout_request {
	struct list actions;
	str variable;
	bool clear_payload, ignore_unresolved;
};

struct service_callout {
	struct callout_request *request;
	str response;
	int64_t timeout_ms;
	struct connection_xml *connection;
	struct local_xml *local;
	unsigned line;
	struct target_endpoint to;
	const struct proxy
		*proxy; /* that it belongs to; of a shared flow, not the one that serves */
};

static const struct field request_fields[] = {
	FIELD(callout_request, variable, "@variable", T_STR,
	      .doc = "the request to send; made when it does not exist"),
	FIELD(callout_request, clear_payload, "@clearPayload", T_BOOL, .dflt = "true",
	      .doc = "true: the variable is gone after sending"),
	FIELD(callout_request, actions, ".", T_CHOICE, .choices = assign_choices),
	FIELD(callout_request, ignore_unresolved, "IgnoreUnresolvedVariables", T_BOOL,
	      .dflt = "false",
	      .doc = "true: a variable without value is empty; false: it is a fault"),
	FIELDS_END,
};
static const struct field fields[] = {
	FIELD(service_callout, request, "Request", T_GROUPP, .sub = request_fields,
	      .sub_size = sizeof(struct callout_request), .doc = "absent: GET"),
	FIELD(service_callout, response, "Response", T_STR,
	      .doc = "the variable for the answer; absent: it is not waited for"),
	FIELD(service_callout, timeout_ms, "Timeout", T_INT, .min = 1, .max = 86400000,
	      .dflt = "55000", .doc = "milliseconds for the whole callout"),
	TARGET_FIELDS(service_callout),
	FIELD(service_callout, line, "", T_LINE),
	FIELDS_END,
};

enum { EXECUTION_FAILED, NOT_A_MESSAGE, NOT_A_REQUEST, UNRESOLVED, SET_FAILED };
static const struct fault faults[] = {
	[EXECUTION_FAILED] = { "steps.servicecallout.ExecutionFailed", 500,
	                       "Execution of ServiceCallout %.*s failed. Reason: %.*s" },
	[NOT_A_MESSAGE] = { "steps.servicecallout.RequestVariableNotMessageType", 500,
	                    "ServiceCallout[%.*s]: request variable %.*s value is not of type "
	                    "Message" },
	[NOT_A_REQUEST] = { "steps.servicecallout.RequestVariableNotRequestMessageType", 500,
	                    "ServiceCallout[%.*s]: request variable %.*s value is not of type "
	                    "Request Message" },
	[UNRESOLVED] = { "steps.servicecallout.ExecutionFailed", 500,
	                 "Execution of ServiceCallout %.*s failed. Reason: unable to resolve "
	                 "variable %.*s" },
	[SET_FAILED] = { "steps.servicecallout.ExecutionFailed", 500,
	                 "Execution of ServiceCallout %.*s failed. Reason: failed to set variable "
	                 "%.*s" },
	{ 0 },
};
static const struct assign_faults assign_faults = {
	&faults[UNRESOLVED],
	&faults[NOT_A_MESSAGE],
	&faults[SET_FAILED],
};

/* ---- deploy time -------------------------------------------------------------------------- */

static err check_properties(const struct service_callout *c, struct binder *b)
{
	const struct target_properties *p = &c->to.props;
	if (!p->request_headers.off && !p->response_headers.off && !p->query.off &&
	    !p->compression && !p->http10 && !p->content_max)
		return DONE;
	return diag_add(b->diag, ERR_SYNTAX, c->local ? c->local->line : c->connection->line,
	                "a callout's message is its own and goes as it is: the properties "
	                "that retain, compress, limit or ask for HTTP/1.0 are not for it");
}

static err check(void *conf, str name, struct binder *b)
{
	struct service_callout *c = conf;
	struct target_owner owner = { S("<ServiceCallout>"), c->line };
	(void)name;
	c->proxy = b->proxy;
	err target = target_make(b, &owner, c->connection, c->local, &c->to);
	err request = c->request ? assign_check(&c->request->actions, b) : DONE;
	return target.code ? target : request.code ? request : check_properties(c, b);
}

/* ---- run time ----------------------------------------------------------------------------- */

static enum verdict failed(struct exchange *x, str reason)
{
	return fault_raise(x, &faults[EXECUTION_FAILED], STR(x->step_name), STR(reason));
}

static enum verdict prepare(struct exchange *x, const struct service_callout *c,
                            struct message **out)
{
	const struct callout_request *r = c->request;
	str name = r && r->variable.n ? r->variable : S("servicecallout.request");
	struct message *m = r && r->variable.n ? vars_message(x, name) : NULL;
	if (m && m->kind != MESSAGE_REQUEST)
		return fault_raise(x, &faults[NOT_A_REQUEST], STR(x->step_name), STR(name));
	if (!m && r && r->variable.n && vars_get_named(x, name).kind != VALUE_NULL)
		return fault_raise(x, &faults[NOT_A_MESSAGE], STR(x->step_name), STR(name));
	if (!m) {
		m = message_request(x->arena, S("GET"), S(""));
		vars_set_message(x, name, m);
	}
	struct assigning g = {
		.x = x, .to = m, .lenient = r && r->ignore_unresolved, .faults = &assign_faults
	};
	enum verdict verdict = r ? assign_run(&g, &r->actions) : CONTINUE;
	if (verdict == CONTINUE && m->body.kind == BODY_STREAM)
		exchange_bytes(x, m); /* so that it can be sent here and there */
	*out = m;
	return x->fault_pending ? FAULT : verdict;
}

/* What a policy said of this call: servicecallout.{name}.WHAT, or "". */
static str told(struct exchange *x, const char *what)
{
	str name = str_fmt(x->arena, "servicecallout.%.*s.%s", STR(x->step_name), what);
	return value_text(x->arena, vars_get_named(x, name));
}

/* What is called: its URL, where balanced is set only up to the servers' own part, which the first one
 * stands for. */
static enum verdict find_url(struct exchange *x, const struct service_callout *c, str *text,
                             bool *balanced)
{
	struct assigning g = { .x = x,
		               .lenient = c->request && c->request->ignore_unresolved,
		               .faults = &assign_faults,
		               .used = arena_used(x->arena) };
	const struct balancer *b = c->to.balancer;
	*text = told(x, "target.url");
	*balanced = !text->n && b;
	if (text->n)
		return CONTINUE;
	enum verdict verdict = assign_render(&g, b ? b->path : c->to.url, text);
	if (b)
		*text = balanced_url(x->arena, &b->v[0], *text);
	return verdict;
}

/* The message with its own path and query; the proxied request's lead nowhere here. */
static struct message *copy(struct exchange *x, const struct message *m)
{
	bool proxied = m == x->request;
	struct message *out = message_request(x->arena, m->verb, proxied ? S("") : m->path);
	out->query = proxied ? STR_NONE : m->query;
	for (size_t i = 0; i < m->headers.n; i++)
		if (!proxied || !str_ieq(m->headers.v[i].name, S("Host")))
			headers_add(x->arena, &out->headers, m->headers.v[i].name,
			            m->headers.v[i].value);
	out->body = m->body;
	return out;
}

/* Behind the URL's. */
static void lead_to(struct arena *a, struct message *m, const struct uri *uri)
{
	str base = uri->path, query = uri->query;
	if (m->path.n && str_ends(base, S("/")))
		base = str_sub(base, 0, base.n - 1);
	m->path = str_fmt(a, "%.*s%.*s", STR(base), STR(m->path));
	if (!m->path.n)
		m->path = S("/");
	if (query.n && m->query.n)
		m->query = str_fmt(a, "%.*s&%.*s", STR(query), STR(m->query));
	else if (!m->query.n)
		m->query = query;
}

static enum verdict timed_out(struct exchange *x)
{
	return failed(x, str_fmt(x->arena, "timeout occurred in %.*s", STR(x->step_name)));
}

static enum verdict answered(struct exchange *x, const struct service_callout *c,
                             struct message *answer)
{
	vars_set_message(x, c->response, answer);
	if (target_succeeded(&c->to.props, answer->status))
		return CONTINUE;
	return failed(x, str_fmt(x->arena, "ResponseCode %u is treated as error", answer->status));
}

/* Without <Response> it is run to its end as well; what came of it is nobody's concern. */
static enum verdict call_proxy(struct exchange *x, const struct service_callout *c,
                               struct message *request)
{
	deadline by = deadline_min(x->deadline, deadline_in(c->timeout_ms));
	struct local_call call = { .to = c->to.local, .request = request, .until = by };
	str content;
	struct message *answer = flow_call_local(x, &call);
	err e = answer ? message_content(x->arena, answer, CALLOUT_BODY_MAX, by, &content) : DONE;
	bool refused = !answer || x->fault_pending;
	x->fault_pending = false;
	if (!c->response.n)
		return CONTINUE;
	if (refused)
		return failed(x, x->raised.string);
	if (deadline_passed(by))
		return timed_out(x);
	return e.code ? failed(x, S("Unexpected EOF at target")) : answered(x, c, answer);
}

static enum verdict wait_for(struct exchange *x, const struct service_callout *c,
                             struct callout *call)
{
	struct message *answer = NULL;
	err e = callout_send(x->arena, call, deadline_min(x->deadline, deadline_in(c->timeout_ms)),
	                     &answer);
	if (e.code == ERR_TIMEOUT)
		return timed_out(x);
	return e.code ? failed(x, callout_reason(call)) : answered(x, c, answer);
}

static enum verdict send_to(struct exchange *x, const struct service_callout *c,
                            struct message *request, const struct uri *uri, bool balanced)
{
	const struct target_properties *p = &c->to.props;
	struct callout call = {
		.host = uri->host,
		.port = uri->port,
		.balancer = balanced ? c->to.balancer : NULL,
		.tls = !uri->tls   ? NULL
		       : c->to.tls ? c->to.tls
		                   : x->tls,
		.usual = x->tls,
		.expected_cn = told(x, "expectedcn"),
		.request = request,
		.timeouts = { p->connect_ms, p->io_ms, p->keep_ms },
		.excused = x->deadline,
	};
	if (c->response.n)
		return wait_for(x, c, &call);
	if (callout_detach(x->loop, c->proxy, &call, c->timeout_ms).code)
		log_warn("callout_not_sent", LOG_STR("policy", x->step_name));
	return CONTINUE;
}

/* What is asked for; the variable that held the request is gone from now on. */
static enum verdict note_request(struct exchange *x, const struct service_callout *c,
                                 const struct message *from, const struct message *request)
{
	str name = S("servicecallout.requesturi"), query = request->query;
	str target =
		str_fmt(x->arena, "%.*s%s%.*s", STR(request->path), query.n ? "?" : "", STR(query));
	err e = vars_set_named(x, name, VALUE_STR(target));
	if (e.code && e.code != ERR_LIMIT)
		return fault_raise(x, &faults[SET_FAILED], STR(x->step_name), STR(name));
	if (c->request && c->request->variable.n && c->request->clear_payload && from != x->request)
		vars_set_message(x, c->request->variable, NULL);
	return CONTINUE;
}

static enum verdict run(const void *conf, struct exchange *x)
{
	const struct service_callout *c = conf;
	struct message *m = NULL;
	str url = S("");
	struct uri uri = { .path = STR_NONE };
	bool balanced = false;
	enum verdict verdict = prepare(x, c, &m);
	if (verdict == CONTINUE)
		verdict = find_url(x, c, &url, &balanced);
	if (verdict != CONTINUE)
		return verdict;
	must(m);
	bool local = c->to.local && !url.n;
	if (!local && uri_parse(url, &uri).code)
		return failed(x, str_fmt(x->arena, "invalid URL %.*s", STR(str_sub(url, 0, 200))));
	struct message *request = copy(x, m);
	if (!local)
		lead_to(x->arena, request, &uri);
	verdict = note_request(x, c, m, request);
	if (verdict != CONTINUE)
		return verdict;
	return local ? call_proxy(x, c, request) : send_to(x, c, request, &uri, balanced);
}

const struct policy policy_service_callout = {
	.element = "ServiceCallout",
	.size = sizeof(struct service_callout),
	.fields = fields,
	.faults = faults,
	.fault_prefix = "servicecallout",
	.check = check,
	.run = run,
};
