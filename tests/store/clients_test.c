/* SPDX-License-Identifier: Apache-2.0 */
/* Developers, products, apps, credentials: what is written is read back, a stranger sees nothing.
 * Each test uses names of its own.
 * Source: store/developers.h, products.h, apps.h, cache.h. */
#include "store/suite.h"

#include <string.h>

/* ---- developers ---- */
static err rename_developer(struct arena *arena, void *thing, void *arg)
{
	struct developer *d = thing;
	(void)arena;
	d->first_name = S("Renamed");
	d->developer_id = S("stolen");
	attribute_set(arena, &d->attributes, S("tier"), *(str *)arg);
	return DONE;
}

static void developers(void **state)
{
	(void)state;
	str gold = S("gold");
	struct developer *d = make_developer(S("Anna@Example.com")), *got;
	assert_int_equal(d->developer_id.n, 36);
	SAME(d->organization_name, ACME);
	GOOD(developer_get(a, store, ACME, S("anna@example.COM"), &got));
	SAME(got->email, S("Anna@Example.com"));
	SAME(got->developer_id, d->developer_id);
	assert_int_equal(got->created_at_ms, d->created_at_ms);
	ANSWERS(ERR_NOT_FOUND, developer_get(a, store, OTHER, d->developer_id, &got));
	ANSWERS(ERR_CONFLICT,
	        developer_create(a, store, ACME,
	                         &(struct developer){ .email = S("ANNA@example.com") }));
	ANSWERS(ERR_NOT_FOUND,
	        developer_create(a, store, S("nobody"), &(struct developer){ .email = S("x@y") }));
	struct edit edit = { rename_developer, &gold, STR_NONE, S("boss") };
	ANSWERS(ERR_NOT_FOUND, developer_change(a, store, OTHER, d->developer_id, &edit, &got));
	GOOD(developer_change(a, store, ACME, S("anna@example.com"), &edit, &got));
	GOOD(developer_get(a, store, ACME, d->developer_id, &got));
	SAME(got->first_name, S("Renamed"));
	SAME(got->last_modified_by, S("boss"));
	SAME(got->created_by, S("me"));
	SAME(attribute_get(&got->attributes, S("tier")), gold);
	make_app(d, S("b"), STR_NONE);
	make_app(d, S("a"), STR_NONE);
	GOOD(developer_get(a, store, ACME, d->developer_id, &got));
	assert_int_equal(got->apps.n, 2);
	SAME(got->apps.v[0], S("a"));
	ANSWERS(ERR_NOT_FOUND, developer_delete(a, store, OTHER, d->developer_id, &got));
	GOOD(developer_delete(a, store, ACME, d->developer_id, &got));
	assert_int_equal(got->apps.n, 2);
	ANSWERS(ERR_NOT_FOUND, developer_get(a, store, ACME, S("anna@example.com"), &got));
}

static void paging(void **state)
{
	static const char *const emails[] = { "b@p", "B2@p", "a@p", "_@p", "c@p", "\xc3\xa4@p" };
	static const char *const sorted[] = { "_@p", "a@p", "b2@p", "b@p", "c@p", "\xc3\xa4@p" };
	(void)state;
	struct strs got;
	struct list all;
	for (size_t i = 0; i < COUNT(emails); i++) {
		struct developer *d = make_developer(str_from_z(emails[i]));
		make_app(d, S("y"), STR_NONE);
		make_app(d, str_from_z(emails[i]), STR_NONE);
	}
	GOOD(developer_emails(a, store, ACME, NULL, &got));
	assert_int_equal(got.n, COUNT(sorted));
	for (size_t i = 0; i < COUNT(sorted); i++)
		SAME(got.v[i], str_from_z(sorted[i]));
	GOOD(developer_emails(a, store, ACME, &(struct page){ S("b@p"), 2 }, &got));
	assert_int_equal(got.n, 2);
	SAME(got.v[0], S("b@p"));
	SAME(got.v[1], S("c@p"));
	GOOD(developer_list(a, store, ACME, &(struct page){ S("b@p"), 0 }, &all));
	assert_int_equal(all.n, 3);
	LIST_EACH(const struct developer, d, &all) {
		assert_int_equal(d->apps.n, 2);
		size_t own = str_cmp(d->email, S("y")) > 0;
		SAME(d->apps.v[own], d->email);
		SAME(d->apps.v[!own], S("y"));
	}
	GOOD(developer_list(a, store, OTHER, NULL, &all));
	assert_int_equal(all.n, 0);
	for (size_t i = 0; i < COUNT(emails); i++) {
		struct developer *was;
		GOOD(developer_delete(a, store, ACME, str_from_z(emails[i]), &was));
	}
}

