/* SPDX-License-Identifier: Apache-2.0 */
/* ServiceCallout with a client of the test's own: what is sent, what comes of the answer, the faults.
 * A row is the inside of a policy, the answer, what went out and what must be in the variable r.
 * Source: Apigee, "ServiceCallout policy". */
#define POLICY_UNDER_TEST policy_service_callout
#include "unit/policy/run.h"

#include "flow/engine.h"
#include "http/client.h"

/* ---- the client ----------------------------------------------------------------------------- */

static struct {
	unsigned status; /* of the answer; 0: fails */
	enum http_failure why;
	enum err_code code;
	char sent[512];
} wire;

err http_fetch(struct arena *a, const struct http_origin *o, struct message *m, deadline by,
               struct message **answer, enum http_failure *why)
{
	struct buf b = buf_in(a);
	buf_fmt(&b, "%s%.*s:%u (%.*s) %.*s %.*s%s%.*s", o->tls ? "tls " : "", STR(o->host), o->port, STR(o->host_header),
	        STR(m->verb), STR(m->path), str_given(m->query) ? "?" : "", STR(m->query));
	for (size_t i = 0; i < m->headers.n; i++)
		if (!str_ieq(m->headers.v[i].name, S("Content-Length")))
			buf_fmt(&b, " [%.*s: %.*s]", STR(m->headers.v[i].name), STR(m->headers.v[i].value));
	if (m->body.kind == BODY_BYTES)
		buf_fmt(&b, " |%.*s", STR(m->body.bytes));
	snprintf(wire.sent, sizeof wire.sent, "%.*s", STR(buf_str(&b)));
	assert_true(deadline_left_ms(by) <= 55000);
	*why = wire.why;
	if (wire.code)
		return FAIL(wire.code);
	*answer = message_response(a, wire.status);
	message_set_content(a, *answer, S("said"), S("text/plain"));
	return DONE;
}

struct message *flow_call_local(struct exchange *x, const struct local_call *c)
{
	const struct message *m = c->request;
	str query = str_given(m->query) ? m->query : S("-");
	snprintf(wire.sent, sizeof wire.sent, "local %.*s '%.*s' %.*s", STR(m->verb), STR(m->path), STR(query));
	assert_true(!c->request->tunnel && !c->interim && deadline_left_ms(c->until) <= 55000);
	if (!wire.status) {
		fault_raise(x, &gateway_faults[CHAIN_TOO_DEEP], 10);
		return NULL;
	}
	return message_response(x->arena, wire.status);
}

/* ---- rows ----------------------------------------------------------------------------------- */

#define TO(u) "<HTTPTargetConnection><URL>" u "</URL></HTTPTargetConnection>"
#define LOCAL "<LocalTargetConnection><APIProxy>other</APIProxy></LocalTargetConnection>"
#define R "<Response>r</Response>"
#define FAILED(reason) "steps.servicecallout.ExecutionFailed|500|Execution of ServiceCallout p failed. Reason: " reason

