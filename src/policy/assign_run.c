/* SPDX-License-Identifier: Apache-2.0 */
/* Carries out the actions of an AssignMessage, a FaultResponse or a callout's Request.
 * Invariant: what an action does not name stays as it was; what has no meaning for the kind of message
 * (a Verb on a response) does nothing.
 * Source: Apigee, "AssignMessage policy". */
#include "policy/assign_conf.h"
#include "policy/assign_edit.h"

enum { OWN_ROOM = 1 << 20 };

enum verdict assign_no_message(struct assigning *g, str variable)
{
	struct value v = vars_get_named(g->x, variable);
	const struct fault *f =
		v.kind == VALUE_NULL ? g->faults->unresolved : g->faults->not_a_message;
	return fault_raise(g->x, f, STR(g->x->step_name), STR(variable));
}

static enum verdict set_failed(struct assigning *g, str variable)
{
	return fault_raise(g->x, g->faults->set_failed, STR(g->x->step_name), STR(variable));
}

/* A variable that is set to twice itself, time after time, must not wait for the end of the policy to be
 * noticed.  A fault's answer is made where the call's memory is used up: a policy gets OWN_ROOM in any case. */
static bool takes_too_much(const struct assigning *g)
{
	return arena_over(g->x->arena) && arena_used(g->x->arena) - g->used > OWN_ROOM;
}

static enum verdict too_much(struct assigning *g)
{
	return fault_raise(g->x, &gateway_faults[OUT_OF_MEMORY]);
}

enum verdict assign_render(struct assigning *g, const struct template *t, str *out)
{
	str missing = STR_NONE;
	*out = S("");
	if (!t)
		return CONTINUE;
	if (takes_too_much(g))
		return too_much(g);
	*out = template_render(t, &g->x->scope, &missing);
	if (str_given(missing) && !g->lenient)
		return fault_raise(g->x, g->faults->unresolved, STR(g->x->step_name), STR(missing));
	return g->x->fault_pending ? FAULT : CONTINUE;
}

/* ---- Set and Add -------------------------------------------------------------------------- */

static enum verdict put_header(struct assigning *g, bool add, const struct assign_item *item,
                               str value)
{
	if (!header_value_ok(value))
		return set_failed(g, item->name);
	if (add)
		headers_add(g->x->arena, &g->to->headers, item->name, value);
	else
		headers_set(g->x->arena, &g->to->headers, item->name, value);
	return CONTINUE;
}

static enum verdict put_items(struct assigning *g, bool add, int part,
                              const struct assign_items *items)
{
	const struct assign_item *v = items->v.v;
	for (size_t i = 0; i < items->v.n; i++) {
		str value;
		enum verdict verdict = assign_render(g, v[i].value, &value);
		if (verdict == CONTINUE && part == PART_HEADERS)
			verdict = put_header(g, add, &v[i], value);
		else if (verdict == CONTINUE && part == PART_QUERY)
			edit_query(g, add ? params_add : params_set, v[i].name, value);
		else if (verdict == CONTINUE)
			verdict = edit_form(g, add ? params_add : params_set, v[i].name, value);
		if (verdict != CONTINUE)
			return verdict;
	}
	return CONTINUE;
}

static enum verdict set_payload(struct assigning *g, const struct assign_payload *p)
{
	str type, content;
	enum verdict verdict = assign_render(g, p->content_type, &type);
	if (verdict == CONTINUE)
		verdict = assign_render(g, p->body, &content);
	if (verdict != CONTINUE)
		return verdict;
	if (!header_value_ok(type))
		return set_failed(g, S("content-type"));
	message_set_content(g->x->arena, g->to, content, type.n ? type : STR_NONE);
	return CONTINUE;
}

static enum verdict set_status(struct assigning *g, str value)
{
	int64_t status;
	if (!str_to_i64(str_trim(value), &status) || status < 100 || status > 999)
		return set_failed(g, S("status.code"));
	g->to->status = (unsigned)status;
	if (!g->reason_given)
		g->to->reason = http_reason(g->to->status);
	return CONTINUE;
}

static enum verdict set_version(struct assigning *g, str value)
{
	if (str_istarts(value, S("HTTP/")))
		value = str_sub(value, 5, STR_NPOS);
	if (!str_eq(value, S("1.0")) && !str_eq(value, S("1.1")))
		return set_failed(g, S("version"));
	g->to->version = str_eq(value, S("1.0")) ? 10 : 11;
	return CONTINUE;
}

