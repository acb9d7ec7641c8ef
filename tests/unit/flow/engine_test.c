/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: the order of flows, routes, faults and their rules, with policies that leave a letter.
 * A row is a proxy in shorthand, the trail of letters it must leave, and the answer.
 * Source: Apigee, "Controlling flow", "Handling faults". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/flow/lettered.h"

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
		if (strcmp(run.trail, rows[i].trail) != 0 || run.answer->status != rows[i].status)
			fail_msg("%s: %s, %u", rows[i].what, run.trail, run.answer->status);
		if (rows[i].body && !str_eq(run.answer->body.bytes, str_from_z(rows[i].body)))
			fail_msg("%s: %.*s", rows[i].what, STR(run.answer->body.bytes));
		finish(&run);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),
		cmocka_unit_test(headers_of_faults),
		cmocka_unit_test(paths),
	};
	return cmocka_run_group_tests(tests, loop_setup, loop_teardown);
}
