/* SPDX-License-Identifier: Apache-2.0 */
/* Quota: counts calls per interval and identifier; over the limit it raises QuotaViolation.
 * Invariant: a call is counted at most once, in one step with the decision about it.
 * Source: Apigee reference, "Quota policy". */
#include "policy/counters.h"
#include "policy/quota_window.h"
#include "policy/services.h"
#include "policy/weight.h"
#include "rt/loop.h"

enum quota_type { TYPE_NONE, TYPE_CALENDAR, TYPE_ROLLING, TYPE_FLEXI };
static const char *const types[] = { "", "calendar", "rollingwindow", "flexi", NULL };

struct quota_class {
	str name;
	uint64_t count;
};

struct asynchronous {
	int64_t seconds;
	uint64_t messages;
};

struct quota {
	int type;
	bool has_count;
	uint64_t count;
	struct flowvar *count_ref, *class_ref, *interval_ref, *unit_ref, *identifier, *weight;
	struct list classes;
	int64_t interval; /* 0: none */
	int unit;         /* -1: none */
	str count_text, unit_text;
	int64_t start_ms;
	bool has_start;
	str start_text, shared_name;
	bool distributed, synchronous, precise, fail_open, count_only, enforce_only;
	struct asynchronous *asynchronous;
	unsigned line;
};

static const struct field class_fields[] = {
	FIELD(quota_class, name, "@class", T_STR, .required = true,
	      .doc = "the value of the reference"),
	FIELD(quota_class, count, "@count", T_UINT, .required = true,
	      .doc = "calls allowed in this class"),
	FIELDS_END,
};
static const struct field asynchronous_fields[] = {
	FIELD(asynchronous, seconds, "SyncIntervalInSeconds", T_INT, .min = 0, .max = 86400,
	      .doc = "taken; counters are written every second"),
	FIELD(asynchronous, messages, "SyncMessageCount", T_UINT, .doc = "taken; see above"),
	FIELDS_END,
};

static const struct field fields[] = {
	FIELD(quota, type, "@type", T_ENUM, .names = types,
	      .doc = "absent: by the calendar's turns"),
	FIELD(quota, count_text, "Allow/@count", T_STR, .doc = "calls allowed in an interval"),
	FIELD(quota, count_ref, "Allow/@countRef", T_FLOWVAR,
	      .doc = "a variable that holds it, and wins"),
	FIELD(quota, class_ref, "Allow/Class/@ref", T_FLOWVAR,
	      .doc = "the variable that tells the class"),
	FIELD(quota, classes, "Allow/Class/Allow", T_LIST, .sub = class_fields,
	      .sub_size = sizeof(struct quota_class)),
	FIELD(quota, interval, "Interval", T_INT, .min = 1, .max = 1000000,
	      .doc = "units in an interval"),
	FIELD(quota, interval_ref, "Interval/@ref", T_FLOWVAR,
	      .doc = "a variable that holds it, and wins"),
	FIELD(quota, unit_text, "TimeUnit", T_STR,
	      .doc = "second, minute, hour, day, week, month or year"),
	FIELD(quota, unit_ref, "TimeUnit/@ref", T_FLOWVAR,
	      .doc = "a variable that holds it, and wins"),
	FIELD(quota, start_text, "StartTime", T_STR,
	      .doc = "yyyy-MM-dd HH:mm:ss in UTC; type calendar only"),
	FIELD(quota, identifier, "Identifier/@ref", T_FLOWVAR,
	      .doc = "calls are counted apart by its value"),
	FIELD(quota, weight, "MessageWeight/@ref", T_FLOWVAR,
	      .doc = "how many calls this one counts for"),
	FIELD(quota, distributed, "Distributed", T_BOOL,
	      .doc = "taken; one node counts for itself"),
	FIELD(quota, synchronous, "Synchronous", T_BOOL, .doc = "taken; every count is immediate"),
	FIELD(quota, asynchronous, "AsynchronousConfiguration", T_GROUPP,
	      .sub = asynchronous_fields, .sub_size = sizeof(struct asynchronous)),
	FIELD(quota, precise, "PreciseAtSecondsLevel", T_BOOL, .doc = "taken; windows are exact"),
	FIELD(quota, fail_open, "DataStoreFailureModeOpen", T_BOOL,
	      .doc = "taken; counting needs no store"),
	FIELD(quota, shared_name, "SharedName", T_STR,
	      .doc = "policies of this name share counters"),
	FIELD(quota, count_only, "CountOnly", T_BOOL, .doc = "true: counts, and never refuses"),
	FIELD(quota, enforce_only, "EnforceOnly", T_BOOL, .doc = "true: refuses, and never counts"),
	FIELD_BARE("Alert", T_LATER),
	FIELD_BARE("UseQuotaConfigInAPIProduct", T_LATER),
	FIELD(quota, line, "", T_LINE),
	FIELDS_END,
};

