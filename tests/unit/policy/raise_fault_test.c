/* SPDX-License-Identifier: Apache-2.0 */
/* RaiseFault: the answer that it leaves in error, and what was raised.
 * A row is the inside of a policy and status, reason, headers and body.
 * Source: Apigee, "RaiseFault policy". */
#define POLICY_UNDER_TEST policy_raise_fault
#include "unit/policy/run.h"

#define JSON "[Content-Type: application/json] |{\"fault\":{\"faultstring\":\"Raising fault. Fault name : p\",\"detail\":{\"errorcode\":\"steps.raisefault.RaiseFault\"}}}"
#define SET(x) "<FaultResponse><Set>" x "</Set></FaultResponse>"
#define RAISED "steps.raisefault.RaiseFault|Raising fault. Fault name : p"

static const struct { const char *inner, *raised, *want; } rows[] = {
	{ "", RAISED, "500 Internal Server Error " JSON },
	{ "<FaultResponse/>", RAISED, "500 Internal Server Error " JSON },
	{ SET("<StatusCode>404</StatusCode>"), RAISED, "404 Not Found " JSON },
	{ SET("<ReasonPhrase>Gone Fishing</ReasonPhrase><StatusCode>404</StatusCode>"), RAISED, "404 Gone Fishing " JSON },
	{ SET("<Headers/><Payload contentType='text/plain'/><StatusCode>500</StatusCode><ReasonPhrase>Server Error</ReasonPhrase>"), RAISED, "500 Server Error [Content-Type: text/plain] |" },
	{ SET("<Payload contentType='text/plain'>no {request.verb}{no.such}</Payload>"), RAISED, "500 Internal Server Error [Content-Type: text/plain] |no POST" },
	{ SET("<StatusCode>{request.queryparam.a}11</StatusCode>"), RAISED, "111  " JSON },
	{ SET("<StatusCode>911</StatusCode>"), RAISED, "911  " JSON },
	{ SET("<Headers><Header name='X'>1</Header></Headers>"), RAISED, "500 Internal Server Error [X: 1] " JSON },
	{ "<FaultResponse><Add><Headers><Header name='X'>1</Header><Header name='X'>2</Header></Headers></Add></FaultResponse>", RAISED, "500 Internal Server Error [X: 1] [X: 2] " JSON },
	{ "<FaultResponse><Copy source='request'><Headers><Header name='X-One'/></Headers><Payload>true</Payload></Copy></FaultResponse>", RAISED, "500 Internal Server Error [X-One: 1] [Content-Type: text/plain] |body" },
	{ "<FaultResponse><AssignVariable><Name>v</Name><Value>7</Value></AssignVariable><Set><Payload>{v}</Payload></Set></FaultResponse>", RAISED, "500 Internal Server Error |7" },
	{ "<ShortFaultReason>true</ShortFaultReason>", "steps.raisefault.RaiseFault|p", "500 Internal Server Error [Content-Type: application/json] |{\"fault\":{\"faultstring\":\"p\",\"detail\":{\"errorcode\":\"steps.raisefault.RaiseFault\"}}}" },
	{ "<IgnoreUnresolvedVariables>false</IgnoreUnresolvedVariables>" SET("<Payload>{no.such}</Payload>"), "steps.raisefault.UnresolvedVariable|RaiseFault[p]: unable to resolve variable no.such", NULL },
	{ SET("<StatusCode>many</StatusCode>"), "steps.raisefault.SetVariableFailed|RaiseFault[p]: failed to set variable status.code", NULL },
};

static const struct policy_row refused[] = {
	{ "<Set/>", "unknown element <Set> in <RaiseFault>; known here: FaultResponse, IgnoreUnresolvedVariables, ShortFaultReason" },
	{ "<FaultResponse><Status>1</Status></FaultResponse>", "unknown element <Status> in <FaultResponse>; known here: Set, Add, Copy, Remove, AssignVariable" },
	{ SET("<Headers><Header name='a:b'>x</Header></Headers>"), "\"a:b\" cannot be the name of a header" },
};

static const char *show(struct arena *a, const struct message *m)
{
	struct buf b = buf_in(a);
	buf_fmt(&b, "%u %.*s", m->status, STR(m->reason));
	for (size_t i = 0; i < m->headers.n; i++)
		if (!str_ieq(m->headers.v[i].name, S("Content-Length")))
			buf_fmt(&b, " [%.*s: %.*s]", STR(m->headers.v[i].name), STR(m->headers.v[i].value));
	buf_fmt(&b, " |%.*s", STR(m->body.bytes));
	buf_char(&b, 0);
	return b.p;
}

static void raises(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_create(0, 0);
		struct proxy *proxy;
		struct exchange x;
		const struct step *step = policy_step(a, policy_xml(a, rows[i].inner), &proxy);
		exchange_for(&x, a, proxy);
		struct http_call call = { .request = x.request };
		x.call = &call;
		assert_int_equal(step_run(&x, step), FAULT);
		assert_string_equal(str_z(a, str_fmt(a, "%.*s|%.*s", STR(x.raised.code), STR(x.raised.string))), rows[i].raised);
		assert_int_equal(x.raised.by_raise_fault, rows[i].want != NULL);
		if (rows[i].want)
			assert_string_equal(show(a, x.error), rows[i].want);
		proxy_release(proxy);
		arena_destroy(&a);
	}
}

static void refuses(void **state) { (void)state; policies_refused(refused, COUNT(refused)); }

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(raises), cmocka_unit_test(refuses) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
