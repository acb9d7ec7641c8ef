/* SPDX-License-Identifier: Apache-2.0 */
/* Fault bodies by what the request sent and asks for, the parts of a raised fault, and the faults of a
 * body that cannot be had.
 * Source: docs/why/faults.md; Apigee, "Runtime error catalog". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "flow/exchange.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

#define STRING "a \"b\" <c> /d"
#define CODE "steps.x.Y/Z"
static const char json[] = "{\"fault\":{\"faultstring\":\"a \\\"b\\\" <c> \\/d\",\"detail\":{\"errorcode\":\"steps.x.Y\\/Z\"}}}";
static const char xml[] = "<?xml version='1.0' encoding='UTF-8'?><fault><faultstring>a &quot;b&quot; &lt;c&gt; /d</faultstring>"
			  "<detail><errorcode>steps.x.Y/Z</errorcode></detail></fault>";
static const char soap12[] =
	"{\"Envelope\":{\"Body\":{\"Fault\":{\"Code\":{\"Value\":\"env:Receiver\",\"Subcode\":{\"Value\":\"steps.x.Y\\/Z\"}},"
	"\"Reason\":{\"Text\":{\"lang\":\"en\",\"\":\"a \\\"b\\\" <c> \\/d\"}}}}}}";
static const char soap11[] =
	"{\"Envelope\":{\"Body\":{\"Fault\":{\"faultcode\":\"soap:Server\",\"detail\":{\"source\":{\"errorcode\":\"steps.x.Y\\/Z\"}},"
	"\"faultstring\":\"a \\\"b\\\" <c> \\/d\",\"faultactor\":{}}},\"encodingStyle\":\"http:\\/\\/schemas.xmlsoap.org\\/soap\\/encoding\\/\"}}";

static const struct { const char *accept, *type, *action, *body; const char *want, *want_type; } choices[] = {
	{ NULL, NULL, NULL, NULL, json, "application/json" },
	{ "", NULL, NULL, NULL, json, "application/json" },
	{ "*/*", NULL, NULL, NULL, json, "application/json" },
	{ "application/json", NULL, NULL, NULL, json, "application/json" },
	{ "application/xml", NULL, NULL, NULL, xml, "application/xml" },
	{ "TEXT/XML", NULL, NULL, NULL, xml, "application/xml" },
	{ "application/problem+xml", NULL, NULL, NULL, xml, "application/xml" },
	{ "application/json, application/xml;q=0.5", NULL, NULL, NULL, json, "application/json" },
	{ "application/xml, application/json;q=0.5", NULL, NULL, NULL, xml, "application/xml" },
	{ "application/json;q=0.5, application/xml", NULL, NULL, NULL, xml, "application/xml" },
	{ "application/json;q=0.5 , application/xml ; q = 0.9", NULL, NULL, NULL, xml, "application/xml" },
	{ "application/xml, application/json", NULL, NULL, NULL, xml, "application/xml" },
	{ "application/json, application/xml", NULL, NULL, NULL, json, "application/json" },
	{ "application/xml;q=0", NULL, NULL, NULL, json, "application/json" },
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", NULL, NULL, NULL, json, "application/json" },
	{ "application/xhtml+xml", NULL, NULL, NULL, json, "application/json" },
	{ ",,;q=1", NULL, NULL, NULL, json, "application/json" },
	{ NULL, "application/xml", NULL, NULL, xml, "application/xml" },
	{ NULL, "application/xml; charset=utf-8", NULL, NULL, xml, "application/xml" },
	{ "*/*", "application/xml", NULL, NULL, json, "application/json" },
	{ "application/json", "application/xml", NULL, NULL, json, "application/json" },
	{ NULL, "application/json", NULL, NULL, json, "application/json" },
	{ NULL, "text/xml", NULL, NULL, xml, "application/xml" },
	{ "*/*", "text/xml", NULL, NULL, json, "application/json" },
	{ "*/*", "text/xml", "\"urn:x\"", NULL, soap11, "application/json" },
	{ "*/*", "text/xml", NULL, "<s:Envelope/>", soap11, "application/json" },
	{ "*/*", "application/soap+xml", NULL, NULL, soap12, "application/json" },
	{ "*/*", "application/xml", "\"urn:x\"", NULL, json, "application/json" },
};

static void bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(choices); i++) {
		struct arena *a = arena_create(0, 0);
		struct http_call call = { .request = message_request(a, S("POST"), S("/")) };
		struct exchange x = { .arena = a, .call = &call };
		struct headers *h = &call.request->headers;
		if (choices[i].body)
			message_set_content(a, call.request, str_from_z(choices[i].body), STR_NONE);
		if (choices[i].accept)
			headers_add(a, h, S("Accept"), str_from_z(choices[i].accept));
		if (choices[i].type)
			headers_add(a, h, S("Content-Type"), str_from_z(choices[i].type));
		if (choices[i].action)
			headers_add(a, h, S("SOAPAction"), str_from_z(choices[i].action));
		str type, body = fault_body(&x, S(STRING), S(CODE), &type);
		if (!str_eq(body, str_from_z(choices[i].want)) || !str_eq(type, str_from_z(choices[i].want_type)))
			fail_msg("row %zu: %.*s %.*s", i, STR(type), STR(body));
		arena_destroy(&a);
	}
}

