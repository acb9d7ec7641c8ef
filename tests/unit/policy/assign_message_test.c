/* SPDX-License-Identifier: Apache-2.0 */
/* AssignMessage, row by row: what it does to a request, a response, messages of its own and variables.
 * A row is the inside of a policy and the message afterwards, written in one line.
 * Source: Apigee, "AssignMessage policy". */
#define POLICY_UNDER_TEST policy_assign_message
#include "base/clock.h"
#include "unit/policy/run.h"

static const char *show_message(struct arena *a, const struct message *m)
{
	struct buf b = buf_in(a);
	if (!m)
		return "none";
	if (m->kind == MESSAGE_REQUEST)
		buf_fmt(&b, "%.*s %.*s%s%.*s", STR(m->verb), STR(m->path), str_given(m->query) ? "?" : "", STR(m->query));
	else
		buf_fmt(&b, "%u %.*s", m->status, STR(m->reason));
	for (size_t i = 0; i < m->headers.n; i++)
		if (!str_ieq(m->headers.v[i].name, S("Content-Length")))
			buf_fmt(&b, " [%.*s: %.*s]", STR(m->headers.v[i].name), STR(m->headers.v[i].value));
	if (m->version != 11)
		buf_fmt(&b, " v%u", m->version);
	buf_fmt(&b, " |%.*s", STR(m->body.bytes));
	buf_char(&b, 0);
	return b.p;
}

#define R "POST /p?a=1&b=2 [X-One: 1] [X-Two: 2] [x-two: 3, 4] [Content-Type: text/plain] |body"
#define TAIL " [X-Two: 2] [x-two: 3, 4] [Content-Type: text/plain] |body"
#define FULL "[X-One: 1]" TAIL
#define HEADS "[X-One: 1] [X-Two: 2] [x-two: 3, 4] "
#define H(n, v) "<Headers><Header name=\"" n "\">" v "</Header></Headers>"
#define Q(n, v) "<QueryParams><QueryParam name=\"" n "\">" v "</QueryParam></QueryParams>"
#define F(n, v) "<FormParams><FormParam name=\"" n "\">" v "</FormParam></FormParams>"
#define HN(n) "<Headers><Header name=\"" n "\"/></Headers>"
#define QN(n) "<QueryParams><QueryParam name=\"" n "\"/></QueryParams>"
#define FN(n) "<FormParams><FormParam name=\"" n "\"/></FormParams>"
#define QUIET "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>"
#define MADE "<AssignTo createNew='true' type='request'>m</AssignTo>"

