/* SPDX-License-Identifier: Apache-2.0 */
/* FlowCallout: runs a shared flow in place.
 * Invariant: the shared flow is found at each call, so a new revision is seen at once, and a circle ends
 * at the engine's depth.
 * Source: Apigee reference, "FlowCallout policy". */
#include "flow/engine.h"
#include "flow/snapshot.h"

struct parameter {
	struct flowvar *name, *ref;
	str value;
};

struct flow_callout {
	str shared_flow;
	struct list parameters;
};

static const struct field parameter_fields[] = {
	FIELD(parameter, name, "@name", T_FLOWVAR, .required = true, .doc = "the variable to set"),
	FIELD(parameter, ref, "@ref", T_FLOWVAR, .doc = "the variable whose value it takes"),
	FIELD(parameter, value, ".", T_STR, .doc = "the value when the reference has none"),
	FIELDS_END,
};

static const struct field fields[] = {
	FIELD(flow_callout, shared_flow, "SharedFlowBundle", T_STR, .required = true,
	      .doc = "the shared flow's name, as deployed in this environment"),
	FIELD(flow_callout, parameters, "Parameters/Parameter", T_LIST, .sub = parameter_fields,
	      .sub_size = sizeof(struct parameter)),
	FIELDS_END,
};

enum { SET_FAILED };
static const struct fault faults[] = {
	[SET_FAILED] = { "steps.flowcallout.SetVariableFailed", 500,
	                 "FlowCallout[%.*s]: failed to set variable %.*s" },
	{ 0 },
};

static enum verdict set_parameters(struct exchange *x, const struct flow_callout *c)
{
	const struct parameter *v = c->parameters.v;
	for (size_t i = 0; i < c->parameters.n; i++) {
		struct value value = { .kind = VALUE_NULL };
		if (v[i].ref)
			value = vars_get(x, v[i].ref);
		if (value.kind == VALUE_NULL && (v[i].value.n || !v[i].ref))
			value = VALUE_STR(v[i].value);
		err e = vars_set(x, v[i].name, value);
		if (e.code && e.code != ERR_LIMIT) /* the engine answers for the limit */
			return fault_raise(x, &faults[SET_FAILED], STR(x->step_name),
			                   STR(flowvar_name(v[i].name)));
	}
	return CONTINUE;
}

static enum verdict run(const void *conf, struct exchange *x)
{
	const struct flow_callout *c = conf;
	const struct proxy *shared = snapshot_shared_flow(x->snapshot, c->shared_flow);
	if (!shared)
		return fault_raise(x, &gateway_faults[SHARED_FLOW_NOT_FOUND], STR(c->shared_flow));
	enum verdict verdict = set_parameters(x, c);
	return verdict == CONTINUE ? flow_call(x, shared) : verdict;
}

const struct policy policy_flow_callout = {
	.element = "FlowCallout",
	.size = sizeof(struct flow_callout),
	.fields = fields,
	.faults = faults,
	.fault_prefix = "flowcallout",
	.run = run,
};