enum { QUOTA_VIOLATION, NO_INTERVAL, NO_UNIT, BAD_WEIGHT };
static const struct fault faults[] = {
	[QUOTA_VIOLATION] = { "policies.ratelimit.QuotaViolation", 429,
	                      "Rate limit quota violation. Quota limit  exceeded. Identifier : "
	                      "%.*s" },
	[NO_INTERVAL] = { "policies.ratelimit.FailedToResolveQuotaIntervalReference", 500,
	                  "Failed to resolve quota interval reference %.*s in quota policy {1}" },
	[NO_UNIT] = { "policies.ratelimit.FailedToResolveQuotaIntervalTimeUnitReference", 500,
	              "Failed to resolve quota time unit reference %.*s in quota policy {1}" },
	[BAD_WEIGHT] = INVALID_MESSAGE_WEIGHT,
	{ 0 },
};

static int unit_named(str text)
{
	for (int i = 0; quota_units[i]; i++)
		if (str_eq(text, str_from_z(quota_units[i])))
			return i;
	return -1;
}

#define WRONG(b, c, ...) diag_add((b)->diag, ERR_SYNTAX, (c)->line, __VA_ARGS__)

static err check_numbers(struct quota *c, struct binder *b)
{
	c->has_count = str_to_u64(c->count_text, &c->count);
	if (c->count_text.n && (!c->has_count || c->count > INT64_MAX))
		return WRONG(b, c,
		             "the attribute count of <Allow> is \"%.*s\"; a whole number is needed",
		             STR(c->count_text));
	if (!c->has_count && !c->count_ref && !c->classes.n)
		return WRONG(b, c, "<Quota> needs <Allow> with count or countRef");
	if (c->classes.n && !c->class_ref)
		return WRONG(b, c, "<Class> needs the attribute ref");
	if (!c->interval && !c->interval_ref)
		return WRONG(b, c, "<Quota> needs <Interval>");
	c->unit = unit_named(c->unit_text);
	if (c->unit_text.n && c->unit < 0)
		return WRONG(b, c,
		             "<TimeUnit> is \"%.*s\"; one of second, minute, hour, day, week, "
		             "month, year is needed",
		             STR(c->unit_text));
	if (c->unit < 0 && !c->unit_ref)
		return WRONG(b, c, "<Quota> needs <TimeUnit>");
	return DONE;
}

static err check(void *conf, str name, struct binder *b)
{
	struct quota *c = conf;
	(void)name;
	TRY(check_numbers(c, b));
	c->has_start = c->start_text.n > 0;
	if (c->has_start && c->type != TYPE_CALENDAR)
		return WRONG(b, c, "<StartTime> goes with type=\"calendar\" only");
	if (c->has_start && !window_read_time(c->start_text, &c->start_ms))
		return WRONG(
			b, c,
			"<StartTime> is \"%.*s\"; a moment such as 2016-03-31 00:00:00 is needed",
			STR(c->start_text));
	if (c->synchronous && c->asynchronous)
		return WRONG(b, c,
		             "<AsynchronousConfiguration> does not go with <Synchronous> true");
	if (c->count_only && c->enforce_only)
		return WRONG(b, c, "<CountOnly> and <EnforceOnly> cannot both be true");
	return DONE;
}

/* ---- at run time -------------------------------------------------------------------------- */

struct limit {
	uint64_t allow;
	int64_t interval;
	enum quota_unit unit;
	str class, identifier;
};

static enum verdict read_window(struct exchange *x, const struct quota *c, struct limit *l)
{
	l->interval = c->interval;
	str text = c->interval_ref ? str_trim(vars_text(x, c->interval_ref)) : STR_NONE;
	int64_t given;
	if (text.n && str_to_i64(text, &given) && given >= 1 && given <= 1000000)
		l->interval = given;
	else if (text.n || !c->interval)
		return fault_raise(x, &faults[NO_INTERVAL], STR(flowvar_name(c->interval_ref)));
	text = c->unit_ref ? str_trim(vars_text(x, c->unit_ref)) : STR_NONE;
	int unit = text.n ? unit_named(str_lower(x->arena, text)) : c->unit;
	if (unit < 0)
		return fault_raise(x, &faults[NO_UNIT], STR(flowvar_name(c->unit_ref)));
	l->unit = (enum quota_unit)unit;
	return CONTINUE;
}