static enum verdict set_request_value(struct assigning *g, int part, str value)
{
	struct arena *a = g->x->arena;
	if (part == PART_VERB) {
		if (!header_name_ok(value))
			return set_failed(g, S("verb"));
		g->to->verb = str_dup(a, value);
		return CONTINUE;
	}
	if (part != PART_PATH)
		return CONTINUE;
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] <= ' ' || value.p[i] == 0x7f)
			return set_failed(g, S("path"));
	str query = value;
	str path = str_cut(&query, '?');
	g->to->path =
		path.n && path.p[0] == '/' ? str_dup(a, path) : str_fmt(a, "/%.*s", STR(path));
	if (str_given(query))
		g->to->query = str_dup(a, query);
	return CONTINUE;
}

/* An empty value changes nothing: exported policies carry <Path/> and the like. */
static enum verdict set_value(struct assigning *g, int part, const struct assign_value *v)
{
	str value;
	enum verdict verdict = assign_render(g, v->value, &value);
	if (verdict != CONTINUE || !value.n)
		return verdict;
	if (part == PART_VERSION)
		return set_version(g, value);
	if (g->to->kind == MESSAGE_REQUEST)
		return set_request_value(g, part, value);
	if (part == PART_STATUS)
		return set_status(g, value);
	if (part == PART_REASON) {
		if (!header_value_ok(value))
			return set_failed(g, S("reason.phrase"));
		g->to->reason = str_dup(g->x->arena, value);
		g->reason_given = true;
	}
	return CONTINUE;
}

static enum verdict set_part(struct assigning *g, const struct chosen *part)
{
	if (part->which <= PART_FORM)
		return put_items(g, false, part->which, part->value);
	if (part->which == PART_PAYLOAD)
		return set_payload(g, part->value);
	return set_value(g, part->which, part->value);
}

/* ---- Copy --------------------------------------------------------------------------------- */

static enum verdict copy_items(struct assigning *g, struct message *from, int part,
                               const struct assign_items *items)
{
	const struct assign_item *v = items->v.v;
	if (part == PART_HEADERS) {
		for (size_t i = 0; i < items->v.n; i++)
			copy_header(g, from, v[i].name, v[i].nth);
		if (!items->v.n)
			copy_all_headers(g, from);
		return CONTINUE;
	}
	if (part == PART_QUERY) {
		if (!items->v.n)
			g->to->query = from->query;
		for (size_t i = 0; i < items->v.n; i++)
			copy_query(g, from, v[i].name, v[i].nth);
		return CONTINUE;
	}
	return copy_form(g, from, items);
}

static enum verdict copy_payload(struct assigning *g, struct message *from)
{
	str content = exchange_content(g->x, from);
	if (g->x->fault_pending)
		return FAULT;
	message_set_content(g->x->arena, g->to, content,
	                    headers_get(&from->headers, S("Content-Type")));
	return CONTINUE;
}

static void copy_value(struct assigning *g, const struct message *from, int part)
{
	struct message *to = g->to;
	bool requests = to->kind == MESSAGE_REQUEST && from->kind == MESSAGE_REQUEST;
	bool responses = to->kind == MESSAGE_RESPONSE && from->kind == MESSAGE_RESPONSE;
	if (part == PART_VERSION)
		to->version = from->version;
	else if (part == PART_VERB && requests)
		to->verb = from->verb;
	else if (part == PART_PATH && requests)
		to->path = from->path;
	else if (part == PART_STATUS && responses)
		to->status = from->status;
	else if (part == PART_REASON && responses)
		to->reason = from->reason;
}

static enum verdict copy_part(struct assigning *g, struct message *from, const struct chosen *part)
{
	if (part->which <= PART_FORM)
		return copy_items(g, from, part->which, part->value);
	const struct assign_flag *flag = part->value;
	if (!flag->on)
		return CONTINUE;
	if (part->which == PART_PAYLOAD)
		return copy_payload(g, from);
	copy_value(g, from, part->which);
	return CONTINUE;
}

/* ---- Remove ------------------------------------------------------------------------------- */

