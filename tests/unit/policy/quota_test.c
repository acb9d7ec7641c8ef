/* SPDX-License-Identifier: Apache-2.0 */
/* Quota as a policy: its references, classes, weights, variables, faults, and what a deploy refuses.
 * A row is a policy and the calls made on it, each by what they set and what must come.
 * Source: Apigee, "Quota policy"; the windows have tests of their own (quota_window, counters). */
#define POLICY_UNDER_TEST policy_quota
#include "unit/policy/run.h"

#include "policy/counters.h"
#include "policy/services.h"

#define DAY "<Interval>1</Interval><TimeUnit>year</TimeUnit>"
#define VIOLATION(id) "policies.ratelimit.QuotaViolation|429|Rate limit quota violation. Quota limit  exceeded. Identifier : " id
#define WEIGHT(w) "policies.ratelimit.InvalidMessageWeight|500|Invalid message weight value " w
#define NO_INTERVAL(v) "policies.ratelimit.FailedToResolveQuotaIntervalReference|500|Failed to resolve quota interval reference " v " in quota policy {1}"
#define NO_UNIT(v) "policies.ratelimit.FailedToResolveQuotaIntervalTimeUnitReference|500|Failed to resolve quota time unit reference " v " in quota policy {1}"

struct call {
	const char *set; /* "v=w" sets a variable first; several by commas */
	const char *want; /* allowed/used/available/exceed/total, or the fault */
};

static const struct { const char *xml; struct call calls[8]; } rows[] = {
	{ "<Quota name='p'><Allow count='2'/>" DAY "</Quota>", { { "", "2/1/1/0/0" }, { "", "2/2/0/0/0" }, { "", VIOLATION("_default") }, { "", VIOLATION("_default") } } },
	{ "<Quota name='p' type='calendar'><Allow count='1'/>" DAY "<StartTime>2016-3-31 00:00:00</StartTime></Quota>", { { "", "1/1/0/0/0" }, { "", VIOLATION("_default") } } },
	{ "<Quota name='p' type='calendar'><Allow count='1'/>" DAY "</Quota>", { { "", "1/1/0/0/0" }, { "", VIOLATION("_default") } } },
	{ "<Quota name='p' type='rollingwindow'><Allow count='1'/>" DAY "</Quota>", { { "", "1/1/0/0/0" }, { "", VIOLATION("_default") } } },
	{ "<Quota name='p' type='flexi'><Allow count='1'/>" DAY "</Quota>", { { "", "1/1/0/0/0" }, { "", VIOLATION("_default") } } },
	{ "<Quota name='p'><Allow count='0'/>" DAY "</Quota>", { { "", VIOLATION("_default") } } },
	{ "<Quota name='p'><Allow count='1' countRef='n'/>" DAY "</Quota>", { { "n=3", "3/1/2/0/0" }, { "n=3", "3/2/1/0/0" }, { "", VIOLATION("_default") }, { "n=x", VIOLATION("_default") }, { "n=9", "9/3/6/0/2" } } },
	{ "<Quota name='p'><Allow countRef='n'/>" DAY "</Quota>", { { "", VIOLATION("_default") }, { "n= 1 ", "1/1/0/0/1" } } },
	{ "<Quota name='p'><Allow count='1'/>" DAY "<Identifier ref='who'/></Quota>", { { "who=ann", "1/1/0/0/0" }, { "who=bob", "1/1/0/0/0" }, { "who=ann", VIOLATION("ann") }, { "", "1/1/0/0/0" }, { "who=", VIOLATION("_default") } } },
	{ "<Quota name='p'><Allow count='10'/>" DAY "<MessageWeight ref='w'/></Quota>", { { "w=4", "10/4/6/0/0" }, { "", "10/5/5/0/0" }, { "w=0", "10/5/5/0/0" }, { "w=6", VIOLATION("_default") }, { "w=1.5", WEIGHT("1.5") }, { "w=-1", WEIGHT("-1") }, { "w=5", "10/10/0/0/1" } } },
	{ "<Quota name='p'><Allow count='1'/><Interval ref='i'>1</Interval><TimeUnit ref='u'>year</TimeUnit></Quota>", { { "", "1/1/0/0/0" }, { "", VIOLATION("_default") }, { "i=2", "1/1/0/0/0" }, { "u=month", "1/1/0/0/0" }, { "i=x", NO_INTERVAL("i") }, { "u=fortnight", NO_UNIT("u") } } },
	{ "<Quota name='p'><Allow count='1'/><Interval ref='i'/><TimeUnit ref='u'/></Quota>", { { "", NO_INTERVAL("i") }, { "i=1", NO_UNIT("u") }, { "i=0,u=day", NO_INTERVAL("i") }, { "i=1,u=Year", "1/1/0/0/0" } } },
	{ "<Quota name='p'><Allow count='5'><Class ref='c'><Allow class='gold' count='2'/><Allow class='tin' count='1'/></Class></Allow>" DAY "</Quota>", { { "c=gold", "2/1/1/0/0" }, { "c=tin", "1/1/0/0/0" }, { "c=tin", VIOLATION("_default") }, { "c=gold", "2/2/0/0/0" }, { "c=lead", "5/1/4/0/0" } } },
	{ "<Quota name='p'><Allow count='1'/>" DAY "<EnforceOnly>true</EnforceOnly></Quota>", { { "", "1/0/1/0/0" }, { "", "1/0/1/0/0" } } },
	{ "<Quota name='p'><Allow count='1'/>" DAY "<CountOnly>true</CountOnly></Quota>", { { "", "1/1/0/0/0" }, { "", "1/2/0/0/0" } } },
	{ "<Quota name='p'><Allow count='1'/>" DAY "<Distributed>true</Distributed><Synchronous>false</Synchronous><AsynchronousConfiguration><SyncIntervalInSeconds>20</SyncIntervalInSeconds><SyncMessageCount>5</SyncMessageCount></AsynchronousConfiguration></Quota>", { { "", "1/1/0/0/0" } } },
};

