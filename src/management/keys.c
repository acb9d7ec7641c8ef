/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer keys of an app: imported, given products, approved, revoked, deleted.
 * A key is looked up in its organization and must belong to the app of the path.
 * Source: Apigee Edge management API, developer app keys; the texts that its clients compare. */
#include "management/names.h"
#include "management/resources.h"
#include "store/apps.h"

static struct message *trouble(struct api *q, err e)
{
	if (e.code == ERR_NOT_FOUND)
		return answer_error(q, 404, "keymanagement.service.InvalidClientIdForGivenApp",
		                    "Invalid consumer key for Given App");
	return answer_trouble(q, e);
}

/* The key of the path; NULL, and the answer to give, when it or its app is not there. */
static struct credential *find(struct api *q, struct message **bad)
{
	struct app *app;
	err e = app_of_path(q, &app);
	struct credential *c = e.code ? NULL : app_credential(app, api_param(q, "key"));
	if (!c)
		*bad = e.code ? app_trouble(q, e) : trouble(q, FAIL(ERR_NOT_FOUND));
	return c;
}

static struct message *unfit(struct api *q, const struct credential *c)
{
	struct message *bad = name_refused(q, NAME_OF_KEY, "consumerKey", c->consumer_key);
	if (!bad)
		bad = name_refused(q, NAME_OF_SECRET, "consumerSecret", c->consumer_secret);
	return bad ? bad : attributes_too_many(q, &c->attributes);
}

/* As Apigee answers an import: the credential without expiresAt. */
static struct message *imported(struct api *q, const struct credential *c)
{
	struct field fields[32];
	size_t n = 0;
	for (const struct field *f = credential_noun.fields; f->type && n < 31; f++)
		if (f->offset != offsetof(struct credential, expires_at_ms))
			fields[n++] = *f;
	fields[n] = (struct field)FIELDS_END;
	struct noun noun = credential_noun;
	noun.fields = fields;
	return answer_noun(q, 201, &noun, c);
}

struct message *keys_create(struct api *q)
{
	struct app *app;
	struct credential c = { 0 };
	str missing = STR_NONE;
	err e = app_of_path(q, &app);
	if (e.code)
		return app_trouble(q, e);
	struct message *bad = api_read(q, &credential_noun, MODEL_CREATE, &c);
	if (bad || (bad = unfit(q, &c)))
		return bad;
	e = credential_create(q->arena, q->store, q->org, app->app_id, &c, &missing);
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "keymanagement.service.ConsumerKeyAlreadyExists",
		                    "Consumer key already exists in organization %.*s",
		                    STR(q->org));
	if (e.code == ERR_NOT_FOUND && str_given(missing))
		return no_product(q, missing);
	return e.code ? answer_trouble(q, e) : imported(q, &c);
}

struct message *keys_get(struct api *q)
{
	struct message *bad;
	const struct credential *c = find(q, &bad);
	return c ? answer_noun(q, 200, &credential_noun, c) : bad;
}

struct message *keys_delete(struct api *q)
{
	struct message *bad;
	struct credential *c = find(q, &bad), *was;
	if (!c)
		return bad;
	err e = credential_delete(q->arena, q->store, q->org, c->consumer_key, &was);
	return e.code ? trouble(q, e) : answer_noun(q, 200, &credential_noun, was);
}

static struct message *changed(struct api *q, const struct credential *c, struct edit *edit,
                               struct credential **out)
{
	edit->by = q->who.key.name;
	edit->missing = STR_NONE;
	err e = credential_change(q->arena, q->store, q->org, c->consumer_key, edit, out);
	if (e.code == ERR_NOT_FOUND && str_given(edit->missing))
		return no_product(q, edit->missing);
	return e.code ? trouble(q, e) : NULL;
}

static struct message *act(struct api *q, const struct credential *c)
{
	static const char *const actions[] = { "approve", "revoke", NULL };
	static const int values[] = { APPROVED, REVOKED };
	struct status_edit s = { offsetof(struct credential, status),
		                 action_value(q, actions, values) };
	struct edit edit = edit_status(q, &s);
	struct credential *now;
	if (s.value < 0)
		return answer_error(q, 400, "keymanagement.service.InvalidAction",
		                    "action is approve or revoke");
	struct message *bad = changed(q, c, &edit, &now);
	return bad ? bad : answer_done(q);
}

