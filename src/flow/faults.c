/* SPDX-License-Identifier: Apache-2.0 */
/* The error flow: which rule runs, and what the client gets.
 * Rules are looked up only in the endpoint where the fault happened, a proxy's from the bottom, a
 * target's from the top; at most one runs.
 * Source: Apigee, "Handling faults"; docs/why/faults.md. */
#include "flow/run.h"

static void add_headers(struct exchange *x, const struct headers *from)
{
	for (size_t i = 0; i < from->n; i++)
		headers_add(x->arena, &x->error->headers, from->v[i].name, from->v[i].value);
}

/* The answer as it stands before any rule has touched it. */
void make_error(struct exchange *x)
{
	x->fault_pending = false;
	if (x->raised.by_raise_fault) {
		must(x->error);
		x->fault_headers = headers_copy(x->arena, &x->error->headers, 0);
		return;
	}
	if (x->raised.from_target) {
		x->error = x->response;
		return;
	}
	str type, body = fault_body(x, x->raised.string, x->raised.code, &type);
	x->error = message_response(x->arena, x->raised.status);
	message_set_content(x->arena, x->error, body, type);
	add_headers(x, &x->fault_headers);
}

static bool has_pair(const struct headers *all, const struct header *h)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_ieq(all->v[i].name, h->name) && str_eq(all->v[i].value, h->value))
			return true;
	return false;
}

/* A header that RaiseFault set and a rule set again is sent with both values. */
static void both_values(struct exchange *x, const struct headers *raised)
{
	for (size_t i = 0; i < raised->n; i++) {
		const struct header *h = &raised->v[i];
		bool about_body = str_istarts(h->name, S("Content-"));
		if (!about_body && headers_count(&x->error->headers, h->name) &&
		    !has_pair(&x->error->headers, h))
			headers_add(x->arena, &x->error->headers, h->name, h->value);
	}
}

static bool holds(struct exchange *x, const struct fault_rule *rule)
{
	return !rule->when || condition_true(rule->when, &x->scope);
}

static const struct fault_rule *find_rule(struct exchange *x, const struct endpoint *ep,
                                          bool from_bottom)
{
	for (size_t i = 0; i < ep->n_fault_rules; i++) {
		const struct fault_rule *rule =
			&ep->fault_rules[from_bottom ? ep->n_fault_rules - 1 - i : i];
		if (holds(x, rule))
			return rule;
	}
	return NULL;
}

/* Answers whether a policy raised a new fault, which then is the answer. */
static bool run_rule(struct exchange *x, const struct fault_rule *rule)
{
	x->flow_name = rule->name;
	enum verdict v = run_steps(x, &rule->steps);
	if (v == RESPOND && x->response)
		x->error = x->response;
	if (v != FAULT)
		return false;
	make_error(x);
	return true;
}

static const struct endpoint *where(const struct exchange *x)
{
	if (x->target && (x->segment == SEG_TARGET_REQUEST || x->segment == SEG_TARGET_RESPONSE))
		return &x->target->ep;
	return x->endpoint ? &x->endpoint->ep : NULL;
}

void run_fault_flow(struct exchange *x)
{
	const struct endpoint *ep = where(x);
	x->in_error = true;
	make_error(x);
	if (!ep || x->client_gone)
		return;
	struct headers raised = x->raised.by_raise_fault ? x->fault_headers : (struct headers){ 0 };
	const struct fault_rule *rule = find_rule(x, ep, !x->target || ep != &x->target->ep);
	bool again = rule && run_rule(x, rule);
	const struct fault_rule *dflt = ep->default_fault_rule;
	if (dflt && (!rule || dflt->always) && !(again && x->raised.by_raise_fault) &&
	    holds(x, dflt))
		again |= run_rule(x, dflt);
	if (!again)
		both_values(x, &raised);
}
