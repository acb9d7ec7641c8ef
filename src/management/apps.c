/* SPDX-License-Identifier: Apache-2.0 */
/* Apps: all of an organization by id, and those of a developer by name.
 * An app's keys are a resource of their own (keys.c); POST to an app adds one.
 * Source: Apigee Edge management API, apps, developer apps. */
#include "store/apps.h"

#include "management/names.h"
#include "management/resources.h"
#include "store/developers.h"

/* By id: /apps/{app}. */
static struct message *id_trouble(struct api *q, err e)
{
	if (e.code == ERR_NOT_FOUND)
		return answer_error(q, 404, "developer.service.AppDoesNotExist",
		                    "App with id %.*s does not exist", STR(api_param(q, "app")));
	return answer_trouble(q, e);
}

/* By name: /developers/{developer}/apps/{app}.  An unknown developer is told first. */
struct message *app_trouble(struct api *q, err e)
{
	struct developer *d;
	err there = developer_get(q->arena, q->store, q->org, api_param(q, "developer"), &d);
	if (there.code)
		return developer_trouble(q, there);
	if (e.code == ERR_NOT_FOUND)
		return answer_error(q, 404, "developer.service.AppDoesNotExist",
		                    "App named %.*s does not exist under %.*s",
		                    STR(api_param(q, "app")), STR(d->email));
	return answer_trouble(q, e);
}

err app_of_path(struct api *q, struct app **app)
{
	return app_named(q->arena, q->store, q->org, api_param(q, "developer"), api_param(q, "app"),
	                 app);
}

struct message *apps_list(struct api *q)
{
	struct page page;
	struct message *bad = api_page(q, &page);
	struct strs ids = { 0 };
	struct list all = { 0 };
	bool expand = api_query_is(q, "expand", "true");
	if (bad)
		return bad;
	err e = expand ? app_list(q->arena, q->store, q->org, &page, &all)
	               : app_ids(q->arena, q->store, q->org, &page, &ids);
	if (e.code)
		return answer_trouble(q, e);
	return expand ? answer_list(q, &app_noun, &all) : answer_names(q, &ids);
}

struct message *apps_get(struct api *q)
{
	struct app *app;
	err e = app_get(q->arena, q->store, q->org, api_param(q, "app"), &app);
	return e.code ? id_trouble(q, e) : answer_noun(q, 200, &app_noun, app);
}

struct message *apps_delete(struct api *q)
{
	struct app *was;
	err e = app_delete(q->arena, q->store, q->org, api_param(q, "app"), &was);
	return e.code ? id_trouble(q, e) : answer_noun(q, 200, &app_noun, was);
}

struct message *developer_apps_list(struct api *q)
{
	struct strs names = { 0 };
	struct list all = { 0 };
	struct developer *d;
	str who = api_param(q, "developer");
	bool expand = api_query_is(q, "expand", "true");
	err e = developer_get(q->arena, q->store, q->org, who, &d);
	if (e.code)
		return developer_trouble(q, e);
	e = expand ? app_list_of(q->arena, q->store, q->org, who, &all)
	           : app_names_of(q->arena, q->store, q->org, who, &names);
	if (e.code)
		return answer_trouble(q, e);
	return expand ? answer_list(q, &app_noun, &all) : answer_names(q, &names);
}

struct message *developer_apps_create(struct api *q)
{
	struct app app = { 0 };
	str missing = STR_NONE;
	struct message *bad = api_read(q, &app_noun, MODEL_CREATE, &app);
	if (bad || (bad = attributes_too_many(q, &app.attributes)))
		return bad;
	if (!app.name.n)
		return answer_error(q, 400, "developer.service.MissingField", "name is required");
	if ((bad = name_refused(q, NAME_OF_THING, "name", app.name)))
		return bad;
	app.created_by = app.last_modified_by = q->who.key.name;
	err e = app_create(q->arena, q->store, q->org, api_param(q, "developer"), &app, &missing);
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "developer.service.AppAlreadyExists",
		                    "App with name %.*s already exists", STR(app.name));
	if (e.code == ERR_NOT_FOUND && str_given(missing))
		return no_product(q, missing);
	return e.code ? developer_trouble(q, e) : answer_noun(q, 201, &app_noun, &app);
}