#define Q(x) "<Quota name='p'>" x "</Quota>"
static const struct { const char *xml, *want; } refused[] = {
	{ Q("<Allow count='many'/>" DAY), "the attribute count of <Allow> is \"many\"; a whole number is needed" },
	{ Q("<Allow count='-1'/>" DAY), "the attribute count of <Allow> is \"-1\"; a whole number is needed" },
	{ Q(DAY), "<Quota> needs <Allow> with count or countRef" },
	{ Q("<Allow count='1'/><TimeUnit>day</TimeUnit>"), "<Quota> needs <Interval>" },
	{ Q("<Allow count='1'/><Interval>1</Interval>"), "<Quota> needs <TimeUnit>" },
	{ Q("<Allow count='1'/><Interval>none</Interval><TimeUnit>day</TimeUnit>"), "<Interval> is \"none\"; a whole number from 1 to 1000000 is needed" },
	{ Q("<Allow count='1'/><Interval>0</Interval><TimeUnit>day</TimeUnit>"), "<Interval> is \"0\"; a whole number from 1 to 1000000 is needed" },
	{ Q("<Allow count='1'/><Interval>1</Interval><TimeUnit>fortnight</TimeUnit>"), "<TimeUnit> is \"fortnight\"; one of second, minute, hour, day, week, month, year is needed" },
	{ "<Quota name='p' type='sometimes'><Allow count='1'/>" DAY "</Quota>", "the attribute type of <Quota> is \"sometimes\"; one of calendar, rollingwindow, flexi is needed" },
	{ "<Quota name='p' type='calendar'><Allow count='1'/>" DAY "<StartTime>soon</StartTime></Quota>", "<StartTime> is \"soon\"; a moment such as 2016-03-31 00:00:00 is needed" },
	{ "<Quota name='p' type='flexi'><Allow count='1'/>" DAY "<StartTime>2016-3-31 00:00:00</StartTime></Quota>", "<StartTime> goes with type=\"calendar\" only" },
	{ Q("<Allow count='1'/>" DAY "<Synchronous>true</Synchronous><AsynchronousConfiguration/>"), "<AsynchronousConfiguration> does not go with <Synchronous> true" },
	{ Q("<Allow count='1'/>" DAY "<CountOnly>true</CountOnly><EnforceOnly>true</EnforceOnly>"), "<CountOnly> and <EnforceOnly> cannot both be true" },
	{ Q("<Allow count='1'/>" DAY "<UseQuotaConfigInAPIProduct stepName='x'/>"), "<UseQuotaConfigInAPIProduct> is not supported yet by this gateway" },
	{ Q("<Foo/>"), "unknown element <Foo> in <Quota>; known here: Allow, Interval, TimeUnit, StartTime, Identifier, MessageWeight, Distributed, Synchronous, AsynchronousConfiguration, PreciseAtSecondsLevel, DataStoreFailureModeOpen, SharedName, CountOnly, EnforceOnly" },
};

static void set_all(struct exchange *x, const char *set)
{
	for (str rest = str_from_z(set), one; rest.n;) {
		one = str_cut(&rest, ',');
		str value = one, name = str_cut(&value, '=');
		assert_int_equal(vars_set_named(x, name, VALUE_STR(value)).code, ERR_NONE);
	}
}

static const char *show(struct exchange *x, enum verdict verdict)
{
	static const char *const names[] = { "allowed.count", "used.count", "available.count", "exceed.count", "total.exceed.count" };
	struct buf b = buf_in(x->arena);
	if (verdict == FAULT)
		buf_fmt(&b, "%.*s|%u|%.*s", STR(x->raised.code), x->raised.status, STR(x->raised.string));
	for (size_t i = 0; i < COUNT(names) && verdict == CONTINUE; i++) {
		struct value v = vars_get_named(x, str_fmt(x->arena, "ratelimit.p.%s", names[i]));
		buf_fmt(&b, "%s%.*s", i ? "/" : "", STR(value_text(x->arena, v)));
	}
	buf_char(&b, 0);
	return b.p;
}

static void run_row(size_t row, struct counters *counters)
{
	struct arena *a = arena_create(0, 0);
	struct proxy *proxy;
	struct services services = { .counters = counters };
	const struct step *step = policy_step(a, rows[row].xml, &proxy);
	proxy->name = str_fmt(a, "row%zu", row); /* counters of its own */
	for (const struct call *call = rows[row].calls; call->want; call++) {
		struct exchange x;
		exchange_for(&x, a, proxy);
		x.services = &services;
		set_all(&x, call->set);
		const char *got = show(&x, step_run(&x, step));
		if (strcmp(got, call->want) != 0)
			fail_msg("%s\ncall %d (%s): got %s, want %s", rows[row].xml, (int)(call - rows[row].calls), call->set, got, call->want);
	}
	proxy_release(proxy);
	arena_destroy(&a);
}

static void counts(void **state)
{
	(void)state;
	struct counters *counters;
	assert_int_equal(counters_open(NULL, &counters).code, ERR_NONE);
	for (size_t i = 0; i < COUNT(rows); i++)
		run_row(i, counters);
	counters_close(&counters);
}

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		policy_refused(refused[i].xml, refused[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(counts), cmocka_unit_test(refuses) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
