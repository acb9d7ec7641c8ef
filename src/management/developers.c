/* SPDX-License-Identifier: Apache-2.0 */
/* Developers of an organization, found by e-mail address or id.
 * Deleting one takes their apps and keys along.
 * Source: Apigee Edge management API, developers. */
#include "store/developers.h"

#include "management/names.h"
#include "management/resources.h"

struct message *developer_trouble(struct api *q, err e)
{
	str who = api_param(q, "developer");
	if (e.code == ERR_NOT_FOUND)
		return answer_error(q, 404, "developer.service.DeveloperIdDoesNotExist",
		                    "DeveloperId %.*s does not exist in organization %.*s",
		                    STR(who), STR(q->org));
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "developer.service.DeveloperAlreadyExists",
		                    "Another developer of organization %.*s has this email",
		                    STR(q->org));
	return answer_trouble(q, e);
}

struct message *developers_list(struct api *q)
{
	struct page page;
	struct message *bad = api_page(q, &page);
	struct strs emails = { 0 };
	struct list all = { 0 };
	bool expand = api_query_is(q, "expand", "true");
	if (bad)
		return bad;
	err e = expand ? developer_list(q->arena, q->store, q->org, &page, &all)
	               : developer_emails(q->arena, q->store, q->org, &page, &emails);
	if (e.code)
		return answer_trouble(q, e);
	return expand ? answer_list(q, &developer_noun, &all) : answer_names(q, &emails);
}

/* The four that Apigee demands, each there and not empty. */
static struct message *incomplete(struct api *q, const struct developer *d)
{
	const struct named needed[] = {
		{ "email", d->email },
		{ "firstName", d->first_name },
		{ "lastName", d->last_name },
		{ "userName", d->user_name },
		{ 0 },
	};
	for (const struct named *n = needed; n->field; n++)
		if (!n->name.n)
			return answer_error(q, 400, "developer.service.MissingField",
			                    "%s is required", n->field);
	if (str_find_char(d->email, '@') == STR_NPOS)
		return answer_error(q, 400, "developer.service.InvalidEmail",
		                    "email: %.*s is no e-mail address", STR(d->email));
	struct message *bad = names_refused(q, needed);
	return bad ? bad : attributes_too_many(q, &d->attributes);
}

struct message *developers_create(struct api *q)
{
	struct developer d = { 0 }, *made;
	struct message *bad = api_read(q, &developer_noun, MODEL_CREATE, &d);
	if (bad || (bad = incomplete(q, &d)))
		return bad;
	d.created_by = d.last_modified_by = q->who.key.name;
	err e = developer_create(q->arena, q->store, q->org, &d);
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "developer.service.DeveloperAlreadyExists",
		                    "Developer %.*s already exists in organization %.*s",
		                    STR(d.email), STR(q->org));
	if (!e.code)
		e = developer_get(q->arena, q->store, q->org, d.email, &made);
	return e.code ? answer_trouble(q, e) : answer_noun(q, 201, &developer_noun, made);
}

struct message *developers_get(struct api *q)
{
	struct developer *d;
	err e = developer_get(q->arena, q->store, q->org, api_param(q, "developer"), &d);
	return e.code ? developer_trouble(q, e) : answer_noun(q, 200, &developer_noun, d);
}

static struct message *act(struct api *q)
{
	static const char *const actions[] = { "active", "inactive", NULL };
	static const int values[] = { DEVELOPER_ACTIVE, DEVELOPER_INACTIVE };
	struct status_edit s = { offsetof(struct developer, status),
		                 action_value(q, actions, values) };
	struct edit edit = edit_status(q, &s);
	struct developer *d;
	if (s.value < 0)
		return answer_error(q, 400, "developer.service.InvalidAction",
		                    "action is active or inactive");
	err e = developer_change(q->arena, q->store, q->org, api_param(q, "developer"), &edit, &d);
	return e.code ? developer_trouble(q, e) : answer_done(q);
}

struct message *developers_change(struct api *q)
{
	struct body_edit b;
	struct edit edit;
	struct developer *d, asked;
	if (str_given(api_query(q, "action")))
		return act(q);
	struct message *bad =
		edit_by_body(q, &developer_noun, offsetof(struct developer, developer_id),
	                     offsetof(struct developer, attributes), &b, &edit);
	if (bad)
		return bad;
	err e = developer_get(q->arena, q->store, q->org, api_param(q, "developer"), &d);
	if (e.code)
		return developer_trouble(q, e);
	asked = *d; /* what it would become must fit, before it does */
	if (edit.fn(q->arena, &asked, edit.arg).code)
		return edit_refused(q, &b);
	if ((bad = incomplete(q, &asked)))
		return bad;
	e = developer_change(q->arena, q->store, q->org, api_param(q, "developer"), &edit, &d);
	return e.code ? developer_trouble(q, e) : answer_noun(q, 200, &developer_noun, d);
}

struct message *developers_delete(struct api *q)
{
	struct developer *was;
	err e = developer_delete(q->arena, q->store, q->org, api_param(q, "developer"), &was);
	return e.code ? developer_trouble(q, e) : answer_noun(q, 200, &developer_noun, was);
}

static err get(struct api *q, void **thing)
{
	return developer_get(q->arena, q->store, q->org, api_param(q, "developer"),
	                     (struct developer **)thing);
}

static err change(struct api *q, struct edit *edit, void **thing)
{
	return developer_change(q->arena, q->store, q->org, api_param(q, "developer"), edit,
	                        (struct developer **)thing);
}

struct message *developer_attributes(struct api *q)
{
	static const struct attributed developer = { offsetof(struct developer, attributes), get,
		                                     change, developer_trouble };
	return attributes_answer(q, &developer);
}
