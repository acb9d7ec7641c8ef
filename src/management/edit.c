/* SPDX-License-Identifier: Apache-2.0 */
/* The edits that resources share, and the attributes below each of them.
 * An edit function looks at nothing but the thing and its argument: it runs inside a transaction.
 * Source: Apigee Edge management API, attributes. */
#include "management/edit.h"

#include <string.h>

#include "model/xml.h"

enum { BODY_MAX = 4 << 20 };

struct attribute_set {
	struct list attributes;
};

static const struct field attribute_set_fields[] = {
	FIELD(attribute_set, attributes, "attribute", T_LIST, .sub = attribute_fields,
	      .sub_size = sizeof(struct attribute)),
	FIELDS_END,
};
static const struct noun attribute_set_noun = { "Attributes", NULL, sizeof(struct attribute_set),
	                                        attribute_set_fields };
static const struct noun attribute_noun = { "Attribute", NULL, sizeof(struct attribute),
	                                    attribute_fields };

static err read_body(struct arena *a, void *thing, void *arg)
{
	struct body_edit *e = arg;
	str *key = (str *)((char *)thing + e->key), was = *key;
	struct list *attributes = (struct list *)((char *)thing + e->attributes);
	e->diag.findings.n = 0; /* it may run again */
	TRY(e->xml ? model_read_xml(a, e->noun, e->bytes, MODEL_UPDATE, &e->diag, thing)
	           : model_read_json(a, e->noun, e->bytes, MODEL_UPDATE, &e->diag, thing));
	if (attributes->n > ATTRIBUTES_MAX)
		return diag_add(&e->diag, ERR_SYNTAX, 0, "attributes: at most %d", ATTRIBUTES_MAX);
	*key = was;
	return DONE;
}

struct message *edit_by_body(struct api *q, const struct noun *noun, size_t key, size_t attributes,
                             struct body_edit *e, struct edit *out)
{
	str type = headers_get(&q->call->request->headers, S("content-type"));
	*e = (struct body_edit){ .noun = noun,
		                 .key = key,
		                 .attributes = attributes,
		                 .xml = api_type_is_xml(type),
		                 .diag = { .arena = q->arena } };
	*out = (struct edit){ .fn = read_body, .arg = e, .by = q->who.key.name };
	return api_body(q, BODY_MAX, &e->bytes);
}

struct message *edit_refused(struct api *q, const struct body_edit *e)
{
	return answer_findings(q, "management.InvalidRequest", &e->diag);
}

static err replace(struct arena *a, void *thing, void *arg)
{
	const struct whole_edit *e = arg;
	(void)a;
	memcpy(thing, e->thing, e->size);
	return DONE;
}

struct edit edit_whole(struct api *q, struct whole_edit *e)
{
	return (struct edit){ .fn = replace, .arg = e, .by = q->who.key.name };
}

static err set_status(struct arena *a, void *thing, void *arg)
{
	const struct status_edit *e = arg;
	(void)a;
	*(int *)((char *)thing + e->at) = e->value;
	return DONE;
}

struct edit edit_status(struct api *q, struct status_edit *e)
{
	return (struct edit){ .fn = set_status, .arg = e, .by = q->who.key.name };
}

int action_value(const struct api *q, const char *const *actions, const int *values)
{
	for (size_t i = 0; actions[i]; i++)
		if (api_query_is(q, "action", actions[i]))
			return values[i];
	return -1;
}

struct message *attributes_too_many(struct api *q, const struct list *attributes)
{
	if (attributes->n <= ATTRIBUTES_MAX)
		return NULL;
	return answer_error(q, 400, "management.InvalidRequest", "attributes: at most %d, not %zu",
	                    ATTRIBUTES_MAX, attributes->n);
}

/* One change of an attribute list: replace all, put one, or remove one. */
struct attribute_edit {
	size_t at;
	enum { REPLACE_ALL, PUT_ONE, REMOVE_ONE } how;
	struct list all;
	struct attribute one;
};

static err edit_attributes(struct arena *a, void *thing, void *arg)
{
	struct attribute_edit *e = arg;
	struct list *attributes = (struct list *)((char *)thing + e->at);
	if (e->how == REPLACE_ALL)
		*attributes = e->all;
	else if (e->how == PUT_ONE)
		attribute_set(a, attributes, e->one.name, e->one.value);
	else if (!attribute_remove(a, attributes, e->one.name, &e->one.value))
		return FAIL(ERR_SYNTAX); /* an edit's own word for: there is no such attribute */
	return attributes->n > ATTRIBUTES_MAX ? FAIL(ERR_LIMIT) : DONE;
}

static struct message *no_attribute(struct api *q, str name)
{
	return answer_error(q, 404, "management.AttributeDoesNotExist",
	                    "Attribute %.*s does not exist", STR(name));
}

static struct message *changed(struct api *q, const struct attributed *o, struct attribute_edit *e)
{
	struct edit edit = { .fn = edit_attributes, .arg = e, .by = q->who.key.name };
	void *thing;
	err trouble = o->change(q, &edit, &thing);
	if (trouble.code == ERR_SYNTAX)
		return no_attribute(q, e->one.name);
	if (trouble.code == ERR_LIMIT)
		return answer_error(q, 400, "management.InvalidRequest", "attributes: at most %d",
		                    ATTRIBUTES_MAX);
	if (trouble.code)
		return o->trouble(q, trouble);
	if (e->how != REPLACE_ALL)
		return answer_noun(q, 200, &attribute_noun, &e->one);
	struct attribute_set set = { e->all };
	return answer_noun(q, 200, &attribute_set_noun, &set);
}

static struct message *all_answer(struct api *q, const struct attributed *o)
{
	struct attribute_set set = { 0 };
	void *thing;
	if (q->route.safe) {
		err e = o->get(q, &thing);
		if (e.code)
			return o->trouble(q, e);
		set.attributes = *(struct list *)((char *)thing + o->at);
		return answer_noun(q, 200, &attribute_set_noun, &set);
	}
	struct message *bad = api_read(q, &attribute_set_noun, MODEL_CREATE, &set);
	if (bad)
		return bad;
	struct attribute_edit e = { .at = o->at, .how = REPLACE_ALL, .all = set.attributes };
	return changed(q, o, &e);
}

static struct message *one_answer(struct api *q, const struct attributed *o)
{
	struct attribute_edit e = { .at = o->at, .how = PUT_ONE };
	struct attribute one = { .name = api_param(q, "attribute") };
	void *thing;
	if (q->route.safe) {
		err trouble = o->get(q, &thing);
		if (trouble.code)
			return o->trouble(q, trouble);
		one.value = attribute_get((struct list *)((char *)thing + o->at), one.name);
		return str_given(one.value) ? answer_noun(q, 200, &attribute_noun, &one)
		                            : no_attribute(q, one.name);
	}
	if (str_eq(q->call->request->verb, S("DELETE"))) {
		e.how = REMOVE_ONE;
		e.one = one;
		return changed(q, o, &e);
	}
	struct message *bad = api_read(q, &attribute_noun, MODEL_UPDATE, &e.one);
	if (bad)
		return bad;
	e.one.name = one.name; /* the path decides */
	if (!str_given(e.one.value))
		e.one.value = S("");
	return changed(q, o, &e);
}

struct message *attributes_answer(struct api *q, const struct attributed *o)
{
	bool one = str_given(route_param(&q->route, "attribute"));
	return one ? one_answer(q, o) : all_answer(q, o);
}
