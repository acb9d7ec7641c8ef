/* SPDX-License-Identifier: Apache-2.0 */
/* RaiseFault: leaves the flow with an answer of the author's making.
 * Invariant: what the FaultResponse does not set is Apigee's default answer: 500 and the fault as JSON.
 * Source: Apigee reference, "RaiseFault policy". */
#include "policy/assign.h"

struct raise_fault {
	struct list actions;
	bool ignore_unresolved, short_reason;
};

static const struct field fields[] = {
	FIELD(raise_fault, actions, "FaultResponse", T_CHOICE, .choices = assign_choices),
	FIELD(raise_fault, ignore_unresolved, "IgnoreUnresolvedVariables", T_BOOL, .dflt = "true",
	      .doc = "true: a variable without value is empty; false: it is a fault"),
	FIELD(raise_fault, short_reason, "ShortFaultReason", T_BOOL, .dflt = "false",
	      .doc = "true: the fault's text is the policy's name only"),
	FIELDS_END,
};

#define RAISING "Raising fault. Fault name : %.*s"
enum { RAISE_FAULT, UNRESOLVED_VARIABLE, VARIABLE_OF_NON_MSG_TYPE, SET_VARIABLE_FAILED };
static const struct fault faults[] = {
	[RAISE_FAULT] = { "steps.raisefault.RaiseFault", 500, RAISING },
	ASSIGN_FAULT_ROWS("raisefault", "RaiseFault"),
	{ 0 },
};
static const struct assign_faults assign_faults = ASSIGN_FAULTS;

static err check(void *conf, str name, struct binder *b)
{
	struct raise_fault *c = conf;
	(void)name;
	return assign_check(&c->actions, b);
}

static enum verdict run(const void *conf, struct exchange *x)
{
	const struct raise_fault *c = conf;
	struct message *answer = message_response(x->arena, 500);
	struct assigning g = {
		.x = x, .to = answer, .lenient = c->ignore_unresolved, .faults = &assign_faults
	};
	enum verdict verdict = assign_run(&g, &c->actions);
	if (verdict != CONTINUE)
		return verdict;
	str text = c->short_reason ? x->step_name : str_fmt(x->arena, RAISING, STR(x->step_name));
	if (answer->body.kind == BODY_NONE) {
		str type;
		str body = fault_body(x, text, str_from_z(faults[RAISE_FAULT].code), &type);
		message_set_content(x->arena, answer, body, type);
	}
	x->error = answer; /* only now: the templates saw the message of an earlier fault */
	return fault_raise_message(x, &faults[RAISE_FAULT], text);
}

const struct policy policy_raise_fault = {
	.element = "RaiseFault",
	.size = sizeof(struct raise_fault),
	.fields = fields,
	.faults = faults,
	.fault_prefix = "raisefault",
	.check = check,
	.run = run,
};