static bool has_product(const struct list *products, str name)
{
	LIST_EACH(const struct product_status, p, products)
		if (str_eq(p->apiproduct, name))
			return true;
	return false;
}

/* Products that the body names are added; attributes and scopes, when named, replace. */
static err merge(struct arena *a, void *thing, void *arg)
{
	struct credential *c = thing;
	const struct credential *asked = arg;
	struct product_status *all = arena_array(a, struct product_status,
	                                         c->api_products.n + asked->api_products.n + 1);
	size_t n = 0;
	LIST_EACH(const struct product_status, p, &c->api_products)
		all[n++] = *p;
	LIST_EACH(const struct product_status, p, &asked->api_products)
		if (!has_product(&c->api_products, p->apiproduct))
			all[n++] = *p;
	c->api_products = (struct list){ all, n };
	if (asked->attributes.n)
		c->attributes = asked->attributes;
	if (asked->scopes.n)
		c->scopes = asked->scopes;
	return DONE;
}

struct message *keys_change(struct api *q)
{
	struct message *bad;
	struct credential *c = find(q, &bad), *now, asked = { 0 };
	if (!c)
		return bad;
	if (str_given(api_query(q, "action")))
		return act(q, c);
	if ((bad = api_read(q, &credential_noun, MODEL_UPDATE, &asked)) ||
	    (bad = attributes_too_many(q, &asked.attributes)))
		return bad;
	struct edit edit = { .fn = merge, .arg = &asked };
	bad = changed(q, c, &edit, &now);
	return bad ? bad : answer_noun(q, 200, &credential_noun, now);
}

/* ---- one product of a key ---- */

struct product_edit {
	str product;
	int status; /* -1: take it off */
};

static err edit_product(struct arena *a, void *thing, void *arg)
{
	const struct product_edit *e = arg;
	struct credential *c = thing;
	struct product_status *kept = arena_array(a, struct product_status, c->api_products.n + 1);
	size_t n = 0;
	bool met = false;
	LIST_EACH(const struct product_status, p, &c->api_products) {
		bool it = str_eq(p->apiproduct, e->product);
		met |= it;
		if (it && e->status < 0)
			continue;
		kept[n] = *p;
		if (it)
			kept[n].status = e->status;
		n++;
	}
	c->api_products = (struct list){ kept, n };
	return met ? DONE : FAIL(ERR_SYNTAX); /* an edit's own word for: not associated */
}

static struct message *edit_one(struct api *q, int status, struct credential **now)
{
	struct message *bad;
	struct credential *c = find(q, &bad);
	struct product_edit one = { api_param(q, "product"), status };
	struct edit edit = { .fn = edit_product, .arg = &one, .by = q->who.key.name };
	if (!c)
		return bad;
	err e = credential_change(q->arena, q->store, q->org, c->consumer_key, &edit, now);
	if (e.code == ERR_SYNTAX) /* 500 and this text: what Edge answers and its clients expect */
		return answer_error(q, 500, "keymanagement.service.apiproduct_not_associated",
		                    "APIProduct is not associated with consumer key");
	return e.code ? trouble(q, e) : NULL;
}

struct message *key_products_act(struct api *q)
{
	static const char *const actions[] = { "approve", "revoke", NULL };
	static const int values[] = { APPROVED, REVOKED };
	struct credential *now;
	int status = action_value(q, actions, values);
	if (status < 0)
		return answer_error(q, 400, "keymanagement.service.InvalidAction",
		                    "action is approve or revoke");
	struct message *bad = edit_one(q, status, &now);
	return bad ? bad : answer_done(q);
}

struct message *key_products_delete(struct api *q)
{
	struct credential *now = NULL;
	struct message *bad = edit_one(q, -1, &now);
	return bad ? bad : answer_noun(q, 200, &credential_noun, now);
}

static err get(struct api *q, void **thing)
{
	struct app *app;
	TRY(app_of_path(q, &app));
	*thing = app_credential(app, api_param(q, "key"));
	return *thing ? DONE : FAIL(ERR_NOT_FOUND);
}

static err change(struct api *q, struct edit *edit, void **thing)
{
	void *c;
	TRY(get(q, &c));
	return credential_change(q->arena, q->store, q->org, ((struct credential *)c)->consumer_key,
	                         edit, (struct credential **)thing);
}

struct message *key_attributes(struct api *q)
{
	static const struct attributed key = { offsetof(struct credential, attributes), get, change,
		                               trouble };
	return attributes_answer(q, &key);
}