static void soap_in_xml(void **state)
{
	(void)state;
	static const struct { const char *type, *action, *want_type, *root, *where; } rows[] = {
		{ "application/soap+xml", NULL, "application/soap+xml", "<env:Envelope ", "<env:Value>steps.x.Y/Z</env:Value>" },
		{ "text/xml", "\"\"", "text/xml", "<soap:Envelope ", "<source><errorcode>steps.x.Y/Z</errorcode></source>" },
	};
	struct arena *a = arena_create(0, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_call call = { .request = message_request(a, S("POST"), S("/")) };
		struct exchange x = { .arena = a, .call = &call };
		headers_add(a, &call.request->headers, S("Content-Type"), str_from_z(rows[i].type));
		if (rows[i].action)
			headers_add(a, &call.request->headers, S("SOAPAction"), str_from_z(rows[i].action));
		str type, body = fault_body(&x, S(STRING), S(CODE), &type);
		assert_true(str_eq(type, str_from_z(rows[i].want_type)));
		assert_true(str_has(body, str_from_z(rows[i].root)));
		assert_true(str_has(body, str_from_z(rows[i].where)));
		assert_true(str_has(body, S("a &quot;b&quot; &lt;c&gt; /d")));
	}
	arena_destroy(&a);
}

static void raising(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	static const struct fault plain = { "policies.ratelimit.QuotaViolation", 429, "Rate limit." };
	static const struct fault formatted = { "NoDots", 500, "%.*s: %d%%" };
	static const struct policy policy = { .element = "Quota", .fault_prefix = "ratelimit" };
	static const struct step step = { .policy = &policy, .name = S_INIT("q") };
	struct exchange x = { .arena = a };
	assert_int_equal(fault_raise(&x, &plain), FAULT);
	assert_true(x.fault_pending && str_eq(x.raised.name, S("QuotaViolation")) && !str_given(x.raised.policy));
	fault_header(&x, S("A"), S("1"));
	x.step = &step;
	x.step_name = step.name;
	assert_int_equal(fault_raise(&x, &formatted, STR(S("text")), 7), FAULT);
	assert_true(str_eq(x.raised.string, S("text: 7%")) && str_eq(x.raised.name, S("NoDots")));
	assert_true(str_eq(x.raised.policy, S("q")) && str_eq(x.raised.prefix, S("ratelimit")));
	assert_int_equal(x.fault_headers.n, 0); /* those of the fault before are gone */
	arena_destroy(&a);
}

/* ---- bodies that stream ---- */

struct source {
	struct body_source source;
	size_t pieces, size;
	enum err_code end;
};

static err next_piece(struct body_source *source, str *piece, deadline until)
{
	static char bytes[1 << 20];
	struct source *s = (struct source *)source;
	(void)until;
	*piece = S("");
	if (!s->pieces)
		return s->end ? FAIL(s->end) : DONE;
	s->pieces--;
	*piece = str_from(bytes, s->size);
	return DONE;
}
static const struct body_source_type source_type = { .read = next_piece };

static const struct { size_t pieces, size; int64_t length; enum err_code end; bool request, late; const char *fault; unsigned status; } streams[] = {
	{ 3, 10, -1, ERR_NONE, true, false, NULL, 0 },
	{ 0, 0, -1, ERR_NONE, true, false, NULL, 0 },
	{ 10, 1 << 20, -1, ERR_NONE, false, false, NULL, 0 }, /* 10 MB and no byte more */
	{ 11, 1 << 20, -1, ERR_NONE, true, false, "TooBigBody", 413 },
	{ 11, 1 << 20, -1, ERR_NONE, false, false, "TooBigBody", 502 },
	{ 0, 0, (10 << 20) + 1, ERR_NONE, true, false, "TooBigBody", 413 },
	{ 1, 10, -1, ERR_IO, true, false, "UnexpectedEOFAtClient", 400 },
	{ 1, 10, -1, ERR_IO, false, false, "UnexpectedEOFAtTarget", 502 },
	{ 1, 10, -1, ERR_SYNTAX, true, false, "UnexpectedEOFAtClient", 400 },
	{ 1, 10, -1, ERR_TIMEOUT, true, false, "RequestTimeout", 408 },
	{ 1, 10, -1, ERR_TIMEOUT, false, false, "GatewayTimeout", 504 },
	{ 1, 10, -1, ERR_TIMEOUT, false, true, "APITimedOut", 504 },
};

static void content(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++) {
		struct arena *a = arena_create(0, 1 << 20);
		struct source s = { { .type = &source_type }, streams[i].pieces, streams[i].size, streams[i].end };
		struct message *m = streams[i].request ? message_request(a, S("POST"), S("/")) : message_response(a, 200);
		m->body = (struct body){ .kind = BODY_STREAM, .source = &s.source, .length = streams[i].length };
		struct exchange x = { .arena = a, .deadline = streams[i].late ? deadline_in(-1) : NEVER,
			              .request = streams[i].request ? m : NULL };
		str got = exchange_content(&x, m);
		bool ok = !streams[i].fault;
		assert_int_equal(got.n, ok ? streams[i].pieces * streams[i].size : 0);
		assert_int_equal(x.fault_pending, !ok);
		if (!ok && (!str_eq(x.raised.name, str_from_z(streams[i].fault)) || x.raised.status != streams[i].status))
			fail_msg("row %zu: %.*s %u", i, STR(x.raised.name), x.raised.status);
		assert_int_equal(exchange_content(&x, m).n, got.n); /* asked again: the same, and no second fault */
		assert_false(arena_over(a)); /* it is not in the exchange's arena */
		arena_destroy(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(soap_in_xml),
		cmocka_unit_test(raising),
		cmocka_unit_test(content),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