static const struct { const char *inner, *want; } requests[] = {
	{ "", R },
	{ "<DisplayName>d</DisplayName><Properties/><FaultRules/>", R },
	/* headers */
	{ "<Set>" H("New", "n") "</Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] [New: n] |body" },
	{ "<Set>" H("x-one", "other") "</Set>", "POST /p?a=1&b=2 [x-one: other]" TAIL },
	{ "<Set>" H("X-Two", "t") "</Set>", "POST /p?a=1&b=2 [X-One: 1] [X-Two: t] [Content-Type: text/plain] |body" },
	{ "<Set>" H("New", " {request.verb}-{request.header.x-one} ") "</Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] [New: POST-1] |body" },
	{ "<Set>" H("New", "{no.such:dflt}") "</Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] [New: dflt] |body" },
	{ QUIET "<Set>" H("New", "<![CDATA[[{no.such}]]]>") "</Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] [New: []] |body" },
	{ "<Set>" HN("New") "</Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] [New: ] |body" },
	{ "<Add>" H("X-One", "2") "</Add>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] [X-One: 2] |body" },
	{ "<Add><Headers/></Add>", R },
	{ "<Remove>" HN("x-one") "</Remove>", "POST /p?a=1&b=2" TAIL },
	{ "<Remove>" HN("X-Two") "</Remove>", "POST /p?a=1&b=2 [X-One: 1] [Content-Type: text/plain] |body" },
	{ "<Remove>" HN("X-Two.1") "</Remove>", "POST /p?a=1&b=2 [X-One: 1] [Content-Type: text/plain] [X-Two: 3, 4] |body" },
	{ "<Remove>" HN("X-Two.3") "</Remove>", "POST /p?a=1&b=2 [X-One: 1] [Content-Type: text/plain] [X-Two: 2, 3] |body" },
	{ "<Remove>" HN("X-Two.9") "</Remove>", R },
	{ "<Remove>" HN("X-One.1") "</Remove>", "POST /p?a=1&b=2" TAIL },
	{ "<Remove>" HN("Absent") "</Remove>", R },
	{ "<Remove><Headers/></Remove>", "POST /p?a=1&b=2 |body" },
	{ "<Remove><Headers><Header name='X-One'/><Header name='X-Two'/></Headers></Remove>", "POST /p?a=1&b=2 [Content-Type: text/plain] |body" },
	/* query parameters */
	{ "<Set>" Q("a", "9") "</Set>", "POST /p?a=9&b=2 " FULL },
	{ "<Set>" Q("c", "x y&amp;z") "</Set>", "POST /p?a=1&b=2&c=x%20y%26z " FULL },
	{ "<Set>" Q("n&amp;m", "{request.verb}") "</Set>", "POST /p?a=1&b=2&n%26m=POST " FULL },
	{ "<Add>" Q("a", "9") "</Add>", "POST /p?a=1&b=2&a=9 " FULL },
	{ "<Remove>" QN("a") "</Remove>", "POST /p?b=2 " FULL },
	{ "<Remove>" QN("a") QN("b") "</Remove>", "POST /p " FULL },
	{ "<Remove><QueryParams/></Remove>", "POST /p " FULL },
	{ "<Add>" Q("a", "9") "</Add><Remove>" QN("a.2") "</Remove>", "POST /p?a=1&b=2 " FULL },
	{ "<Add>" Q("a", "9") "</Add><Remove>" QN("a.1") "</Remove>", "POST /p?b=2&a=9 " FULL },
	{ "<Add>" Q("a", "9") "</Add><Set>" Q("a", "0") "</Set>", "POST /p?a=0&b=2 " FULL },
	/* verb, path, version; what a response has, a request has not */
	{ "<Set><Verb>PATCH</Verb></Set>", "PATCH /p?a=1&b=2 " FULL },
	{ "<Set><Verb> {request.queryparam.b}X </Verb></Set>", "2X /p?a=1&b=2 " FULL },
	{ "<Set><Verb/><Path/><Version/></Set>", R },
	{ "<Set><Path>/q/{request.queryparam.a}</Path></Set>", "POST /q/1?a=1&b=2 " FULL },
	{ "<Set><Path>q</Path></Set>", "POST /q?a=1&b=2 " FULL },
	{ "<Set><Path>/q?z=1</Path></Set>", "POST /q?z=1 " FULL },
	{ "<Set><Version>1.0</Version></Set>", "POST /p?a=1&b=2 [X-One: 1] [X-Two: 2] [x-two: 3, 4] [Content-Type: text/plain] v10 |body" },
	{ "<Set><Version>HTTP/1.1</Version></Set>", R },
	{ "<Set><StatusCode>418</StatusCode><ReasonPhrase>x</ReasonPhrase></Set>", R },
	/* payload */
	{ "<Set><Payload contentType='application/json'>{\"a\":\"x\"}</Payload></Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: application/json] |{\"a\":\"x\"}" },
	{ "<Set><Payload>{request.verb} </Payload></Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] |POST " },
	{ "<Set><Payload contentType='{request.queryparam.a}/x'/></Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: 1/x] |" },
	{ "<Set><Payload variablePrefix='@' variableSuffix='#'>{\"v\":\"@request.verb#\"}</Payload></Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] |{\"v\":\"POST\"}" },
	{ "<Set><Payload variablePrefix='%' variableSuffix='%'>%request.verb% {request.verb}</Payload></Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] |POST {request.verb}" },
	{ "<Set><Payload><![CDATA[<a>{request.verb}</a>]]></Payload></Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] |<a>POST</a>" },
	{ "<Set><Payload><a b=\"c\"><d/></a></Payload></Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] |<a b=\"c\"><d/></a>" },
	{ "<Set><Payload>1</Payload><Payload>2</Payload></Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] |2" },
	{ "<Set><Payload>{request.content}!</Payload></Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] |body!" },
	{ "<Remove><Payload>true</Payload></Remove>", "POST /p?a=1&b=2 " HEADS "[Content-Type: text/plain] |" },
	{ "<Remove><Payload>false</Payload></Remove>", R },
	{ "<Remove><Payload/></Remove>", R },
	/* form parameters: the body is no form here, so they do nothing; an empty one becomes a form */
	{ "<Set>" F("a", "1") "</Set>", R },
	{ "<Remove><FormParams/></Remove>", R },
	{ "<Set><Payload/>" F("a", "x y") F("b", "2") "</Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: application/x-www-form-urlencoded] |a=x%20y&b=2" },
	{ "<Set><Payload contentType='application/x-www-form-urlencoded'>a=1&amp;b=2&amp;a=3</Payload>" F("a", "9") "</Set>", "POST /p?a=1&b=2 " HEADS "[Content-Type: application/x-www-form-urlencoded] |a=9&b=2" },
	{ "<Set><Payload contentType='application/x-www-form-urlencoded; charset=UTF-8'>a=1</Payload></Set><Add>" F("a", "9") "</Add>", "POST /p?a=1&b=2 " HEADS "[Content-Type: application/x-www-form-urlencoded; charset=UTF-8] |a=1&a=9" },
	{ "<Set><Payload contentType='application/x-www-form-urlencoded'>a=1&amp;b=2</Payload></Set><Remove>" FN("a") "</Remove>", "POST /p?a=1&b=2 " HEADS "[Content-Type: application/x-www-form-urlencoded] |b=2" },
	{ "<Set><Payload contentType='application/x-www-form-urlencoded'>a=1&amp;b=2</Payload></Set><Remove><FormParams/></Remove>", "POST /p?a=1&b=2 " HEADS "[Content-Type: application/x-www-form-urlencoded] |" },
	/* order: as written */
	{ "<Set>" H("X-One", "s") "</Set><Remove>" HN("X-One") "</Remove>", "POST /p?a=1&b=2" TAIL },
	{ "<Remove>" HN("X-One") "</Remove><Set>" H("X-One", "s") "</Set>", "POST /p?a=1&b=2" " [X-Two: 2] [x-two: 3, 4] [Content-Type: text/plain] [X-One: s] |body" },
	{ "<Set>" H("X-One", "s") "</Set><Set>" H("X-One", "{request.header.x-one}t") "</Set>", "POST /p?a=1&b=2 [X-One: st]" TAIL },
	{ "<AssignVariable><Name>v</Name><Value>w</Value></AssignVariable><Set><Verb>{v}</Verb></Set>", "w /p?a=1&b=2 " FULL },
	{ "<Set><Verb>{v:none}</Verb></Set><AssignVariable><Name>v</Name><Value>w</Value></AssignVariable>", "none /p?a=1&b=2 " FULL },
	/* to itself */
	{ "<Copy source='request'><Headers/><Payload>true</Payload></Copy>", R },
	{ "<AssignTo createNew='false' transport='http' type='request'/><Set><Verb>PUT</Verb></Set>", "PUT /p?a=1&b=2 " FULL },
	{ "<AssignTo>request</AssignTo><Set><Verb>PUT</Verb></Set>", "PUT /p?a=1&b=2 " FULL },
	{ "<AssignTo createNew='false'>message</AssignTo><Set><Verb>PUT</Verb></Set>", "PUT /p?a=1&b=2 " FULL },
	/* a message of its own leaves the request alone */
	{ MADE "<Set><Verb>PUT</Verb></Set>", R },
	{ "<AssignTo createNew='true' type='request'>request</AssignTo><Set><Path>/n</Path></Set>", "GET /n |" },
	{ "<AssignVariable><Name>request.header.X-One</Name><Value>v</Value></AssignVariable>", "POST /p?a=1&b=2 [X-One: v]" TAIL },
};