/* The class's count, else the reference's, else the number that stands there.  What resolves to no
 * number allows nothing: a quota that cannot be read never lets everybody through. */
static void read_allow(struct exchange *x, const struct quota *c, struct limit *l)
{
	l->allow = c->has_count ? c->count : 0;
	str text = c->count_ref ? str_trim(vars_text(x, c->count_ref)) : STR_NONE;
	uint64_t given;
	if (text.n)
		l->allow = str_to_u64(text, &given) && given <= INT64_MAX ? given : 0;
	l->class = c->class_ref ? vars_text(x, c->class_ref) : STR_NONE;
	const struct quota_class *v = c->classes.v;
	bool found = false;
	for (size_t i = 0; i < c->classes.n && !found; i++) {
		found = str_eq(v[i].name, l->class);
		if (found)
			l->allow = v[i].count;
	}
	if (!found)
		l->class = STR_NONE;
}

static struct count make_count(struct exchange *x, const struct quota *c, const struct limit *l)
{
	struct buf key = buf_in(x->arena);
	const struct proxy *p = x->proxy;
	str name = c->shared_name.n ? c->shared_name : x->step_name;
	const str parts[] = { p->organization,
		              p->environment,
		              p->name,
		              c->shared_name.n ? S("shared") : S("own"),
		              name,
		              l->class,
		              l->identifier };
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		buf_add(&key, parts[i]);
		buf_char(&key, 0);
	}
	buf_fmt(&key, "%d %d %lld", c->type, (int)l->unit, (long long)l->interval);
	struct count q = {
		.key = counter_key(buf_str(&key)),
		.kind = c->type == TYPE_ROLLING ? COUNT_ROLLING
		        : c->type == TYPE_FLEXI ? COUNT_FLEXI
		                                : COUNT_FIXED,
		.now_ms = clock_ms(),
		.length_ms = window_length_ms(l->unit, l->interval),
		.allow = l->allow,
		.only_look = c->enforce_only,
		.only_count = c->count_only,
	};
	if (q.kind == COUNT_FIXED) {
		struct window w = c->has_start
		                          ? window_from(c->start_ms, l->unit, l->interval, q.now_ms)
		                          : window_of_calendar(l->unit, l->interval, q.now_ms);
		q.start_ms = w.start_ms;
		q.length_ms = w.length_ms;
	}
	return q;
}

static void put_number(struct exchange *x, str name, uint64_t n)
{
	vars_put(x, S("ratelimit"), x->step_name, name, VALUE_OF_INT((int64_t)n));
}

static void put_variables(struct exchange *x, const struct limit *l, const struct counted *got)
{
	uint64_t available = got->used < l->allow ? l->allow - got->used : 0;
	const struct {
		str name, of_class;
		uint64_t n;
	} all[] = {
		{ S("allowed.count"), S("class.allowed.count"), l->allow },
		{ S("used.count"), S("class.used.count"), got->used },
		{ S("available.count"), S("class.available.count"), available },
		{ S("exceed.count"), S("class.exceed.count"), got->over },
		{ S("total.exceed.count"), S("class.total.exceed.count"), got->exceeded },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		put_number(x, all[i].name, all[i].n);
		if (str_given(l->class))
			put_number(x, all[i].of_class, all[i].n);
	}
	put_number(x, S("expiry.time"), (uint64_t)got->expires_at_ms);
	vars_put(x, S("ratelimit"), x->step_name, S("identifier"), VALUE_STR(l->identifier));
	if (str_given(l->class))
		vars_put(x, S("ratelimit"), x->step_name, S("class"), VALUE_STR(l->class));
}

static enum verdict run(const void *conf, struct exchange *x)
{
	const struct quota *c = conf;
	struct limit l = { 0 };
	if (read_window(x, c, &l) != CONTINUE)
		return FAULT;
	read_allow(x, c, &l);
	l.identifier = c->identifier ? vars_text(x, c->identifier) : STR_NONE;
	if (!l.identifier.n)
		l.identifier = S("_default");
	struct count q = make_count(x, c, &l);
	str weight;
	if (!weight_read(x, c->weight, &q.weight, &weight))
		return fault_raise(x, &faults[BAD_WEIGHT], STR(weight));
	struct counted got = counters_count(x->services->counters, &q);
	put_variables(x, &l, &got);
	return got.over ? fault_raise(x, &faults[QUOTA_VIOLATION], STR(l.identifier)) : CONTINUE;
}

const struct policy policy_quota = {
	.element = "Quota",
	.size = sizeof(struct quota),
	.fields = fields,
	.faults = faults,
	.fault_prefix = "ratelimit",
	.check = check,
	.run = run,
};
