/* SPDX-License-Identifier: Apache-2.0 */
/* The tables and the deploy-time checks of Set, Add, Copy, Remove and AssignVariable.
 * Invariant: after assign_check() every payload is a compiled template and every name can be written.
 * Source: Apigee, "AssignMessage policy". */
#include "policy/assign_conf.h"

static const struct field value_item[] = {
	FIELD(assign_item, name, "@name", T_STR, .required = true, .doc = "its name"),
	FIELD(assign_item, value, ".", T_TEMPLATE, .doc = "its value; a message template"),
	FIELD(assign_item, line, "", T_LINE),
	FIELDS_END,
};
static const struct field named_item[] = {
	FIELD(assign_item, name, "@name", T_STR, .required = true,
	      .doc = "its name; `name.2` is the second of that name"),
	FIELD(assign_item, line, "", T_LINE),
	FIELDS_END,
};

#define ITEMS(element, table)                                           \
	{                                                               \
		FIELD(assign_items, v, element, T_LIST, .sub = (table), \
		      .sub_size = sizeof(struct assign_item)),          \
			FIELDS_END,                                     \
	}
static const struct field value_headers[] = ITEMS("Header", value_item);
static const struct field value_query[] = ITEMS("QueryParam", value_item);
static const struct field value_form[] = ITEMS("FormParam", value_item);
static const struct field named_headers[] = ITEMS("Header", named_item);
static const struct field named_query[] = ITEMS("QueryParam", named_item);
static const struct field named_form[] = ITEMS("FormParam", named_item);

static const struct field payload_fields[] = {
	FIELD(assign_payload, text, ".", T_TEXT, .doc = "the content; a message template"),
	FIELD(assign_payload, content_type, "@contentType", T_TEMPLATE, .doc = "sets Content-Type"),
	FIELD(assign_payload, prefix, "@variablePrefix", T_STR,
	      .doc = "the character before a variable, instead of `{`"),
	FIELD(assign_payload, suffix, "@variableSuffix", T_STR,
	      .doc = "the character after a variable, instead of `}`"),
	FIELD_BARE("@template", T_LATER),
	FIELD(assign_payload, line, "", T_LINE),
	FIELDS_END,
};
static const struct field value_fields[] = {
	FIELD(assign_value, value, ".", T_TEMPLATE, .doc = "a message template; empty: no change"),
	FIELDS_END,
};
static const struct field flag_fields[] = {
	FIELD(assign_flag, on, ".", T_BOOL, .doc = "true: do it"),
	FIELDS_END,
};

#define HEADERS(table) [PART_HEADERS] = { "Headers", sizeof(struct assign_items), table }
#define QUERY(table) [PART_QUERY] = { "QueryParams", sizeof(struct assign_items), table }
#define FORM(table) [PART_FORM] = { "FormParams", sizeof(struct assign_items), table }
#define VALUE(part, element) [part] = { element, sizeof(struct assign_value), value_fields }
#define FLAG(part, element) [part] = { element, sizeof(struct assign_flag), flag_fields }

static const struct field_choice set_parts[] = {
	HEADERS(value_headers),
	QUERY(value_query),
	FORM(value_form),
	[PART_PAYLOAD] = { "Payload", sizeof(struct assign_payload), payload_fields },
	VALUE(PART_VERB, "Verb"),
	VALUE(PART_VERSION, "Version"),
	VALUE(PART_PATH, "Path"),
	VALUE(PART_STATUS, "StatusCode"),
	VALUE(PART_REASON, "ReasonPhrase"),
	{ 0 },
};
static const struct field_choice add_parts[] = {
	HEADERS(value_headers),
	QUERY(value_query),
	FORM(value_form),
	{ 0 },
};
static const struct field_choice copy_parts[] = {
	HEADERS(named_headers),
	QUERY(named_query),
	FORM(named_form),
	FLAG(PART_PAYLOAD, "Payload"),
	FLAG(PART_VERB, "Verb"),
	FLAG(PART_VERSION, "Version"),
	FLAG(PART_PATH, "Path"),
	FLAG(PART_STATUS, "StatusCode"),
	FLAG(PART_REASON, "ReasonPhrase"),
	{ 0 },
};
static const struct field_choice remove_parts[] = {
	HEADERS(named_headers),
	QUERY(named_query),
	FORM(named_form),
	FLAG(PART_PAYLOAD, "Payload"),
	{ 0 },
};