struct message *developer_apps_get(struct api *q)
{
	struct app *app;
	err e = app_of_path(q, &app);
	return e.code ? app_trouble(q, e) : answer_noun(q, 200, &app_noun, app);
}

static struct message *act(struct api *q, const struct app *app)
{
	static const char *const actions[] = { "approve", "revoke", NULL };
	static const int values[] = { APPROVED, REVOKED };
	struct status_edit s = { offsetof(struct app, status), action_value(q, actions, values) };
	struct edit edit = edit_status(q, &s);
	struct app *changed;
	if (s.value < 0)
		return answer_error(q, 400, "developer.service.InvalidAction",
		                    "action is approve or revoke");
	err e = app_change(q->arena, q->store, q->org, app->app_id, &edit, &changed);
	return e.code ? app_trouble(q, e) : answer_done(q);
}

/* POST with a body: a new key pair for the products it names. */
static struct message *add_key(struct api *q, const struct app *app, const struct app *asked)
{
	struct credential c = { .scopes = asked->scopes,
		                .expires_at_ms = app_key_expires_at_ms(asked, clock_ms()) };
	struct product_status *products =
		arena_array(q->arena, struct product_status, asked->api_products.n + 1);
	struct app *now;
	str missing = STR_NONE;
	for (size_t i = 0; i < asked->api_products.n; i++)
		products[i].apiproduct = asked->api_products.v[i];
	c.api_products = (struct list){ products, asked->api_products.n };
	err e = credential_create(q->arena, q->store, q->org, app->app_id, &c, &missing);
	if (e.code == ERR_NOT_FOUND && str_given(missing))
		return no_product(q, missing);
	if (!e.code)
		e = app_of_path(q, &now);
	return e.code ? app_trouble(q, e) : answer_noun(q, 200, &app_noun, now);
}

static struct message *change_by_body(struct api *q, const struct app *app)
{
	struct body_edit b;
	struct edit edit;
	struct app *now;
	struct message *bad = edit_by_body(q, &app_noun, offsetof(struct app, name),
	                                   offsetof(struct app, attributes), &b, &edit);
	if (bad)
		return bad;
	err e = app_change(q->arena, q->store, q->org, app->app_id, &edit, &now);
	if (e.code == ERR_SYNTAX)
		return edit_refused(q, &b);
	return e.code ? app_trouble(q, e) : answer_noun(q, 200, &app_noun, now);
}

struct message *developer_apps_put(struct api *q)
{
	struct app *app;
	err e = app_of_path(q, &app);
	return e.code ? app_trouble(q, e) : change_by_body(q, app);
}

struct message *developer_apps_post(struct api *q)
{
	struct app *app, asked = { 0 };
	err e = app_of_path(q, &app);
	if (e.code)
		return app_trouble(q, e);
	if (str_given(api_query(q, "action")))
		return act(q, app);
	struct message *bad = api_read(q, &app_noun, MODEL_UPDATE, &asked);
	return bad ? bad : add_key(q, app, &asked);
}

struct message *developer_apps_delete(struct api *q)
{
	struct app *app, *was;
	err e = app_of_path(q, &app);
	if (!e.code)
		e = app_delete(q->arena, q->store, q->org, app->app_id, &was);
	return e.code ? app_trouble(q, e) : answer_noun(q, 200, &app_noun, was);
}

static err get(struct api *q, void **thing) { return app_of_path(q, (struct app **)thing); }

static err change(struct api *q, struct edit *edit, void **thing)
{
	struct app *app;
	TRY(app_of_path(q, &app));
	return app_change(q->arena, q->store, q->org, app->app_id, edit, (struct app **)thing);
}

struct message *app_attributes(struct api *q)
{
	static const struct attributed app = { offsetof(struct app, attributes), get, change,
		                               app_trouble };
	return attributes_answer(q, &app);
}