/* What stands in the variable m afterwards. */
static const struct { const char *inner, *want; } made[] = {
	{ MADE, "GET  |" },
	{ "<AssignTo createNew='true'>m</AssignTo>", "GET  |" },
	{ "<AssignTo>m</AssignTo>", "GET  |" },
	{ "<AssignTo createNew='true' type='response'>m</AssignTo>", "200 OK |" },
	{ MADE "<Set><Verb>PUT</Verb><Path>/x</Path><Payload contentType='a/b'>p</Payload></Set>", "PUT /x [Content-Type: a/b] |p" },
	{ MADE "<Copy source='request'>" HN("X-One") "</Copy>", "GET  [X-One: 1] |" },
	{ MADE "<Copy source='request'>" HN("X-Two") "</Copy>", "GET  [X-Two: 2] [x-two: 3, 4] |" },
	{ MADE "<Copy source='request'>" HN("X-Two.2") "</Copy>", "GET  [X-Two: 3] |" },
	{ MADE "<Copy source='request'>" HN("Absent") "</Copy>", "GET  |" },
	{ MADE "<Copy source='request'><Headers/></Copy>", "GET  [X-One: 1] [X-Two: 2] [x-two: 3, 4] [Content-Type: text/plain] |" },
	{ MADE "<Copy source='request'><QueryParams/></Copy>", "GET ?a=1&b=2 |" },
	{ MADE "<Copy source='request'>" QN("b") "</Copy>", "GET ?b=2 |" },
	{ MADE "<Copy source='request'><Verb>true</Verb><Path>true</Path><Payload>true</Payload></Copy>", "POST /p [Content-Type: text/plain] |body" },
	{ MADE "<Copy><Verb>true</Verb></Copy>", "POST  |" },
	{ MADE "<Copy source='request'><Verb>false</Verb><Payload/><StatusCode>true</StatusCode></Copy>", "GET  |" },
	{ MADE "<Copy source='request'><FormParams/></Copy>", "GET  |" },
	{ "<AssignTo createNew='true' type='response'>m</AssignTo><Set><StatusCode>418</StatusCode><ReasonPhrase>tea</ReasonPhrase></Set>", "418 tea |" },
	{ "<AssignTo createNew='true' type='response'>m</AssignTo><Set><ReasonPhrase>tea</ReasonPhrase><StatusCode>418</StatusCode></Set>", "418 tea |" },
	{ "<AssignTo createNew='true' type='response'>m</AssignTo><Set><StatusCode>404</StatusCode></Set>", "404 Not Found |" },
	{ "<AssignTo createNew='true' type='response'>m</AssignTo><Set><StatusCode>911</StatusCode><Verb>X</Verb>" Q("a", "1") F("a", "1") "</Set>", "911  |" },
};