static const struct field set_fields[] = {
	FIELD(assign_action, parts, ".", T_CHOICE, .choices = set_parts),
	FIELD_BARE("Authentication", T_LATER),
	FIELDS_END,
};
static const struct field add_fields[] = {
	FIELD(assign_action, parts, ".", T_CHOICE, .choices = add_parts),
	FIELDS_END,
};
static const struct field copy_fields[] = {
	FIELD(assign_action, source, "@source", T_STR, .dflt = "message",
	      .doc = "the message to copy from"),
	FIELD(assign_action, parts, ".", T_CHOICE, .choices = copy_parts),
	FIELDS_END,
};
static const struct field remove_fields[] = {
	FIELD(assign_action, parts, ".", T_CHOICE, .choices = remove_parts),
	FIELDS_END,
};
static const struct field variable_fields[] = {
	FIELD(assign_variable, name, "Name", T_FLOWVAR, .required = true,
	      .doc = "the variable to set"),
	FIELD(assign_variable, ref, "Ref", T_FLOWVAR, .doc = "the variable whose value it takes"),
	FIELD(assign_variable, template, "Template", T_TEMPLATE_TEXT,
	      .doc = "or a message template"),
	FIELD(assign_variable, template_ref, "Template/@ref", T_FLOWVAR,
	      .doc = "a variable that holds the template"),
	FIELD(assign_variable, value, "Value", T_TEXT,
	      .doc = "the value when nothing else gives one"),
	FIELD_BARE("PropertySetRef", T_LATER),
	FIELD_BARE("ResourceURL", T_LATER),
	FIELDS_END,
};

const struct field_choice assign_choices[] = {
	[ACTION_SET] = { "Set", sizeof(struct assign_action), set_fields },
	[ACTION_ADD] = { "Add", sizeof(struct assign_action), add_fields },
	[ACTION_COPY] = { "Copy", sizeof(struct assign_action), copy_fields },
	[ACTION_REMOVE] = { "Remove", sizeof(struct assign_action), remove_fields },
	[ACTION_VARIABLE] = { "AssignVariable", sizeof(struct assign_variable), variable_fields },
	{ 0 },
};

static err delimiter(struct binder *b, const struct assign_payload *p, str given,
                     const char *attribute, char *out)
{
	if (!given.n)
		return DONE;
	if (given.n > 1)
		return diag_add(
			b->diag, ERR_SYNTAX, p->line,
			"the attribute %s of <Payload> is \"%.*s\"; one character is needed",
			attribute, STR(given));
	*out = given.p[0];
	return DONE;
}

static err check_payload(struct binder *b, struct assign_payload *p)
{
	char prefix = '{', suffix = '}';
	TRY(delimiter(b, p, p->prefix, "variablePrefix", &prefix));
	TRY(delimiter(b, p, p->suffix, "variableSuffix", &suffix));
	return template_compile(b, p->text.p ? p->text : S(""), prefix, suffix, p->line, &p->body);
}

/* "name.2" of Copy and Remove is the second; the name alone means all of it. */
static err split_index(struct binder *b, struct assign_item *item)
{
	int64_t nth;
	size_t dot = str_rfind_char(item->name, '.');
	if (dot == STR_NPOS || !str_to_i64(str_sub(item->name, dot + 1, STR_NPOS), &nth))
		return DONE;
	if (nth < 1 || nth > 10000)
		return diag_add(b->diag, ERR_SYNTAX, item->line,
		                "the name \"%.*s\" ends with the index %lld; they count from 1",
		                STR(item->name), (long long)nth);
	item->nth = (unsigned)nth;
	item->name = str_sub(item->name, 0, dot);
	return DONE;
}

static err check_items(struct binder *b, struct assign_items *items, bool headers, bool indexed)
{
	err worst = DONE;
	struct assign_item *v = items->v.v;
	for (size_t i = 0; i < items->v.n; i++) {
		err e = indexed ? split_index(b, &v[i]) : DONE;
		if (!e.code && headers && !header_name_ok(v[i].name))
			e = diag_add(b->diag, ERR_SYNTAX, v[i].line,
			             "\"%.*s\" cannot be the name of a header", STR(v[i].name));
		worst = e.code ? e : worst;
	}
	return worst;
}

static err check_part(struct binder *b, int action, const struct chosen *part)
{
	bool indexed = action == ACTION_COPY || action == ACTION_REMOVE;
	if (part->which <= PART_FORM)
		return check_items(b, part->value, part->which == PART_HEADERS, indexed);
	if (part->which == PART_PAYLOAD && action == ACTION_SET)
		return check_payload(b, part->value);
	return DONE;
}

err assign_check(const struct list *actions, struct binder *b)
{
	err worst = DONE;
	const struct chosen *v = actions->v;
	for (size_t i = 0; i < actions->n; i++) {
		if (v[i].which == ACTION_VARIABLE)
			continue;
		const struct assign_action *action = v[i].value;
		const struct chosen *parts = action->parts.v;
		for (size_t j = 0; j < action->parts.n; j++) {
			err e = check_part(b, v[i].which, &parts[j]);
			worst = e.code ? e : worst;
		}
	}
	return worst;
}
