/* SPDX-License-Identifier: Apache-2.0 */
/* SpikeArrest as a policy: rates, weights, identifiers, faults, and what a deploy refuses.
 * A row is a policy and calls without a pause between them; spacing in time is tested with the counters.
 * Source: Apigee, "SpikeArrest policy". */
#define POLICY_UNDER_TEST policy_spike_arrest
#include "unit/policy/run.h"

#include "policy/counters.h"
#include "policy/services.h"

#define VIOLATION(r) "policies.ratelimit.SpikeArrestViolation|429|Spike arrest violation. Allowed rate : " r
#define SPIKE(x) "<SpikeArrest name='p'>" x "</SpikeArrest>"

struct call {
	const char *rate, *who, *weight, *want; /* want "": passes */
};
static const struct { const char *xml; struct call calls[6]; } rows[] = {
	{ SPIKE("<Rate>6pm</Rate>"), { { 0, 0, 0, "" }, { 0, 0, 0, VIOLATION("6pm") }, { 0, 0, 0, VIOLATION("6pm") } } },
	{ SPIKE("<Rate> 1ps </Rate>"), { { 0, 0, 0, "" }, { 0, 0, 0, VIOLATION("1ps") } } },
	{ SPIKE("<Rate>6pm</Rate><Identifier ref='who'/>"), { { 0, "ann", 0, "" }, { 0, "bob", 0, "" }, { 0, "ann", 0, VIOLATION("6pm") }, { 0, 0, 0, "" }, { 0, 0, 0, VIOLATION("6pm") } } },
	{ SPIKE("<Rate>6pm</Rate><MessageWeight ref='w'/>"), { { 0, 0, "0", "" }, { 0, 0, "0", "" }, { 0, 0, "2", "" }, { 0, 0, "0", VIOLATION("6pm") }, { 0, 0, "1.5", "policies.ratelimit.InvalidMessageWeight|500|Invalid message weight value 1.5" } } },
	{ SPIKE("<Rate ref='rate'>1pm</Rate>"), { { "6pm", 0, 0, "" }, { "6pm", 0, 0, VIOLATION("6pm") }, { 0, 0, 0, VIOLATION("1pm") }, { "fast", 0, 0, "policies.ratelimit.InvalidAllowedRate|500|Invalid spike arrest rate fast" } } },
	{ SPIKE("<Rate ref='rate'/>"), { { 0, 0, 0, "policies.ratelimit.FailedToResolveSpikeArrestRate|500|Failed to resolve Spike Arrest Rate reference rate in SpikeArrest policy p" }, { "1pm", 0, 0, "" } } },
};

#define RATE(r) "<Rate> is \"" r "\"; a whole number with ps or pm is needed, such as 30pm"
static const struct { const char *xml, *want; } refused[] = {
	{ SPIKE("<Rate>fast</Rate>"), RATE("fast") }, { SPIKE("<Rate>5</Rate>"), RATE("5") },     { SPIKE("<Rate>5ph</Rate>"), RATE("5ph") },
	{ SPIKE("<Rate>-5ps</Rate>"), RATE("-5ps") }, { SPIKE("<Rate>5.5ps</Rate>"), RATE("5.5ps") }, { SPIKE("<Rate>0ps</Rate>"), RATE("0ps") },
	{ SPIKE("<Rate>ps</Rate>"), RATE("ps") },     { SPIKE("<Rate/>"), RATE("") },             { SPIKE(""), RATE("") },
	{ SPIKE("<Rate>+5ps</Rate>"), RATE("+5ps") }, { SPIKE("<Rate>5 ps</Rate>"), RATE("5 ps") },
	{ SPIKE("<Rates>5ps</Rates>"), "unknown element <Rates> in <SpikeArrest>; known here: Rate, Identifier, MessageWeight, UseEffectiveCount" },
};

static void set(struct exchange *x, const char *name, const char *value)
{
	if (value)
		assert_int_equal(vars_set_named(x, str_from_z(name), VALUE_STR(str_from_z(value))).code, ERR_NONE);
}

static void arrests(void **state)
{
	(void)state;
	struct services services = { 0 };
	assert_int_equal(counters_open(NULL, &services.counters).code, ERR_NONE);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_create(0, 0);
		struct proxy *proxy;
		const struct step *step = policy_step(a, rows[i].xml, &proxy);
		proxy->name = str_fmt(a, "row%zu", i);
		for (const struct call *call = rows[i].calls; call->want; call++) {
			struct exchange x;
			exchange_for(&x, a, proxy);
			x.services = &services;
			set(&x, "rate", call->rate);
			set(&x, "who", call->who);
			set(&x, "w", call->weight);
			bool over = step_run(&x, step) == FAULT;
			str got = over ? str_fmt(a, "%.*s|%u|%.*s", STR(x.raised.code), x.raised.status, STR(x.raised.string)) : S("");
			assert_string_equal(str_z(a, got), call->want);
		}
		proxy_release(proxy);
		arena_destroy(&a);
	}
	counters_close(&services.counters);
}

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		policy_refused(refused[i].xml, refused[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(arrests), cmocka_unit_test(refuses) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
