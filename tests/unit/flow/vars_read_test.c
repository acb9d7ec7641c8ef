/* SPDX-License-Identifier: Apache-2.0 */
/* Flow variables: every family read through names bound at deploy time.
 * A row is a name and what it must be.
 * Source: Apigee, "Flow variables reference". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/flow/vars_fixture.h"

#define NONE NULL /* no value at all */
#define ANY "*"   /* some value */

static const struct { enum when when; const char *name, *want; } reads[] = {
	{ IN_REQUEST, "request.verb", "POST" },
	{ IN_REQUEST, "request.version", "1.1" },
	{ IN_REQUEST, "request.path", "/vars/p/q" },
	{ IN_REQUEST, "request.uri", "/vars/p/q?a=1&a=2&b=x%20y&c&d+e=+&&=z" },
	{ IN_REQUEST, "request.url", NONE },
	{ IN_REQUEST, "request.querystring", "a=1&a=2&b=x%20y&c&d+e=+&&=z" },
	{ IN_REQUEST, "request.transportid", "http" },
	{ IN_REQUEST, "request.transport.message", ANY },
	{ IN_REQUEST, "request.status.code", NONE },
	{ IN_REQUEST, "request.reason.phrase", NONE },
	{ IN_REQUEST, "request.content", "f=1&f=2&g=%21" },
	{ IN_REQUEST, "request.content.as.base64", "Zj0xJmY9MiZnPSUyMQ==" },
	{ IN_REQUEST, "request.content.as.url.safe.base64", "Zj0xJmY9MiZnPSUyMQ" },
	{ IN_REQUEST, "request.queryparam.a", "1" },
	{ IN_REQUEST, "request.queryparam.a.1", "1" },
	{ IN_REQUEST, "request.queryparam.a.2", "2" },
	{ IN_REQUEST, "request.queryparam.a.3", NONE },
	{ IN_REQUEST, "request.queryparam.a.values", "[1, 2]" },
	{ IN_REQUEST, "request.queryparam.a.values.count", "2" },
	{ IN_REQUEST, "request.queryparam.a.values.string", "1,2" },
	{ IN_REQUEST, "request.queryparam.b", "x y" },
	{ IN_REQUEST, "request.queryparam.c", "" },
	{ IN_REQUEST, "request.queryparam.d e", " " },
	{ IN_REQUEST, "request.queryparam.A", NONE },
	{ IN_REQUEST, "request.queryparam.none", NONE },
	{ IN_REQUEST, "request.queryparam.none.values", NONE },
	{ IN_REQUEST, "request.queryparam.none.values.count", "0" },
	{ IN_REQUEST, "request.queryparams.count", "5" },
	{ IN_REQUEST, "request.queryparams.names", "[a, b, c, d e, ]" },
	{ IN_REQUEST, "request.queryparams.names.string", "a,b,c,d e," },
	{ IN_REQUEST, "request.formparam.f", "1" },
	{ IN_REQUEST, "request.formparam.f.2", "2" },
	{ IN_REQUEST, "request.formparam.f.values.count", "2" },
	{ IN_REQUEST, "request.formparam.g", "!" },
	{ IN_REQUEST, "request.formparam.h", NONE },
	{ IN_REQUEST, "request.formparams.count", "2" },
	{ IN_REQUEST, "request.formparams.names.string", "f,g" },
	{ IN_REQUEST, "request.formstring", "f=1&f=2&g=%21" },
	{ IN_REQUEST, "request.header.x-one", "a" },
	{ IN_REQUEST, "request.header.X-ONE", "a" },
	{ IN_REQUEST, "request.header.X-One.1", "a" },
	{ IN_REQUEST, "request.header.X-One.2", "b" },
	{ IN_REQUEST, "request.header.X-One.3", "c" },
	{ IN_REQUEST, "request.header.X-One.4", NONE },
	{ IN_REQUEST, "request.header.X-One.0", NONE },
	{ IN_REQUEST, "request.header.X-One.values", "[a, b, c]" },
	{ IN_REQUEST, "request.header.X-One.values.count", "3" },
	{ IN_REQUEST, "request.header.X-One.values.string", "a,b,c" },
	{ IN_REQUEST, "request.header.X-None", NONE },
	{ IN_REQUEST, "request.header.X-None.values.count", "0" },
	{ IN_REQUEST, "request.header.X-Empty", "" },
	{ IN_REQUEST, "request.header.Date", "Wed" },
	{ IN_REQUEST, "request.header.Date.values.string", "Wed,21 Aug 2013 19:16:47 GMT" },
	{ IN_REQUEST, "request.header.host", "acme-test.localhost:9001" },
	{ IN_REQUEST, "request.headers.count", "7" },
	{ IN_REQUEST, "request.headers.names.string", "Host,X-One,Date,X-Empty,X-Dot.2,Content-Type,Content-Length" },
	{ IN_REQUEST, "message.verb", "POST" },
	{ IN_REQUEST, "message.content", "f=1&f=2&g=%21" },
	{ IN_REQUEST, "message.header.x-one", "a" },
	{ IN_REQUEST, "message.queryparam.a", "1" },
	{ IN_REQUEST, "message.status.code", NONE },
	{ IN_REQUEST, "response.status.code", NONE },
	{ IN_REQUEST, "response.content", NONE },
	{ IN_REQUEST, "response.header.x-t", NONE },
	{ IN_REQUEST, "error.content", NONE },
	{ IN_REQUEST, "error.status.code", NONE },
	{ IN_REQUEST, "error.message", NONE },
	{ IN_REQUEST, "apiproxy.name", "vars" },
	{ IN_REQUEST, "apiproxy.revision", "1" },
	{ IN_REQUEST, "apiproxy.basepath", "/vars" },
	{ IN_REQUEST, "organization.name", "acme" },
	{ IN_REQUEST, "environment.name", "test" },
	{ IN_REQUEST, "virtualhost.name", "default" },
	{ IN_REQUEST, "messageid", "m-1" },
	{ IN_REQUEST, "is.error", "false" },
	{ IN_REQUEST, "isError", "false" },
	{ IN_REQUEST, "current.flow.name", "PreFlow" },
	{ IN_REQUEST, "current.flow.description", NONE },
	{ IN_REQUEST, "proxy.basepath", "/vars" },
	{ IN_REQUEST, "proxy.pathsuffix", "/p/q" },
	{ IN_REQUEST, "proxy.name", "default" },
	{ IN_REQUEST, "proxy.url", "http://acme-test.localhost:9001/vars/p/q?a=1" },
	{ IN_REQUEST, "proxy.flow.name", "PreFlow" },
	{ IN_REQUEST, "proxy.client.ip", "127.0.0.1" },
	{ IN_REQUEST, "route.name", NONE },
	{ IN_REQUEST, "route.target", NONE },
	{ IN_REQUEST, "client.ip", "127.0.0.1" },
	{ IN_REQUEST, "client.host", "127.0.0.1" },
	{ IN_REQUEST, "client.resolved.ip", "127.0.0.1" },
	{ IN_REQUEST, "client.port", ANY },
	{ IN_REQUEST, "client.scheme", "http" },
	{ IN_REQUEST, "client.ssl.enabled", "false" },
	{ IN_REQUEST, "client.ssl.server.name", NONE },
	{ IN_REQUEST, "client.received.start.timestamp", "1377112607123" },
	{ IN_REQUEST, "client.received.start.time", "Wed, 21 Aug 2013 19:16:47 GMT" },
	{ IN_REQUEST, "client.received.end.timestamp", "1377112607124" },
	{ IN_REQUEST, "client.received.end.time", "Wed, 21 Aug 2013 19:16:47 GMT" },
	{ IN_REQUEST, "client.sent.start.timestamp", "-1" },
	{ IN_REQUEST, "client.sent.start.time", "" },
	{ IN_REQUEST, "client.sent.end.timestamp", "-1" },
	{ IN_REQUEST, "client.sent.end.time", "" },
	{ IN_REQUEST, "target.url", NONE },
	{ IN_REQUEST, "target.name", NONE },
	{ IN_REQUEST, "target.host", NONE },
	{ IN_REQUEST, "target.copy.pathsuffix", NONE },
	{ IN_REQUEST, "fault.name", NONE },
	{ IN_REQUEST, "fault.category", NONE },
	{ IN_REQUEST, "system.time", ANY },
	{ IN_REQUEST, "system.timestamp", ANY },
	{ IN_REQUEST, "system.time.year", ANY },
	{ IN_REQUEST, "system.time.month", ANY },
	{ IN_REQUEST, "system.time.day", ANY },
	{ IN_REQUEST, "system.time.dayofweek", ANY },
	{ IN_REQUEST, "system.time.hour", ANY },
	{ IN_REQUEST, "system.time.minute", ANY },
	{ IN_REQUEST, "system.time.second", ANY },
	{ IN_REQUEST, "system.time.millisecond", ANY },
	{ IN_REQUEST, "system.time.zone", "UTC" },
	{ IN_REQUEST, "system.uuid", ANY },
	{ IN_REQUEST, "system.interface.lo", ANY },
	{ IN_REQUEST, "system.interface.no-such", NONE },
	{ IN_REQUEST, "system.pod.name", ANY },
	{ IN_REQUEST, "made.content", "{\"a\":1}" },
	{ IN_REQUEST, "made.status.code", "202" },
	{ IN_REQUEST, "made.header.content-type", "application/json" },
	{ IN_REQUEST, "my.made.header.content-type", "application/json" },
	{ IN_REQUEST, "unmade.content", NONE },
	{ IN_REQUEST, "custom", "of my own" },
	{ IN_REQUEST, "custom.content", "no message" },
	{ IN_REQUEST, "given.name", "provided" },
	{ IN_REQUEST, "given.other", NONE },
	{ IN_REQUEST, "request", NONE },
	{ IN_REQUEST, "request.", NONE },
	{ IN_REQUEST, "request.header.", NONE },
	{ IN_REQUEST, "", NONE },
	{ IN_REQUEST, ".", NONE },
	{ IN_RESPONSE, "response.status.code", "201" },
	{ IN_RESPONSE, "response.reason.phrase", "Created" },
	{ IN_RESPONSE, "response.version", "1.1" },
	{ IN_RESPONSE, "response.content", "from target" },
	{ IN_RESPONSE, "response.content.as.base64", "ZnJvbSB0YXJnZXQ=" },
	{ IN_RESPONSE, "response.header.x-t", "t1" },
	{ IN_RESPONSE, "response.header.x-t.2", "t2" },
	{ IN_RESPONSE, "response.headers.count", "3" },
	{ IN_RESPONSE, "response.verb", NONE },
	{ IN_RESPONSE, "response.queryparam.a", NONE },
	{ IN_RESPONSE, "response.formparam.a", NONE },
	{ IN_RESPONSE, "response.formstring", NONE },
	{ IN_RESPONSE, "message.content", "from target" },
	{ IN_RESPONSE, "message.status.code", "201" },
	{ IN_RESPONSE, "request.verb", "POST" },
	{ IN_RESPONSE, "request.header.x-one", "a" },
	{ IN_RESPONSE, "request.path", "/up/p/q" },
	{ IN_RESPONSE, "request.uri", "/up/p/q?a=1" },
	{ IN_RESPONSE, "request.url", "http://backend.example:8080/up/p/q?a=1" },
	{ IN_RESPONSE, "request.queryparam.a", "1" },
	{ IN_RESPONSE, "route.name", "go" },
	{ IN_RESPONSE, "route.target", "backend" },
	{ IN_RESPONSE, "target.url", "http://backend.example:8080/up/p/q?a=1" },
	{ IN_RESPONSE, "target.evaluated.url", "http://backend.example:8080/up" },
	{ IN_RESPONSE, "target.basepath", "/up" },
	{ IN_RESPONSE, "target.name", "backend" },
	{ IN_RESPONSE, "target.host", "backend.example" },
	{ IN_RESPONSE, "target.port", "8080" },
	{ IN_RESPONSE, "target.scheme", "http" },
	{ IN_RESPONSE, "target.ssl.enabled", "false" },
	{ IN_RESPONSE, "target.header.host", "backend.example:8080" },
	{ IN_RESPONSE, "target.copy.pathsuffix", "true" },
	{ IN_RESPONSE, "target.copy.queryparams", "true" },
	{ IN_RESPONSE, "target.sent.start.timestamp", "1377112607200" },
	{ IN_RESPONSE, "target.sent.start.time", "Wed, 21 Aug 2013 19:16:47 GMT" },
	{ IN_RESPONSE, "target.received.end.timestamp", "-1" },
	{ IN_RESPONSE, "is.error", "false" },
	{ IN_ERROR, "is.error", "true" },
	{ IN_ERROR, "fault.name", "QuotaViolation" },
	{ IN_ERROR, "fault.type", "QuotaViolation" },
	{ IN_ERROR, "fault.category", "Step" },
	{ IN_ERROR, "fault.reason", "Rate limit quota violation." },
	{ IN_ERROR, "error.message", "Rate limit quota violation." },
	{ IN_ERROR, "error.state", "PROXY_REQ_FLOW" },
	{ IN_ERROR, "error.status.code", "429" },
	{ IN_ERROR, "error.reason.phrase", "Too Many Requests" },
	{ IN_ERROR, "error.content", "{}" },
	{ IN_ERROR, "error.header.content-type", "application/json" },
	{ IN_ERROR, "message.content", "{}" },
	{ IN_ERROR, "message.status.code", "429" },
	{ IN_ERROR, "response.status.code", NONE },
	{ IN_ERROR, "request.verb", "POST" },
};