static const struct {
	const char *inner;
	unsigned status;
	const char *sent, *want; /* want: r's status, or the fault */
} rows[] = {
	{ R TO("http://h/a"), 200, "h:80 (h) GET /a", "200" },
	{ R TO("http://h:8080"), 200, "h:8080 (h:8080) GET /", "200" },
	{ R TO("http://h/a?x=1"), 200, "h:80 (h) GET /a?x=1", "200" },
	{ R TO("http://h/{request.queryparam.a}/{request.verb}"), 200, "h:80 (h) GET /1/POST", "200" },
	{ "<Request/>" R TO("http://h/a"), 200, "h:80 (h) GET /a", "200" },
	{ "<Request variable='q'><Set><Verb>PUT</Verb><Payload contentType='text/x'>{request.verb}</Payload></Set></Request>" R TO("http://h/a"), 200, "h:80 (h) PUT /a [Content-Type: text/x] |POST", "200" },
	{ "<Request><Set><QueryParams><QueryParam name='k'>v</QueryParam></QueryParams></Set></Request>" R TO("http://h/a?x=1"), 200, "h:80 (h) GET /a?x=1&k=v", "200" },
	{ "<Request><Set><QueryParams><QueryParam name='k'>v</QueryParam></QueryParams></Set></Request>" R TO("http://h/a"), 200, "h:80 (h) GET /a?k=v", "200" },
	{ "<Request><Set><Path>/d</Path></Set></Request>" R TO("http://h"), 200, "h:80 (h) GET /d", "200" },
	{ "<Request><Set><Path>/d</Path></Set></Request>" R TO("http://h/base/"), 200, "h:80 (h) GET /base/d", "200" },
	{ "<Request><Set><Headers><Header name='Host'>other</Header></Headers></Set></Request>" R TO("http://h/"), 200, "h:80 (h) GET / [Host: other]", "200" },
	{ "<Request variable='request'/>" R TO("http://h/a"), 200, "h:80 (h) POST /a [X-One: 1] [X-Two: 2] [x-two: 3, 4] [Content-Type: text/plain] |body", "200" },
	{ "<Request variable='q'><Copy source='request'><Headers/><Payload>true</Payload></Copy></Request>" R TO("http://h/a"), 201, "h:80 (h) GET /a [X-One: 1] [X-Two: 2] [x-two: 3, 4] [Content-Type: text/plain] |body", "201" },
	{ R TO("http://h/a"), 304, "h:80 (h) GET /a", "304" },
	{ R TO("http://h/a"), 404, "h:80 (h) GET /a", FAILED("ResponseCode 404 is treated as error") },
	{ R TO("http://h/a"), 500, "h:80 (h) GET /a", FAILED("ResponseCode 500 is treated as error") },
	{ R "<HTTPTargetConnection><Properties><Property name='success.codes'>2xx,404</Property></Properties><URL>http://h/a</URL></HTTPTargetConnection>", 404, "h:80 (h) GET /a", "404" },
	{ R "<HTTPTargetConnection><Properties><Property name='success.codes'>2xx,404</Property></Properties><URL>http://h/a</URL></HTTPTargetConnection>", 302, "h:80 (h) GET /a", FAILED("ResponseCode 302 is treated as error") },
	{ R LOCAL, 200, "local GET '' -", "200" },
	{ "<Request><Set><Path>/d</Path><QueryParams><QueryParam name='k'>v</QueryParam></QueryParams></Set></Request>" R LOCAL, 200, "local GET '/d' k=v", "200" },
	{ "<Request variable='request'/>" R LOCAL, 200, "local POST '' -", "200" },
	{ R LOCAL, 404, "local GET '' -", FAILED("ResponseCode 404 is treated as error") },
	{ R LOCAL, 0, "local GET '' -", FAILED("More than 10 proxies are chained") },
	{ R TO("nowhere"), 200, "", FAILED("invalid URL nowhere") },
	{ R TO("{no.such}"), 200, "", FAILED("unable to resolve variable no.such") },
	{ "<Request><Set><Verb>{no.such}</Verb></Set></Request>" R TO("http://h/"), 200, "", FAILED("unable to resolve variable no.such") },
	{ "<Request variable='text'/>" R TO("http://h/"), 200, "", "steps.servicecallout.RequestVariableNotMessageType|500|ServiceCallout[p]: request variable text value is not of type Message" },
	{ "<Request variable='answer'/>" R TO("http://h/"), 200, "", "steps.servicecallout.RequestVariableNotRequestMessageType|500|ServiceCallout[p]: request variable answer value is not of type Request Message" },
};

static const struct { enum err_code code; enum http_failure why; const char *want; } failures[] = {
	{ ERR_TIMEOUT, HTTP_READ_TIMEOUT, FAILED("timeout occurred in p") },
	{ ERR_IO, HTTP_CONNECT_REFUSED, FAILED("Connection refused") },
	{ ERR_IO, HTTP_RESOLVE, FAILED("Host not reachable") },
	{ ERR_IO, HTTP_TLS, FAILED("SSL Handshake failed") },
	{ ERR_IO, HTTP_UNEXPECTED_END, FAILED("Unexpected EOF at target") },
	{ ERR_SYNTAX, HTTP_BAD_ANSWER, FAILED("Invalid response") },
	{ ERR_DENIED, HTTP_DENIED, FAILED("Host not allowed") },
};

