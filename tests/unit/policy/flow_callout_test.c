/* SPDX-License-Identifier: Apache-2.0 */
/* FlowCallout with an engine and a snapshot of the test's own: parameters, and a flow that is not there.
 * A row is the inside of a policy and what the shared flow saw in the variables p and q, or the fault.
 * Source: Apigee, "FlowCallout policy". */
#define POLICY_UNDER_TEST policy_flow_callout
#include "unit/policy/run.h"

#include "flow/engine.h"
#include "flow/snapshot.h"

static const struct proxy *test_shared_flow(const struct snapshot *, str name);
static enum verdict test_flow_call(struct exchange *, const struct proxy *);
#define snapshot_shared_flow test_shared_flow
#define flow_call test_flow_call
#include "policy/flow_callout.c"

static struct proxy shared = { .is_shared_flow = true };
static char saw[128];

static const struct proxy *test_shared_flow(const struct snapshot *s, str name)
{
	(void)s;
	return str_eq(name, S("common")) ? &shared : NULL;
}

static enum verdict test_flow_call(struct exchange *x, const struct proxy *flow)
{
	assert_ptr_equal(flow, &shared);
	struct value p = vars_get_named(x, S("p")), q = vars_get_named(x, S("q"));
	snprintf(saw, sizeof saw, "p=%.*s q=%.*s", STR(value_text(x->arena, p)), STR(value_text(x->arena, q)));
	return RESPOND;
}

#define NAME(n) "<SharedFlowBundle>" n "</SharedFlowBundle>"
#define PARAMETERS(x) "<Parameters>" x "</Parameters>"
static const struct { const char *inner, *want; } rows[] = {
	{ NAME("common"), "p= q=" },
	{ NAME("common") "<Parameters/>", "p= q=" },
	{ NAME("common") PARAMETERS("<Parameter name='p'>text</Parameter>"), "p=text q=" },
	{ NAME("common") PARAMETERS("<Parameter name='p' ref='request.verb'/>"), "p=POST q=" },
	{ NAME("common") PARAMETERS("<Parameter name='p' ref='request.verb'>no</Parameter><Parameter name='q' ref='p'/>"), "p=POST q=POST" },
	{ NAME("common") PARAMETERS("<Parameter name='p' ref='no.such'>yes</Parameter>"), "p=yes q=" },
	{ NAME("common") PARAMETERS("<Parameter name='p' ref='no.such'/>"), "p= q=" },
	{ NAME("common") PARAMETERS("<Parameter name='client.ip'>x</Parameter>"), "steps.flowcallout.SetVariableFailed|FlowCallout[p]: failed to set variable client.ip" },
	{ NAME("other"), "flow.SharedFlowNotFound|Shared Flow other Not Found" },
};

static const struct policy_row refused[] = {
	{ "", "<FlowCallout> needs <SharedFlowBundle>" },
	{ NAME(" "), "<FlowCallout> needs <SharedFlowBundle>" },
	{ NAME("a") PARAMETERS("<Parameter>x</Parameter>"), "<Parameter> needs the attribute name" },
	{ NAME("a") PARAMETERS("x"), "the text \"x\" has no meaning in <Parameters>" },
	{ "<SharedFlow>a</SharedFlow>" NAME("a"), "unknown element <SharedFlow> in <FlowCallout>; known here: SharedFlowBundle, Parameters" },
};

static void calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_create(0, 0);
		struct proxy *proxy;
		struct exchange x;
		const struct step *step = policy_step(a, policy_xml(a, rows[i].inner), &proxy);
		exchange_for(&x, a, proxy);
		enum verdict verdict = step_run(&x, step);
		if (verdict == FAULT)
			snprintf(saw, sizeof saw, "%.*s|%.*s", STR(x.raised.code), STR(x.raised.string));
		else
			assert_int_equal(verdict, RESPOND); /* what the shared flow answers is what the policy answers */
		assert_string_equal(saw, rows[i].want);
		proxy_release(proxy);
		arena_destroy(&a);
	}
}

static void refuses(void **state) { (void)state; policies_refused(refused, COUNT(refused)); }

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(calls), cmocka_unit_test(refuses) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