static void reading(void **state)
{
	struct fixture *f = *state;
	put_customs(f);
	enum when now = IN_REQUEST;
	for (size_t i = 0; i < COUNT(reads); i++) {
		if (reads[i].when != now && reads[i].when == IN_RESPONSE)
			answer(f);
		if (reads[i].when != now && reads[i].when == IN_ERROR) {
			f->x.response = NULL;
			f->x.segment = SEG_PROXY_REQUEST;
			go_wrong(f);
		}
		now = reads[i].when;
		const struct flowvar *v = flowvar_bind(f->arena, str_from_z(reads[i].name));
		str got = vars_text(&f->x, v), want = str_from_z(reads[i].want);
		bool ok = str_eq(want, S(ANY)) ? got.n > 0 : str_given(got) == str_given(want) && str_eq(got, want);
		if (!ok)
			fail_msg("%s = %s%.*s, not %s", reads[i].name, str_given(got) ? "" : "nothing ", STR(got),
			         reads[i].want ? reads[i].want : "nothing");
		assert_true(vars_get_named(&f->x, str_from_z(reads[i].name)).kind == vars_get(&f->x, v).kind);
	}
}

/* Each look-up walks a form: who sends millions of pairs is told so. */
static void forms_are_bounded(void **state)
{
	struct fixture *f = *state;
	static const struct { size_t pairs; bool fault; } rows[] = { { 10000, false }, { 10001, true } };
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = buf_in(f->arena);
		for (size_t k = 1; k < rows[i].pairs; k++)
			buf_add(&b, S("a&"));
		buf_add(&b, S("z=1"));
		message_set_content(f->arena, f->x.request, buf_str(&b), S("application/x-www-form-urlencoded"));
		struct value v = vars_get_named(&f->x, S("request.formparam.z"));
		assert_int_equal(v.kind, rows[i].fault ? VALUE_NULL : VALUE_STRING);
		assert_int_equal(f->x.fault_pending, rows[i].fault);
	}
	assert_int_equal(f->x.raised.status, 413);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reading, setup, teardown),
		cmocka_unit_test_setup_teardown(forms_are_bounded, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
