/* SPDX-License-Identifier: Apache-2.0 */
/* ServiceCallout: a request of the proxy's own, beside the one it serves.
 * Invariant: the proxied request and response are touched only when <Request> or <Response> names them.
 * Source: Apigee reference, "ServiceCallout policy". */
#include "policy/assign.h"
#include "policy/callout.h"

#include "base/log.h"
#include "flow/connection.h"
#include "http/uri.h"

struct callout_request {
	struct list actions;
	str variable;
	bool clear_payload, ignore_unresolved;
};

struct callout_connection {
	struct template *url;
	struct list properties;
	struct ssl_xml *ssl;
	unsigned line;
};

struct service_callout {
	struct callout_request *request;
	str response;
	int64_t timeout_ms;
	struct callout_connection *connection;
	struct target_properties props;
	struct tls_context *tls; /* NULL: the gateway's own client context */
	unsigned line;
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
static const struct field callout_connection_fields[] = {
	FIELD(callout_connection, url, "URL", T_TEMPLATE, .required = true,
	      .doc = "a message template"),
	FIELD(callout_connection, properties, "Properties/Property", T_LIST, .sub = property_fields,
	      .sub_size = sizeof(struct property), .doc = "as of a target connection"),
	FIELD(callout_connection, ssl, "SSLInfo", T_GROUPP, .sub = ssl_fields,
	      .sub_size = sizeof(struct ssl_xml)),
	FIELD_BARE("LoadBalancer", T_LATER),
	FIELD_BARE("Authentication", T_LATER),
	FIELD(callout_connection, line, "", T_LINE),
	FIELDS_END,
};
static const struct field fields[] = {
	FIELD(service_callout, request, "Request", T_GROUPP, .sub = request_fields,
	      .sub_size = sizeof(struct callout_request), .doc = "absent: GET"),
	FIELD(service_callout, response, "Response", T_STR,
	      .doc = "the variable for the answer; absent: it is not waited for"),
	FIELD(service_callout, timeout_ms, "Timeout", T_INT, .min = 1, .max = 86400000,
	      .dflt = "55000", .doc = "milliseconds for the whole callout"),
	FIELD(service_callout, connection, "HTTPTargetConnection", T_GROUPP, .required = true,
	      .sub = callout_connection_fields, .sub_size = sizeof(struct callout_connection)),
	FIELD_BARE("LocalTargetConnection", T_LATER),
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

static err check(void *conf, str name, struct binder *b)
{
	struct service_callout *c = conf;
	(void)name;
	TRY(target_properties(b, &c->connection->properties, &c->props));
	if (c->props.request_headers.off || c->props.response_headers.off || c->props.query.off ||
	    c->props.compression || c->props.http10 || c->props.content_max)
		return diag_add(b->diag, ERR_SYNTAX, c->connection->line,
		                "a callout's message is its own and goes as it is: the properties "
		                "that retain, compress, limit or ask for HTTP/1.0 are not for it");
	if (c->request)
		TRY(assign_check(&c->request->actions, b));
	return ssl_make(b, c->connection->ssl, &c->tls);
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

static enum verdict find_url(struct exchange *x, const struct service_callout *c, str *text)
{
	str name = str_fmt(x->arena, "servicecallout.%.*s.target.url", STR(x->step_name));
	struct value set = vars_get_named(x, name);
	struct assigning g = { .x = x,
		               .lenient = c->request && c->request->ignore_unresolved,
		               .faults = &assign_faults,
		               .used = arena_used(x->arena) };
	*text = value_text(x->arena, set);
	return text->n ? CONTINUE : assign_render(&g, c->connection->url, text);
}

/* The URL's path with the message's behind it; the proxied request's own path leads nowhere here. */
static struct message *address(struct arena *a, const struct message *m, const struct uri *uri,
                               bool proxied)
{
	struct message *out = message_request(a, m->verb, S("/"));
	str base = uri->path, query = uri->query;
	str own = proxied ? S("") : m->path, own_query = proxied ? STR_NONE : m->query;
	if (own.n && str_ends(base, S("/")))
		base = str_sub(base, 0, base.n - 1);
	str path = str_fmt(a, "%.*s%.*s", STR(base), STR(own));
	out->path = path.n ? path : S("/");
	if (query.n && own_query.n)
		query = str_fmt(a, "%.*s&%.*s", STR(query), STR(own_query));
	out->query = own_query.n && !query.n ? own_query : query;
	for (size_t i = 0; i < m->headers.n; i++)
		if (!proxied || !str_ieq(m->headers.v[i].name, S("Host")))
			headers_add(a, &out->headers, m->headers.v[i].name, m->headers.v[i].value);
	out->body = m->body;
	return out;
}

static bool is_success(const struct target_properties *p, unsigned status)
{
	for (size_t i = 0; i < p->n_success; i++)
		if (status >= p->success[i].from && status <= p->success[i].to)
			return true;
	return !p->success && status < 400;
}

static enum verdict wait_for(struct exchange *x, const struct service_callout *c,
                             struct callout *call)
{
	struct message *answer = NULL;
	err e = callout_send(x->arena, call, deadline_min(x->deadline, deadline_in(c->timeout_ms)),
	                     &answer);
	if (e.code == ERR_TIMEOUT)
		return failed(x, str_fmt(x->arena, "timeout occurred in %.*s", STR(x->step_name)));
	if (e.code)
		return failed(x, callout_reason(call->why));
	vars_set_message(x, c->response, answer);
	if (!is_success(&c->props, answer->status))
		return failed(x, str_fmt(x->arena, "ResponseCode %u is treated as error",
		                         answer->status));
	return CONTINUE;
}

static enum verdict run(const void *conf, struct exchange *x)
{
	const struct service_callout *c = conf;
	struct message *m = NULL;
	str url;
	struct uri uri;
	enum verdict verdict = prepare(x, c, &m);
	if (verdict == CONTINUE)
		verdict = find_url(x, c, &url);
	if (verdict != CONTINUE)
		return verdict;
	if (uri_parse(url, &uri).code)
		return failed(x, str_fmt(x->arena, "invalid URL %.*s", STR(str_sub(url, 0, 200))));
	struct callout call = {
		.host = uri.host,
		.port = uri.port,
		.tls = !uri.tls ? NULL
		       : c->tls ? c->tls
		                : x->tls,
		.request = address(x->arena, m, &uri, m == x->request),
		.timeouts = { c->props.connect_ms, c->props.io_ms, c->props.keep_ms },
	};
	str query = call.request->query;
	str target = str_fmt(x->arena, "%.*s%s%.*s", STR(call.request->path), query.n ? "?" : "",
	                     STR(query));
	err e = vars_set_named(x, S("servicecallout.requesturi"), VALUE_STR(target));
	if (e.code && e.code != ERR_LIMIT)
		return fault_raise(x, &faults[SET_FAILED], STR(x->step_name),
		                   STR(S("servicecallout.requesturi")));
	if (c->request && c->request->variable.n && c->request->clear_payload && m != x->request)
		vars_set_message(x, c->request->variable, NULL);
	if (c->response.n)
		return wait_for(x, c, &call);
	if (callout_detach(x->loop, &call, c->timeout_ms).code)
		log_warn("callout_not_sent", LOG_STR("policy", x->step_name));
	return CONTINUE;
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