static const struct policy_row refused[] = {
	{ R, "<ServiceCallout> needs <HTTPTargetConnection> with a <URL> or a <LoadBalancer>" },
	{ R "<HTTPTargetConnection/>", "<ServiceCallout> needs <HTTPTargetConnection> with a <URL> or a <LoadBalancer>" },
	{ R "<LocalTargetConnection><Path>/x</Path></LocalTargetConnection>" TO("http://h"), "<ServiceCallout> holds <LocalTargetConnection> and <HTTPTargetConnection>; one of them is the target" },
	{ R "<LocalTargetConnection><ProxyEndpoint>e</ProxyEndpoint></LocalTargetConnection>", "<LocalTargetConnection> needs <APIProxy> with <ProxyEndpoint>, or <Path>" },
	{ R "<LocalTargetConnection><Path>/x</Path><Properties><Property name='supports.http11'>false</Property></Properties></LocalTargetConnection>", "a callout's message is its own and goes as it is: the properties that retain, compress, limit or ask for HTTP/1.0 are not for it" },
	{ R "<Timeout>soon</Timeout>" TO("http://h"), "<Timeout> is \"soon\"; a whole number from 1 to 86400000 is needed" },
	{ R "<Timeout>-1</Timeout>" TO("http://h"), "<Timeout> is \"-1\"; a whole number from 1 to 86400000 is needed" },
	{ R "<HTTPTargetConnection><LoadBalancer><Server name='s'/></LoadBalancer><URL>http://h</URL></HTTPTargetConnection>", "<HTTPTargetConnection> holds <URL> and <LoadBalancer>; one of them is the target" },
	{ R "<HTTPTargetConnection><LoadBalancer/></HTTPTargetConnection>", "<LoadBalancer> needs 1 to 64 <Server>" },
	{ R "<HTTPTargetConnection><Properties><Property name='x'>1</Property></Properties><URL>http://h</URL></HTTPTargetConnection>", NULL },
	{ "<Request><Verb>GET</Verb></Request>" TO("http://h"), "unknown element <Verb> in <Request>; known here: Set, Add, Copy, Remove, AssignVariable, IgnoreUnresolvedVariables" },
};

static const char *run_inner(struct arena *a, const char *inner)
{
	struct proxy *proxy;
	struct exchange x;
	const struct step *step = policy_step(a, policy_xml(a, inner), &proxy);
	exchange_for(&x, a, proxy);
	assert_int_equal(vars_set_named(&x, S("text"), VALUE_STR(S("t"))).code, ERR_NONE);
	vars_set_message(&x, S("answer"), message_response(a, 200));
	wire.sent[0] = 0;
	str got;
	if (step_run(&x, step) == FAULT)
		got = str_fmt(a, "%.*s|%u|%.*s", STR(x.raised.code), x.raised.status, STR(x.raised.string));
	else
		got = str_fmt(a, "%u", vars_message(&x, S("r"))->status);
	assert_true(str_eq(x.request->verb, S("POST")) && str_eq(x.request->body.bytes, S("body")));
	proxy_release(proxy);
	return str_z(a, got);
}

static void calls_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_create(0, 0);
		memset(&wire, 0, sizeof wire);
		wire.status = rows[i].status;
		const char *got = run_inner(a, rows[i].inner);
		if (strcmp(got, rows[i].want) != 0 || strcmp(wire.sent, rows[i].sent) != 0)
			fail_msg("%s\nsent %s\nwant %s\n got %s\nwant %s", rows[i].inner, wire.sent, rows[i].sent, got, rows[i].want);
		arena_destroy(&a);
	}
}

static void fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(failures); i++) {
		struct arena *a = arena_create(0, 0);
		memset(&wire, 0, sizeof wire);
		wire.code = failures[i].code;
		wire.why = failures[i].why;
		assert_string_equal(run_inner(a, R TO("http://h/a")), failures[i].want);
		arena_destroy(&a);
	}
}

static void refuses(void **state) { (void)state; policies_refused(refused, COUNT(refused)); }

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(calls_out), cmocka_unit_test(fails), cmocka_unit_test(refuses) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