/* ---- texts that want to be something else ---- */
static void texts(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		enum err_code code;
	} rows[] = {
		{ "' OR 1=1 --", 11, ERR_NONE },
		{ "x'); DROP TABLE app; --", 23, ERR_NONE },
		{ "$1 ? :name @x %s \\ \"", 20, ERR_NONE },
		{ "\xe2\x82\xac \xf0\x9f\x98\x80", 8, ERR_NONE },
		{ "line\nline\ttab\r", 14, ERR_NONE },
		{ "", 0, ERR_NONE },
		{ "nul\0nul", 7, ERR_SYNTAX },
		{ "\xff\xfe", 2, ERR_SYNTAX },
		{ "\xed\xa0\x80", 3, ERR_SYNTAX },
		{ "\xc0\xaf", 2, ERR_SYNTAX },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		str name = str_from(rows[i].p, rows[i].n);
		struct api_product p = { .name = name }, *got;
		ANSWERS(rows[i].code, product_create(store, ACME, &p));
		ANSWERS(rows[i].code, product_get(a, store, ACME, name, &got));
		if (rows[i].code)
			continue;
		SAME(got->name, name);
		GOOD(product_delete(a, store, ACME, name, &got));
	}
	char *big = arena_alloc(a, 1 << 20, 1);
	memset(big, 'x', 1 << 20);
	struct api_product p = { .name = S("big"), .description = str_from(big, 1 << 20) }, *got;
	GOOD(product_create(store, ACME, &p));
	GOOD(product_get(a, store, ACME, S("big"), &got));
	SAME(got->description, p.description);
	GOOD(product_delete(a, store, ACME, S("big"), &got));
}

/* ---- products, apps, credentials ---- */
static err describe(struct arena *arena, void *thing, void *arg)
{
	struct api_product *p = thing;
	(void)arena;
	(void)arg;
	p->description = S("new");
	p->name = S("other name");
	return DONE;
}

static void products(void **state)
{
	(void)state;
	struct api_product *p = make_product(S("p1"), APPROVAL_AUTO), *got;
	struct strs names;
	struct edit edit = { .fn = describe };
	ANSWERS(ERR_CONFLICT, product_create(store, ACME, p));
	ANSWERS(ERR_NOT_FOUND, product_get(a, store, OTHER, S("p1"), &got));
	ANSWERS(ERR_NOT_FOUND, product_change(a, store, OTHER, S("p1"), &edit, &got));
	GOOD(product_change(a, store, ACME, S("p1"), &edit, &got));
	GOOD(product_get(a, store, ACME, S("p1"), &got));
	SAME(got->description, S("new"));
	SAME(got->name, S("p1"));
	struct developer *d = make_developer(S("p@products"));
	struct app *app = make_app(d, S("app"), S("p1"));
	struct product_page of = { .org = ACME, .product = S("p1") }, others = { .org = OTHER, .product = S("p1") };
	ANSWERS(ERR_CONFLICT, product_delete(a, store, ACME, S("p1"), &got));
	GOOD(product_keys(a, store, &of, &names));
	assert_int_equal(names.n, 1);
	GOOD(product_apps(a, store, &of, &names));
	SAME(names.v[0], app->app_id);
	GOOD(product_apps(a, store, &others, &names));
	assert_int_equal(names.n, 0);
	struct app *two = make_app(d, S("two"), S("p1"));
	of.page.count = 1;
	GOOD(product_keys(a, store, &of, &names));
	assert_int_equal(names.n, 1);
	of.page = (struct page){ .start = str_cmp(app->app_id, two->app_id) < 0 ? two->app_id : app->app_id };
	GOOD(product_apps(a, store, &of, &names));
	assert_int_equal(names.n, 1);
	SAME(names.v[0], of.page.start);
	GOOD(app_delete(a, store, ACME, two->app_id, &two));
	GOOD(app_delete(a, store, ACME, app->app_id, &app));
	ANSWERS(ERR_NOT_FOUND, product_delete(a, store, OTHER, S("p1"), &got));
	GOOD(product_delete(a, store, ACME, S("p1"), &got));
}