/* The variable v afterwards; NULL: null. */
#define V(x) "<AssignVariable><Name>v</Name>" x "</AssignVariable>"
static const struct { const char *inner, *want; } variables[] = {
	{ V("<Value>hi {x}</Value>"), "hi {x}" },
	{ V("<Value> two </Value>"), " two " },
	{ V("<Value/>"), "" },
	{ V("<Ref>request.queryparam.a</Ref>"), "1" },
	{ V("<Value>no</Value><Ref>request.queryparam.a</Ref>"), "1" },
	{ V("<Ref>no.such</Ref><Value>yes</Value>"), "yes" },
	{ V("<Ref/><Value>yes</Value>"), "yes" },
	{ QUIET V("<Ref>no.such</Ref>"), NULL },
	{ V("<Value>was</Value>") QUIET V("<Ref>no.such</Ref>"), "was" },
	{ V("<Template>{request.verb}/{request.queryparam.a}</Template>"), "POST/1" },
	{ V("<Template> {request.verb}\n</Template>"), " POST\n" },
	{ V("<Template>{request.verb}</Template><Value>no</Value>"), "POST" },
	{ V("<Template>{request.verb}</Template><Ref>request.queryparam.b</Ref>"), "2" },
	{ "<AssignVariable><Name>t</Name><Value>{request.verb}!</Value></AssignVariable>" V("<Template ref='t'/>"), "POST!" },
	{ "<AssignVariable><Name>t</Name><Value>{request.verb}!</Value></AssignVariable>" V("<Template ref='t'>not {this}</Template>"), "POST!" },
	{ V("<Template ref='no.such'>{request.verb}</Template>"), "POST" },
	{ "<AssignVariable><Name>w</Name><Value>1</Value></AssignVariable>" V("<Template>{w}{w}</Template>"), "11" },
	{ V(""), NULL },
};