static enum verdict remove_part(struct assigning *g, const struct chosen *part)
{
	if (part->which == PART_PAYLOAD) {
		const struct assign_flag *flag = part->value;
		if (flag->on)
			message_set_content(g->x->arena, g->to, S(""), STR_NONE);
		return CONTINUE;
	}
	const struct assign_items *items = part->value;
	const struct assign_item *v = items->v.v;
	if (part->which == PART_FORM)
		return remove_form(g, items);
	if (!items->v.n && part->which == PART_HEADERS)
		remove_all_headers(g);
	else if (!items->v.n)
		g->to->query = STR_NONE;
	for (size_t i = 0; i < items->v.n; i++) {
		if (part->which == PART_HEADERS)
			remove_header(g, v[i].name, v[i].nth);
		else
			remove_query(g, v[i].name, v[i].nth);
	}
	return CONTINUE;
}

/* ---- AssignVariable ------------------------------------------------------------------------ */

static struct flowvar *bind_now(struct binder *b, str name) { return flowvar_bind(b->arena, name); }

/* A template that stands in a variable is read at run time; one that is none is its own text. */
static enum verdict render_from(struct assigning *g, str text, str *out)
{
	struct diag diag = { .arena = g->x->arena };
	struct binder b = { .arena = g->x->arena, .bind = bind_now, .diag = &diag };
	struct template *t;
	if (!template_compile(&b, text, '{', '}', 0, &t).code)
		return assign_render(g, t, out);
	*out = text;
	return CONTINUE;
}

static enum verdict variable_value(struct assigning *g, const struct assign_variable *v,
                                   struct value *out)
{
	str text = v->template_ref ? vars_text(g->x, v->template_ref) : STR_NONE;
	if (v->ref)
		*out = vars_get(g->x, v->ref);
	if (out->kind != VALUE_NULL)
		return CONTINUE;
	if (str_given(text) || v->template) {
		enum verdict verdict = str_given(text) ? render_from(g, text, &text)
		                                       : assign_render(g, v->template, &text);
		*out = VALUE_STR(text);
		return verdict;
	}
	if (v->value.p)
		*out = VALUE_STR(v->value);
	return CONTINUE;
}

static enum verdict assign_variable(struct assigning *g, const struct assign_variable *v)
{
	struct value value = { .kind = VALUE_NULL };
	enum verdict verdict = variable_value(g, v, &value);
	if (verdict != CONTINUE)
		return verdict;
	if (value.kind == VALUE_NULL) {
		const struct flowvar *named = v->ref ? v->ref : v->template_ref;
		if (g->lenient || !named)
			return CONTINUE;
		return fault_raise(g->x, g->faults->unresolved, STR(g->x->step_name),
		                   STR(flowvar_name(named)));
	}
	err e = vars_set(g->x, v->name, value);
	if (e.code && e.code != ERR_LIMIT) /* the engine answers for the limit */
		return set_failed(g, flowvar_name(v->name));
	return g->x->fault_pending ? FAULT : CONTINUE;
}

/* ------------------------------------------------------------------------------------------- */

static enum verdict copy_parts_of(struct assigning *g, const struct assign_action *action)
{
	struct message *from = vars_message(g->x, action->source);
	if (!from)
		return g->lenient ? CONTINUE : assign_no_message(g, action->source);
	const struct chosen *parts = action->parts.v;
	for (size_t i = 0; i < action->parts.n && from != g->to; i++) {
		enum verdict verdict = copy_part(g, from, &parts[i]);
		if (verdict != CONTINUE)
			return verdict;
	}
	return CONTINUE;
}

static enum verdict run_action(struct assigning *g, const struct chosen *chosen)
{
	const struct assign_action *action = chosen->value;
	if (chosen->which == ACTION_VARIABLE)
		return assign_variable(g, chosen->value);
	if (chosen->which == ACTION_COPY)
		return copy_parts_of(g, action);
	const struct chosen *parts = action->parts.v;
	for (size_t i = 0; i < action->parts.n; i++) {
		enum verdict verdict;
		if (chosen->which == ACTION_SET)
			verdict = set_part(g, &parts[i]);
		else if (chosen->which == ACTION_ADD)
			verdict = put_items(g, true, parts[i].which, parts[i].value);
		else
			verdict = remove_part(g, &parts[i]);
		if (verdict != CONTINUE)
			return verdict;
	}
	return CONTINUE;
}

enum verdict assign_run(struct assigning *g, const struct list *actions)
{
	const struct chosen *v = actions->v;
	g->used = arena_used(g->x->arena);
	for (size_t i = 0; i < actions->n; i++) {
		enum verdict verdict = takes_too_much(g) ? too_much(g) : run_action(g, &v[i]);
		if (verdict != CONTINUE)
			return verdict;
	}
	return CONTINUE;
}