static void apps(void **state)
{
	(void)state;
	struct developer *d = make_developer(S("apps@x"));
	make_product(S("auto"), APPROVAL_AUTO);
	make_product(S("manual"), APPROVAL_MANUAL);
	struct app app = { .name = S("one"), .key_expires_in_ms = 60000 }, *got;
	str missing;
	strs_add(a, &app.api_products, S("auto"));
	strs_add(a, &app.api_products, S("manual"));
	strs_add(a, &app.api_products, S("auto"));
	GOOD(app_create(a, store, ACME, S("APPS@x"), &app, &missing));
	struct credential *k = app.credentials.v;
	assert_int_equal(k->consumer_key.n, 32);
	assert_int_equal(k->consumer_secret.n, 16);
	assert_int_equal(k->api_products.n, 2);
	GOOD(app_get(a, store, ACME, app.app_id, &got));
	struct credential *c = got->credentials.v;
	const struct product_status *products_of = c->api_products.v;
	SAME(c->consumer_secret, k->consumer_secret);
	assert_int_equal(c->expires_at_ms, k->expires_at_ms);
	assert_true(c->expires_at_ms > c->issued_at_ms);
	assert_int_equal(products_of[0].status, APPROVED);
	assert_int_equal(products_of[1].status, PENDING);
	SAME(products_of[1].apiproduct, S("manual"));
	SAME(got->developer_id, d->developer_id);
	GOOD(app_named(a, store, ACME, S("apps@x"), S("one"), &got));
	SAME(got->app_id, app.app_id);
	GOOD(app_by_key(a, store, ACME, k->consumer_key, &got));
	SAME(got->app_id, app.app_id);
	ANSWERS(ERR_NOT_FOUND, app_get(a, store, OTHER, app.app_id, &got));
	ANSWERS(ERR_NOT_FOUND, app_by_key(a, store, OTHER, k->consumer_key, &got));
	ANSWERS(ERR_NOT_FOUND, app_named(a, store, OTHER, S("apps@x"), S("one"), &got));
	struct app twin = { .name = S("one") }, lost = { .name = S("two") };
	ANSWERS(ERR_CONFLICT, app_create(a, store, ACME, S("apps@x"), &twin, &missing));
	strs_add(a, &lost.api_products, S("auto"));
	strs_add(a, &lost.api_products, S("nothing"));
	ANSWERS(ERR_NOT_FOUND, app_create(a, store, ACME, S("apps@x"), &lost, &missing));
	SAME(missing, S("nothing"));
	ANSWERS(ERR_NOT_FOUND, app_create(a, store, ACME, S("nobody@x"), &lost, &missing));
	assert_false(str_given(missing));
	struct strs names;
	GOOD(app_names_of(a, store, ACME, S("apps@x"), &names)); /* nothing half-made */
	assert_int_equal(names.n, 1);
}

static err more_products(struct arena *arena, void *thing, void *arg)
{
	struct credential *c = thing;
	struct product_status *v = arena_array(arena, struct product_status, 2);
	v[0] = (struct product_status){ S("manual"), APPROVED };
	v[1] = (struct product_status){ *(str *)arg, REVOKED };
	c->api_products = (struct list){ v, 2 };
	c->consumer_secret = S("changed");
	c->status = REVOKED;
	return DONE;
}

static void credentials(void **state)
{
	(void)state;
	struct app *app = make_app(make_developer(S("keys@x")), S("keys"), S("manual")), *got;
	struct credential *first = app->credentials.v, *c;
	str missing, extra = S("auto"), nothing = S("nothing");
	struct credential given = { .consumer_key = S("given-key"),
		                    .consumer_secret = S("given-secret") };
	ANSWERS(ERR_NOT_FOUND, credential_create(a, store, OTHER, app->app_id, &given, &missing));
	GOOD(credential_create(a, store, ACME, app->app_id, &given, &missing));
	assert_int_equal(given.expires_at_ms, -1);
	struct credential again = { .consumer_key = S("given-key") };
	ANSWERS(ERR_CONFLICT, credential_create(a, store, ACME, app->app_id, &again, &missing));
	GOOD(app_get(a, store, ACME, app->app_id, &got));
	assert_int_equal(got->credentials.n, 2);
	SAME(app_credential(got, S("given-key"))->consumer_secret, S("given-secret"));
	struct edit edit = { more_products, &extra, STR_NONE, STR_NONE };
	ANSWERS(ERR_NOT_FOUND, credential_change(a, store, OTHER, first->consumer_key, &edit, &c));
	GOOD(credential_change(a, store, ACME, first->consumer_key, &edit, &c));
	GOOD(app_by_key(a, store, ACME, first->consumer_key, &got));
	c = app_credential(got, first->consumer_key);
	const struct product_status *v = c->api_products.v;
	assert_int_equal(c->api_products.n, 2);
	assert_int_equal(v[0].status, APPROVED); /* it was there: the edit's word counts */
	assert_int_equal(v[1].status, APPROVED); /* it is new: the product's own approval counts */
	assert_int_equal(c->status, REVOKED);
	SAME(c->consumer_secret, first->consumer_secret);
	edit.arg = &nothing;
	ANSWERS(ERR_NOT_FOUND, credential_change(a, store, ACME, first->consumer_key, &edit, &c));
	SAME(edit.missing, nothing);
	ANSWERS(ERR_NOT_FOUND, app_by_key(a, store, OTHER, first->consumer_key, &got));
	ANSWERS(ERR_NOT_FOUND, credential_delete(a, store, OTHER, first->consumer_key, &c));
	GOOD(credential_delete(a, store, ACME, first->consumer_key, &c));
	GOOD(app_get(a, store, ACME, app->app_id, &got));
	assert_int_equal(got->credentials.n, 1);
	GOOD(app_delete(a, store, ACME, app->app_id, &got));
	ANSWERS(ERR_NOT_FOUND, app_by_key(a, store, ACME, S("given-key"), &got));
}