/* code | faultstring */
static const struct { const char *inner, *want; } faults[] = {
	{ "<Set>" H("X", "{no.such}") "</Set>", "steps.assignmessage.UnresolvedVariable|AssignMessage[p]: unable to resolve variable no.such" },
	{ "<Add>" Q("X", "{no.such}") "</Add>", "steps.assignmessage.UnresolvedVariable|AssignMessage[p]: unable to resolve variable no.such" },
	{ "<Set><Payload>{a}</Payload></Set>", "steps.assignmessage.UnresolvedVariable|AssignMessage[p]: unable to resolve variable a" },
	{ "<Set><Verb>{a}</Verb></Set>", "steps.assignmessage.UnresolvedVariable|AssignMessage[p]: unable to resolve variable a" },
	{ V("<Ref>no.such</Ref>"), "steps.assignmessage.UnresolvedVariable|AssignMessage[p]: unable to resolve variable no.such" },
	{ V("<Template>{no.such}</Template>"), "steps.assignmessage.UnresolvedVariable|AssignMessage[p]: unable to resolve variable no.such" },
	{ V("<Value>text</Value>") "<Copy source='v'><Headers/></Copy>", "steps.assignmessage.VariableOfNonMsgType|AssignMessage[p]: value of variable v is not of type Message" },
	{ "<Copy source='no.such'><Headers/></Copy>", "steps.assignmessage.UnresolvedVariable|AssignMessage[p]: unable to resolve variable no.such" },
	{ "<AssignTo createNew='false'>no.such</AssignTo>", "steps.assignmessage.UnresolvedVariable|AssignMessage[p]: unable to resolve variable no.such" },
	{ "<AssignVariable><Name>client.ip</Name><Value>v</Value></AssignVariable>", "steps.assignmessage.SetVariableFailed|AssignMessage[p]: failed to set variable client.ip" },
	{ "<Set><Verb>A B</Verb></Set>", "steps.assignmessage.SetVariableFailed|AssignMessage[p]: failed to set variable verb" },
	{ "<Set><Path>/a b</Path></Set>", "steps.assignmessage.SetVariableFailed|AssignMessage[p]: failed to set variable path" },
	{ "<Set><Version>9</Version></Set>", "steps.assignmessage.SetVariableFailed|AssignMessage[p]: failed to set variable version" },
	{ "<AssignTo createNew='true' type='response'>m</AssignTo><Set><StatusCode>x</StatusCode></Set>", "steps.assignmessage.SetVariableFailed|AssignMessage[p]: failed to set variable status.code" },
	{ "<AssignTo createNew='true' type='response'>m</AssignTo><Set><StatusCode>99</StatusCode></Set>", "steps.assignmessage.SetVariableFailed|AssignMessage[p]: failed to set variable status.code" },
	{ "<Set>" H("X", "a&#10;b") "</Set>", "steps.assignmessage.SetVariableFailed|AssignMessage[p]: failed to set variable X" },
};

