/* SPDX-License-Identifier: Apache-2.0 */
/* SpikeArrest: smooths traffic; N a minute lets one call through every 60/N seconds.
 * Invariant: two calls of one identifier nearer than the interval never both pass.
 * Source: Apigee reference, "SpikeArrest policy". */
#include "policy/counters.h"
#include "policy/services.h"
#include "policy/weight.h"

struct spike_arrest {
	str rate;
	struct flowvar *rate_ref, *identifier, *weight;
	bool effective;
	int64_t interval_us; /* of .rate; 0: none given */
	unsigned line;
};

static const struct field fields[] = {
	FIELD(spike_arrest, rate, "Rate", T_STR, .doc = "`5ps` (a second) or `30pm` (a minute)"),
	FIELD(spike_arrest, rate_ref, "Rate/@ref", T_FLOWVAR,
	      .doc = "a variable that holds it, and wins"),
	FIELD(spike_arrest, identifier, "Identifier/@ref", T_FLOWVAR,
	      .doc = "calls are smoothed apart by its value"),
	FIELD(spike_arrest, weight, "MessageWeight/@ref", T_FLOWVAR,
	      .doc = "how many calls this one counts for"),
	FIELD(spike_arrest, effective, "UseEffectiveCount", T_BOOL, .dflt = "false",
	      .doc = "taken; one node counts for itself"),
	FIELD(spike_arrest, line, "", T_LINE),
	FIELDS_END,
};

enum { SPIKE_ARREST_VIOLATION, FAILED_TO_RESOLVE_RATE, INVALID_ALLOWED_RATE, BAD_WEIGHT };
static const struct fault faults[] = {
	[SPIKE_ARREST_VIOLATION] = { "policies.ratelimit.SpikeArrestViolation", 429,
	                             "Spike arrest violation. Allowed rate : %.*s" },
	[FAILED_TO_RESOLVE_RATE] = { "policies.ratelimit.FailedToResolveSpikeArrestRate", 500,
	                             "Failed to resolve Spike Arrest Rate reference %.*s in "
	                             "SpikeArrest policy %.*s" },
	[INVALID_ALLOWED_RATE] = { "policies.ratelimit.InvalidAllowedRate", 500,
	                           "Invalid spike arrest rate %.*s" },
	[BAD_WEIGHT] = INVALID_MESSAGE_WEIGHT,
	{ 0 },
};

/* Microseconds between two calls; 0: the text is no rate. */
static int64_t read_rate(str text)
{
	int64_t n;
	bool minute = str_ends(text, S("pm"));
	if ((!minute && !str_ends(text, S("ps"))) || text.p[0] < '0' || text.p[0] > '9' ||
	    !str_to_i64(str_sub(text, 0, text.n - 2), &n) || n < 1 || n > 1000000)
		return 0;
	return (minute ? 60000000 : 1000000) / n;
}

static err check(void *conf, str name, struct binder *b)
{
	struct spike_arrest *c = conf;
	(void)name;
	c->interval_us = c->rate.n ? read_rate(c->rate) : 0;
	if (c->interval_us || (!c->rate.n && c->rate_ref))
		return DONE;
	return diag_add(b->diag, ERR_SYNTAX, c->line,
	                "<Rate> is \"%.*s\"; a whole number with ps or pm is needed, such as 30pm",
	                STR(str_sub(c->rate, 0, 60)));
}

static struct counter_key make_key(struct exchange *x, const struct spike_arrest *c)
{
	struct buf key = buf_in(x->arena);
	const struct proxy *p = x->proxy;
	const str parts[] = {
		p->organization, p->environment,
		p->name,         S("spike"),
		x->step_name,    c->identifier ? vars_text(x, c->identifier) : STR_NONE
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		buf_add(&key, parts[i]);
		buf_char(&key, 0);
	}
	return counter_key(buf_str(&key));
}

static enum verdict run(const void *conf, struct exchange *x)
{
	const struct spike_arrest *c = conf;
	str rate = c->rate_ref ? str_trim(vars_text(x, c->rate_ref)) : STR_NONE;
	int64_t interval_us = rate.n ? read_rate(rate) : c->interval_us;
	if (!rate.n && !c->rate.n)
		return fault_raise(x, &faults[FAILED_TO_RESOLVE_RATE],
		                   STR(flowvar_name(c->rate_ref)), STR(x->step_name));
	if (!rate.n)
		rate = c->rate;
	if (!interval_us)
		return fault_raise(x, &faults[INVALID_ALLOWED_RATE], STR(rate));
	uint64_t weight;
	str text;
	if (!weight_read(x, c->weight, &weight, &text))
		return fault_raise(x, &faults[BAD_WEIGHT], STR(text));
	struct counter_key key = make_key(x, c);
	if (counters_space(x->services->counters, &key, clock_mono_ns() / 1000, interval_us,
	                   weight))
		return CONTINUE;
	return fault_raise(x, &faults[SPIKE_ARREST_VIOLATION], STR(rate));
}

const struct policy policy_spike_arrest = {
	.element = "SpikeArrest",
	.size = sizeof(struct spike_arrest),
	.fields = fields,
	.faults = faults,
	.fault_prefix = "ratelimit",
	.check = check,
	.run = run,
};