static void app_lists(void **state)
{
	(void)state;
	struct developer *d = make_developer(S("lists@x"));
	struct strs ids, before;
	struct list all;
	GOOD(app_ids(a, store, ACME, NULL, &before));
	for (int i = 0; i < 30; i++)
		make_app(d, str_fmt(a, "app%02d", i), i % 2 ? S("auto") : STR_NONE);
	GOOD(app_ids(a, store, ACME, NULL, &ids));
	assert_int_equal(ids.n, before.n + 30);
	for (size_t i = 1; i < ids.n; i++)
		assert_true(str_cmp(ids.v[i - 1], ids.v[i]) < 0);
	GOOD(app_list(a, store, ACME, &(struct page){ ids.v[5], 10 }, &all));
	assert_int_equal(all.n, 10);
	for (size_t i = 0; i < 10; i++) {
		const struct app *app = (struct app *)all.v + i;
		SAME(app->app_id, ids.v[5 + i]);
		assert_int_equal(app->credentials.n, 1);
		assert_int_equal(((struct credential *)app->credentials.v)->consumer_secret.n, 16);
	}
	GOOD(app_list_of(a, store, ACME, S("lists@x"), &all));
	assert_int_equal(all.n, 30);
	for (size_t i = 0; i < 30; i++) {
		const struct app *app = (struct app *)all.v + i;
		const struct credential *c = app->credentials.v;
		SAME(app->name, str_fmt(a, "app%02zu", i));
		assert_int_equal(c->api_products.n, i % 2);
	}
}

/* ---- the cached view ---- */
static err revoke_app(struct arena *arena, void *thing, void *arg)
{
	(void)arena;
	(void)arg;
	((struct app *)thing)->status = REVOKED;
	return DONE;
}

static void client_views(void **state)
{
	(void)state;
	struct app *app = make_app(make_developer(S("view@x")), S("view"), S("auto")), *changed;
	str key = ((struct credential *)app->credentials.v)->consumer_key;
	const struct client_view *v, *again;
	struct credential *gone;
	again = NULL;
	for (int i = 0; i < 100; i++) { /* a node also hears of its own changes, a little later */
		GOOD(client_view(a, store, ACME, key, &v));
		GOOD(client_view(a, store, ACME, key, &again));
		if (v == again)
			break;
		rest_ms(5);
	}
	assert_ptr_equal(v, again);
	SAME(v->app->name, S("view"));
	SAME(v->developer->email, S("view@x"));
	assert_int_equal(v->n_products, 1);
	SAME(v->products[0]->name, S("auto"));
	ANSWERS(ERR_NOT_FOUND, client_view(a, store, OTHER, key, &again));
	GOOD(app_change(a, store, ACME, app->app_id, &(struct edit){ .fn = revoke_app }, &changed));
	assert_int_equal(changed->credentials.n, 1);
	GOOD(client_view(a, store, ACME, key, &again));
	assert_int_equal(again->app->status, REVOKED);
	assert_int_equal(v->app->status,
	                 APPROVED); /* what is held does not change under its holder */
	GOOD(credential_delete(a, store, ACME, key, &gone));
	ANSWERS(ERR_NOT_FOUND, client_view(a, store, ACME, key, &again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(paging, suite_reset),
		cmocka_unit_test_teardown(developers, suite_reset),
		cmocka_unit_test_teardown(texts, suite_reset),
		cmocka_unit_test_teardown(products, suite_reset),
		cmocka_unit_test_teardown(apps, suite_reset),
		cmocka_unit_test_teardown(credentials, suite_reset),
		cmocka_unit_test_teardown(app_lists, suite_reset),
		cmocka_unit_test_teardown(client_views, suite_reset),
	};
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