/* What a deployment is refused for. */
static const struct policy_row refused[] = {
	{ "<Sett/>", "unknown element <Sett> in <AssignMessage>; known here: AssignTo, Set, Add, Copy, Remove, AssignVariable, IgnoreUnresolvedVariables" },
	{ "<Set><Header name='a'/></Set>", "unknown element <Header> in <Set>; known here: Headers, QueryParams, FormParams, Payload, Verb, Version, Path, StatusCode, ReasonPhrase" },
	{ "<Add><Verb>X</Verb></Add>", "unknown element <Verb> in <Add>; known here: Headers, QueryParams, FormParams" },
	{ "<Set><Headers><Header>x</Header></Headers></Set>", "<Header> needs the attribute name" },
	{ "<Set>" H("a b", "x") "</Set>", "\"a b\" cannot be the name of a header" },
	{ "<Remove>" HN("a.0") "</Remove>", "the name \"a.0\" ends with the index 0; they count from 1" },
	{ "<Remove>" H("a", "x") "</Remove>", "the text \"x\" has no meaning in <Header>" },
	{ "<Set><Payload variablePrefix='{{'/></Set>", "the attribute variablePrefix of <Payload> is \"{{\"; one character is needed" },
	{ "<Set><Payload template='x'/></Set>", "the attribute template of <Payload> is not supported yet by this gateway" },
	{ "<Copy><Payload>maybe</Payload></Copy>", "<Payload> is \"maybe\"; true or false is needed" },
	{ "<AssignVariable><Value>x</Value></AssignVariable>", "<AssignVariable> needs <Name>" },
	{ "<AssignVariable><Name/><Value>x</Value></AssignVariable>", "<AssignVariable> needs <Name>" },
	{ "<AssignVariable><Name>a</Name><ResourceURL>template://x</ResourceURL></AssignVariable>", "<ResourceURL> is not supported yet by this gateway" },
	{ "<AssignTo type='reply'>m</AssignTo>", "the attribute type of <AssignTo> is \"reply\"; one of request, response is needed" },
	{ "<AssignTo kind='x'>m</AssignTo>", "unknown attribute kind in <AssignTo>; known here: createNew, transport, type" },
	{ "<AssignTo>a</AssignTo><AssignTo>b</AssignTo>", "<AssignTo> is given twice, first in line 1" },
};

struct ran {
	struct arena *a;
	struct proxy *proxy;
	struct exchange x;
	enum verdict verdict;
};

static void run_inner(struct ran *r, const char *inner)
{
	r->a = arena_create(0, 0);
	const struct step *step = policy_step(r->a, policy_xml(r->a, inner), &r->proxy);
	exchange_for(&r->x, r->a, r->proxy);
	r->verdict = step_run(&r->x, step);
}

static void finish(struct ran *r)
{
	proxy_release(r->proxy);
	arena_destroy(&r->a);
}

static void is(const char *inner, const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("%s\n got %s\nwant %s", inner, got, want);
}

static void on_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct ran r;
		run_inner(&r, requests[i].inner);
		if (r.verdict != CONTINUE)
			fail_msg("%s: %s", requests[i].inner, str_z(r.a, r.x.raised.string));
		is(requests[i].inner, show_message(r.a, r.x.request), requests[i].want);
		finish(&r);
	}
}

static void makes_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(made); i++) {
		struct ran r;
		run_inner(&r, made[i].inner);
		assert_int_equal(r.verdict, CONTINUE);
		is(made[i].inner, show_message(r.a, vars_message(&r.x, S("m"))), made[i].want);
		is(made[i].inner, show_message(r.a, r.x.request), R);
		finish(&r);
	}
}

static void sets_variables(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(variables); i++) {
		struct ran r;
		run_inner(&r, variables[i].inner);
		assert_int_equal(r.verdict, CONTINUE);
		struct value v = vars_get_named(&r.x, S("v"));
		is(variables[i].inner, v.kind == VALUE_NULL ? "NULL" : str_z(r.a, value_text(r.a, v)),
		   variables[i].want ? variables[i].want : "NULL");
		finish(&r);
	}
}

