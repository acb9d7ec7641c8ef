/* SPDX-License-Identifier: Apache-2.0 */
/* API products of an organization.
 * What a product names must exist, save proxies, which may come later.
 * Source: Apigee Edge management API, apiproducts. */
#include "store/products.h"

#include "management/names.h"
#include "management/resources.h"
#include "store/organizations.h"

struct message *no_product(struct api *q, str name)
{
	return answer_error(q, 404, "keymanagement.service.apiproduct_doesnot_exist",
	                    "API Product [%.*s] does not exist", STR(name));
}

static struct message *trouble(struct api *q, err e)
{
	str name = api_param(q, "product");
	if (e.code == ERR_NOT_FOUND)
		return no_product(q, name);
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "keymanagement.service.apiproduct_in_use",
		                    "API Product [%.*s] belongs to keys of apps", STR(name));
	return answer_trouble(q, e);
}

static struct message *associated(struct api *q)
{
	struct strs names = { 0 };
	bool keys = api_query_is(q, "entity", "keys");
	struct product_page of = { .org = q->org, .product = api_param(q, "product") };
	if (!keys && !api_query_is(q, "entity", "apps"))
		return answer_error(q, 400, "keymanagement.service.InvalidEntity",
		                    "entity is keys or apps");
	struct message *bad = api_page(q, &of.page);
	if (bad)
		return bad;
	err e = keys ? product_keys(q->arena, q->store, &of, &names)
	             : product_apps(q->arena, q->store, &of, &names);
	return e.code ? trouble(q, e) : answer_names(q, &names);
}

struct message *products_list(struct api *q)
{
	struct page page;
	struct message *bad = api_page(q, &page);
	struct strs names = { 0 };
	struct list all = { 0 };
	bool expand = api_query_is(q, "expand", "true");
	if (bad)
		return bad;
	err e = expand ? product_list(q->arena, q->store, q->org, &page, &all)
	               : product_names(q->arena, q->store, q->org, &page, &names);
	if (e.code)
		return answer_trouble(q, e);
	return expand ? answer_list(q, &api_product_noun, &all) : answer_names(q, &names);
}

static struct message *unfit(struct api *q, const struct api_product *p)
{
	struct environment *env;
	if (!p->name.n)
		return answer_error(q, 400, "keymanagement.service.apiproduct_name_invalid",
		                    "name is required");
	if (!p->display_name.n)
		return answer_error(q, 400, "keymanagement.service.apiproduct_invalid_displayname",
		                    "displayName is required");
	for (size_t i = 0; i < p->environments.n; i++)
		if (environment_get(q->arena, q->store, q->org, p->environments.v[i], &env).code)
			return answer_error(q, 400,
			                    "messaging.config.beans.EnvironmentDoesNotExist",
			                    "Environment %.*s does not exist in organization %.*s",
			                    STR(p->environments.v[i]), STR(q->org));
	struct message *bad = names_refused(
		q,
		(struct named[]){ { "name", p->name }, { "displayName", p->display_name }, { 0 } });
	return bad ? bad : attributes_too_many(q, &p->attributes);
}

struct message *products_create(struct api *q)
{
	struct api_product p = { 0 };
	struct message *bad = api_read(q, &api_product_noun, MODEL_CREATE, &p);
	if (bad || (bad = unfit(q, &p)))
		return bad;
	p.created_by = p.last_modified_by = q->who.key.name;
	err e = product_create(q->store, q->org, &p);
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "keymanagement.service.apiproduct_already_exists",
		                    "API Product [%.*s] already exists", STR(p.name));
	return e.code ? answer_trouble(q, e) : answer_noun(q, 201, &api_product_noun, &p);
}

struct message *products_get(struct api *q)
{
	struct api_product *p;
	if (api_query_is(q, "query", "list"))
		return associated(q);
	err e = product_get(q->arena, q->store, q->org, api_param(q, "product"), &p);
	return e.code ? trouble(q, e) : answer_noun(q, 200, &api_product_noun, p);
}

struct message *products_change(struct api *q)
{
	struct body_edit b;
	struct edit edit;
	struct api_product *p, asked;
	struct message *bad = edit_by_body(q, &api_product_noun, offsetof(struct api_product, name),
	                                   offsetof(struct api_product, attributes), &b, &edit);
	if (bad)
		return bad;
	err e = product_get(q->arena, q->store, q->org, api_param(q, "product"), &p);
	if (e.code)
		return trouble(q, e);
	asked = *p; /* what it would become must fit, before it does */
	if (edit.fn(q->arena, &asked, edit.arg).code)
		return edit_refused(q, &b);
	if ((bad = unfit(q, &asked)))
		return bad;
	e = product_change(q->arena, q->store, q->org, p->name, &edit, &p);
	return e.code ? trouble(q, e) : answer_noun(q, 200, &api_product_noun, p);
}

struct message *products_delete(struct api *q)
{
	struct api_product *was;
	err e = product_delete(q->arena, q->store, q->org, api_param(q, "product"), &was);
	return e.code ? trouble(q, e) : answer_noun(q, 200, &api_product_noun, was);
}

static err get(struct api *q, void **thing)
{
	return product_get(q->arena, q->store, q->org, api_param(q, "product"),
	                   (struct api_product **)thing);
}

static err change(struct api *q, struct edit *edit, void **thing)
{
	return product_change(q->arena, q->store, q->org, api_param(q, "product"), edit,
	                      (struct api_product **)thing);
}

struct message *product_attributes(struct api *q)
{
	static const struct attributed product = { offsetof(struct api_product, attributes), get,
		                                   change, trouble };
	return attributes_answer(q, &product);
}
