/* SPDX-License-Identifier: Apache-2.0 */
/* AssignMessage: changes a message, makes one, or sets variables.
 * Invariant: with no AssignTo it works on the message of the current position, and on no other.
 * Source: Apigee reference, "AssignMessage policy". */
#include "policy/assign.h"

enum made { MADE_BY_POSITION, MADE_REQUEST, MADE_RESPONSE };
enum create { CREATE_IF_ABSENT, CREATE_ALWAYS, CREATE_NEVER };

struct assign_to {
	str name;
	int create, type, transport;
};

struct assign_message {
	struct list actions;
	struct assign_to to;
	bool ignore_unresolved;
};

static const char *const creates[] = { "", "true", "false", NULL };
static const char *const types[] = { "", "request", "response", NULL };
static const char *const transports[] = { "", "http", NULL };

static const struct field to_fields[] = {
	FIELD(assign_to, name, ".", T_STR, .doc = "the variable that holds the message"),
	FIELD(assign_to, create, "@createNew", T_ENUM, .names = creates,
	      .doc = "make a new message; absent: only if the variable holds none"),
	FIELD(assign_to, transport, "@transport", T_ENUM, .names = transports, .doc = "http"),
	FIELD(assign_to, type, "@type", T_ENUM, .names = types,
	      .doc = "what to make, or to change"),
	FIELDS_END,
};

static const struct field fields[] = {
	FIELD(assign_message, to, "AssignTo", T_GROUP, .sub = to_fields),
	FIELD(assign_message, actions, ".", T_CHOICE, .choices = assign_choices),
	FIELD(assign_message, ignore_unresolved, "IgnoreUnresolvedVariables", T_BOOL,
	      .dflt = "false",
	      .doc = "true: a variable without value is empty; false: it is a fault"),
	FIELDS_END,
};

enum { UNRESOLVED_VARIABLE, VARIABLE_OF_NON_MSG_TYPE, SET_VARIABLE_FAILED };
static const struct fault faults[] = {
	ASSIGN_FAULT_ROWS("assignmessage", "AssignMessage"),
	{ 0 },
};
static const struct assign_faults assign_faults = ASSIGN_FAULTS;

static err check(void *conf, str name, struct binder *b)
{
	struct assign_message *c = conf;
	(void)name;
	return assign_check(&c->actions, b);
}

static struct message *make(struct exchange *x, const struct assign_to *to)
{
	bool request = to->type == MADE_REQUEST;
	if (to->type == MADE_BY_POSITION)
		request = !x->in_error && x->segment <= SEG_TARGET_REQUEST;
	return request ? message_request(x->arena, S("GET"), S(""))
	               : message_response(x->arena, 200);
}

/* Without a variable's name: the request or the response that `type` says, else the current message. */
static struct message *unnamed(struct exchange *x, const struct assign_to *to)
{
	str name = to->type == MADE_REQUEST    ? S("request")
	           : to->type == MADE_RESPONSE ? S("response")
	                                       : S("message");
	struct message *m = vars_message(x, name);
	if (!m || to->create == CREATE_ALWAYS) {
		m = make(x, to);
		vars_set_message(x, name, m);
	}
	return m;
}

static enum verdict find(struct assigning *g, const struct assign_to *to)
{
	struct exchange *x = g->x;
	if (!to->name.n) {
		g->to = unnamed(x, to);
		return CONTINUE;
	}
	g->to = vars_message(x, to->name);
	if (g->to && to->create != CREATE_ALWAYS)
		return CONTINUE;
	bool other = !g->to && vars_get_named(x, to->name).kind != VALUE_NULL;
	if (to->create == CREATE_NEVER || (other && to->create != CREATE_ALWAYS))
		return assign_no_message(g, to->name);
	g->to = make(x, to);
	vars_set_message(x, to->name, g->to);
	return CONTINUE;
}

static enum verdict run(const void *conf, struct exchange *x)
{
	const struct assign_message *c = conf;
	struct assigning g = { .x = x, .lenient = c->ignore_unresolved, .faults = &assign_faults };
	enum verdict verdict = find(&g, &c->to);
	return verdict == CONTINUE ? assign_run(&g, &c->actions) : verdict;
}

const struct policy policy_assign_message = {
	.element = "AssignMessage",
	.size = sizeof(struct assign_message),
	.fields = fields,
	.faults = faults,
	.fault_prefix = "assignmessage",
	.check = check,
	.run = run,
};