static void raises(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct ran r;
		run_inner(&r, faults[i].inner);
		assert_int_equal(r.verdict, FAULT);
		assert_int_equal(r.x.raised.status, 500);
		is(faults[i].inner, str_z(r.a, str_fmt(r.a, "%.*s|%.*s", STR(r.x.raised.code), STR(r.x.raised.string))),
		   faults[i].want);
		finish(&r);
	}
}

static void in_a_response(void **state)
{
	(void)state;
	struct ran r;
	r.a = arena_create(0, 0);
	const struct step *step = policy_step(r.a, policy_xml(r.a, "<Set><StatusCode>202</StatusCode>" H("R", "{message.status.code}") "</Set>"), &r.proxy);
	exchange_for(&r.x, r.a, r.proxy);
	r.x.response = message_response(r.a, 200);
	r.x.segment = SEG_PROXY_RESPONSE;
	assert_int_equal(step_run(&r.x, step), CONTINUE);
	is("response", show_message(r.a, r.x.response), "202 Accepted [R: 202] |");
	r.x.in_error = true;
	r.x.error = message_response(r.a, 500);
	assert_int_equal(step_run(&r.x, step), CONTINUE);
	is("error", show_message(r.a, r.x.error), "202 Accepted [R: 202] |");
	finish(&r);
}

/* A value may cost a call its memory, not the process its own: the policy stops in its middle.  In an
 * error flow, which begins where the memory is used up, it still has room for an answer. */
static void stays_small(void **state)
{
	(void)state;
	static const struct { const char *action; bool in_error; enum verdict verdict; } rows[] = {
		{ V("<Template>{v}{v}{request.content}</Template>"), false, FAULT },
		{ V("<Template>{v}{v}{request.content}</Template>"), true, FAULT },
		{ "<Add>" H("X", "x{request.header.x-one}{request.header.x-one}") "</Add>", false, CONTINUE },
		{ V("<Value>short</Value>"), true, CONTINUE },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ran r = { .a = arena_create(0, 1 << 20) };
		struct buf inner = buf_in(r.a);
		buf_add(&inner, S(QUIET));
		for (int n = 0; n < 40; n++)
			buf_add(&inner, str_from_z(rows[i].action));
		const struct step *step = policy_step(r.a, policy_xml(r.a, str_z(r.a, buf_str(&inner))), &r.proxy);
		exchange_for(&r.x, r.a, r.proxy);
		if ((r.x.in_error = rows[i].in_error)) {
			r.x.error = message_response(r.a, 500);
			assert_non_null(arena_alloc(r.a, 2 << 20, 1));
		}
		assert_int_equal(step_run(&r.x, step), rows[i].verdict);
		if (rows[i].verdict == FAULT)
			assert_true(str_eq(r.x.raised.code, S("system.memory.OutOfMemory")));
		assert_true(arena_used(r.a) < 16 << 20);
		finish(&r);
	}
}

/* A client sends thousands of values in a line: taking one out looks at each of them once. */
static void removes_quickly(void **state)
{
	(void)state;
	struct ran r = { .a = arena_create(0, 0) };
	const struct step *step = policy_step(r.a, policy_xml(r.a, "<Remove>" HN("X.9999") HN("X.5000") "</Remove>"), &r.proxy);
	exchange_for(&r.x, r.a, r.proxy);
	char *commas = arena_alloc(r.a, 60000, 1);
	memset(commas, ',', 60000);
	headers_add(r.a, &r.x.request->headers, S("X"), str_from(commas, 60000));
	int64_t began = clock_mono_ns();
	assert_int_equal(step_run(&r.x, step), CONTINUE);
	assert_true(clock_mono_ns() - began < 500000000);
	finish(&r);
}

static void refuses(void **state) { (void)state; policies_refused(refused, COUNT(refused)); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_requests),   cmocka_unit_test(makes_messages), cmocka_unit_test(sets_variables),
		cmocka_unit_test(raises), cmocka_unit_test(in_a_response),  cmocka_unit_test(refuses),
		cmocka_unit_test(stays_small),   cmocka_unit_test(removes_quickly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
