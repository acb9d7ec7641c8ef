/* SPDX-License-Identifier: Apache-2.0 */
/* Set, Add, Copy, Remove and AssignVariable: what AssignMessage, RaiseFault and ServiceCallout share.
 * They run in document order, sections and all, and stop at the first fault.
 * Source: Apigee, "AssignMessage policy". */
#pragma once

#include "flow/exchange.h"

/* For a T_CHOICE row: a list of struct chosen, for assign_check() and assign_run(). */
extern const struct field_choice assign_choices[];

/* At deploy time: compiles payloads, refuses names that are none. */
err assign_check(const struct list *actions, struct binder *) MUST_CHECK;

/* What a policy answers when an action fails; each format takes the policy's name and a variable's. */
struct assign_faults {
	const struct fault *unresolved, *not_a_message, *set_failed;
};

/* The rows of a fault table for them, where its enum has these three; such a table is called faults. */
#define ASSIGN_FAULT_ROWS(step, policy)                                                        \
	[UNRESOLVED_VARIABLE] = { "steps." step ".UnresolvedVariable", 500,                    \
		                  policy "[%.*s]: unable to resolve variable %.*s" },          \
	[VARIABLE_OF_NON_MSG_TYPE] = { "steps." step ".VariableOfNonMsgType", 500,             \
		                       policy "[%.*s]: value of variable %.*s is not of type " \
		                              "Message" },                                     \
	[SET_VARIABLE_FAILED] = { "steps." step ".SetVariableFailed", 500,                     \
		                  policy "[%.*s]: failed to set variable %.*s" }
#define ASSIGN_FAULTS                                                            \
	{                                                                        \
		&faults[UNRESOLVED_VARIABLE], &faults[VARIABLE_OF_NON_MSG_TYPE], \
			&faults[SET_VARIABLE_FAILED],                            \
	}

struct assigning {
	struct exchange *x;
	struct message *to;
	bool lenient; /* IgnoreUnresolvedVariables */
	const struct assign_faults *faults;
	bool reason_given; /* by ReasonPhrase: a StatusCode leaves it then */
	size_t used;       /* of the exchange's arena, when assign_run() began */
};

enum verdict assign_run(struct assigning *, const struct list *actions);

/* Renders a template; FAULT when a variable in it has no value and the policy is strict. */
enum verdict assign_render(struct assigning *, const struct template *, str *out);
/* The variable is no message: the fault for one that is absent, or is something else. */
enum verdict assign_no_message(struct assigning *, str variable);
