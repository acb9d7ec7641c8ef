/* SPDX-License-Identifier: Apache-2.0 */
/* Nouns in JSON: the exact bytes out, what is taken in, and how refusals read.
 * The app profile is compared with the one in Apigee's document, key by key.
 * Source: Apigee, "default OAuth configuration"; management API, conventions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/api_product.h"
#include "model/app.h"
#include "model/deployment.h"
#include "model/developer.h"
#include "model/json.h"
#include "model/organization.h"
#include "model/user.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct arena *a;

static void assert_text(str got, const char *wanted) { assert_string_equal(str_z(a, got), wanted); }

static void profile(void **state)
{
	(void)state;
	struct product_status product = { S("PremiumWeatherAPI"), APPROVED };
	struct credential key = { .api_products = { &product, 1 },
		                  .consumer_key = S("bBGAQrXgivA9lKu7NMPyoYpVKNhGar6K"),
		                  .consumer_secret = S("hAr4Gn0gA9vAyvI4"),
		                  .expires_at_ms = -1,
		                  .issued_at_ms = 1380290161417 };
	struct app app = { .app_id = S("da496fae-2a04-4a5c-b2d0-709278a6f9db"),
		           .created_at_ms = 1380290158713,
		           .credentials = { &key, 1 },
		           .developer_id = S("5w95xGkpnjzJDBT4"),
		           .last_modified_at_ms = 1380290158713,
		           .name = S("weatherapp"),
		           .key_expires_in_ms = 5 };
	assert_text(model_json(a, &app_noun, &app),
	            "{\n"
	            "  \"accessType\" : \"read\",\n"
	            "  \"apiProducts\" : [ ],\n"
	            "  \"appFamily\" : \"default\",\n"
	            "  \"appId\" : \"da496fae-2a04-4a5c-b2d0-709278a6f9db\",\n"
	            "  \"attributes\" : [ ],\n"
	            "  \"callbackUrl\" : \"\",\n"
	            "  \"createdAt\" : 1380290158713,\n"
	            "  \"createdBy\" : \"\",\n"
	            "  \"credentials\" : [ {\n"
	            "    \"apiProducts\" : [ {\n"
	            "      \"apiproduct\" : \"PremiumWeatherAPI\",\n"
	            "      \"status\" : \"approved\"\n"
	            "    } ],\n"
	            "    \"attributes\" : [ ],\n"
	            "    \"consumerKey\" : \"bBGAQrXgivA9lKu7NMPyoYpVKNhGar6K\",\n"
	            "    \"consumerSecret\" : \"hAr4Gn0gA9vAyvI4\",\n"
	            "    \"expiresAt\" : -1,\n"
	            "    \"issuedAt\" : 1380290161417,\n"
	            "    \"scopes\" : [ ],\n"
	            "    \"status\" : \"approved\"\n"
	            "  } ],\n"
	            "  \"developerId\" : \"5w95xGkpnjzJDBT4\",\n"
	            "  \"lastModifiedAt\" : 1380290158713,\n"
	            "  \"lastModifiedBy\" : \"\",\n"
	            "  \"name\" : \"weatherapp\",\n"
	            "  \"scopes\" : [ ],\n"
	            "  \"status\" : \"approved\"\n"
	            "}");
}

static void shapes(void **state)
{
	(void)state;
	struct attribute property = { S("features.isCpsEnabled"), S("true") };
	struct organization o = { .name = S("acme"),
		                  .type = S("trial"),
		                  .properties = { &property, 1 } };
	assert_text(model_json(a, &organization_noun, &o),
	            "{\n  \"createdAt\" : 0,\n  \"createdBy\" : \"\",\n  \"displayName\" : \"\",\n"
	            "  \"environments\" : [ ],\n  \"lastModifiedAt\" : 0,\n  \"lastModifiedBy\" : "
	            "\"\",\n"
	            "  \"name\" : \"acme\",\n  \"properties\" : {\n    \"property\" : [ {\n"
	            "      \"name\" : \"features.isCpsEnabled\",\n      \"value\" : \"true\"\n    "
	            "} ]\n  },\n"
	            "  \"type\" : \"trial\"\n}");
	struct ssl_info ssl = { .enabled = 1 };
	struct virtual_host v = { .name = S("secure"), .port = S("9443"), .ssl = &ssl };
	str json = model_json(a, &virtual_host_noun, &v);
	assert_true(str_has(json, S("\"port\" : \"9443\"")));
	assert_true(str_has(json, S("\"enabled\" : \"true\"")));
	assert_true(str_has(json, S("\"ignoreValidationErrors\" : false")));
	v.ssl = NULL;
	assert_false(str_has(model_json(a, &virtual_host_noun, &v), S("sSLInfo")));
	struct strs names = { (str[]){ S("test"), S("prod") }, 2 };
	assert_text(model_json_names(a, &names), "[ \"test\", \"prod\" ]");
	struct user u = { .email = S("a@b") };
	struct list users = { &u, 1 };
	assert_text(model_json_list(a, &user_noun, &users),
	            "{\n  \"user\" : [ {\n    \"emailId\" : \"a@b\",\n    \"firstName\" : \"\",\n"
	            "    \"lastName\" : \"\"\n  } ]\n}");
	struct deploy_answer d = { .api_proxy = S("p"),
		                   .environment = S("test"),
		                   .state = S("deployed") };
	assert_true(str_has(model_json(a, &deploy_answer_noun, &d), S("\"server\" : [ ]")));
	assert_true(str_has(model_json(a, &deploy_answer_noun, &d), S("\"basePath\" : \"/\"")));
}

/* ---- in ---- */
static void refused(void **state)
{
	static const struct {
		const struct noun *noun;
		const char *json, *finding;
	} rows[] = {
		{ &developer_noun, "[]", "not an object" },
		{ &developer_noun, "{", NULL },
		{ &developer_noun, "{}", "email: missing" },
		{ &developer_noun, "{\"email\":1}", "email: not a string" },
		{ &developer_noun, "{\"email\":\"a@b\",\"nickname\":\"x\"}",
		  "nickname: unknown key" },
		{ &developer_noun, "{\"attributes\":{}}", "attributes: not an array" },
		{ &developer_noun, "{\"attributes\":[{\"name\":\"a\"},3]}",
		  "attributes[1]: not an object" },
		{ &developer_noun, "{\"attributes\":[\"a\"]}", "attributes[0]: not an object" },
		{ &developer_noun, "{\"attributes\":[{\"name\":true}]}",
		  "attributes[0].name: not a string" },
		{ &developer_noun, "{\"attributes\":[{\"value\":\"x\"}]}",
		  "attributes[0].name: missing" },
		{ &app_noun, "{\"name\":\"a\",\"apiProducts\":\"P\"}",
		  "apiProducts: not an array" },
		{ &app_noun, "{\"name\":\"a\",\"apiProducts\":[\"P\",{}]}",
		  "apiProducts[1]: not a string" },
		{ &app_noun, "{\"name\":\"a\",\"keyExpiresIn\":\"soon\"}",
		  "keyExpiresIn: not a whole number that fits" },
		{ &app_noun, "{\"name\":\"a\",\"keyExpiresIn\":1.5}",
		  "keyExpiresIn: not a number" },
		{ &api_product_noun, "{\"name\":\"p\",\"approvalType\":\"never\"}",
		  "approvalType: not one of auto, manual" },
		{ &api_product_noun, "{\"name\":\"p\",\"quota\":\"-1\"}",
		  "quota: not a number that fits" },
		{ &api_product_noun, "{\"name\":\"p\",\"quota\":\"many\"}",
		  "quota: not a number that fits" },
		{ &api_product_noun, "{\"name\":\"p\",\"quotaTimeUnit\":\"fortnight\"}",
		  "quotaTimeUnit: not one of second, minute, hour, day, week, month, year" },
		{ &virtual_host_noun, "{\"name\":\"v\",\"port\":\"0\"}",
		  "port: not a number that fits" },
		{ &virtual_host_noun, "{\"name\":\"v\",\"port\":99999}",
		  "port: not a number that fits" },
		{ &virtual_host_noun,
		  "{\"name\":\"v\",\"port\":1,\"sSLInfo\":{\"enabled\":\"maybe\"}}",
		  "sSLInfo.enabled: not one of false, true" },
		{ &organization_noun, "{\"name\":\"o\",\"properties\":[]}",
		  "properties: not an object" },
		{ &organization_noun, "{\"name\":\"o\",\"properties\":{\"x\":1}}",
		  "properties.x: unknown key" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct diag diag = { .arena = a };
		void *out = arena_zalloc(a, rows[i].noun->size, 16);
		err e = model_read_json(a, rows[i].noun, str_from_z(rows[i].json), MODEL_CREATE,
		                        &diag, out);
		assert_int_equal(e.code, ERR_SYNTAX);
		assert_int_equal(diag.findings.n, 1);
		if (rows[i].finding)
			assert_text(diag.findings.v[0].text, rows[i].finding);
	}
}

static void taken(void **state)
{
	(void)state;
	struct diag diag = { .arena = a };
	struct app app = { 0 };
	assert_int_equal(
		model_read_json(
			a, &app_noun,
			S("{\"name\":\"w\",\"apiProducts\":[\"P\"],\"callbackUrl\":null,"
	                  "\"keyExpiresIn\":\"-1\",\"status\":\"revoked\",\"appId\":\"x\","
	                  "\"attributes\":[{\"name\":\"tool\",\"value\":\"t\"},{\"name\":\"n\"}]}"),
			MODEL_CREATE, &diag, &app)
			.code,
		ERR_NONE);
	assert_text(app.name, "w");
	assert_text(app.callback_url, "");
	assert_text(app.access_type, "read");
	assert_int_equal(app.key_expires_in_ms, -1);
	assert_int_equal(app.status, APPROVED); /* read only: taken without effect */
	assert_false(str_given(app.app_id));
	assert_text(attribute_get(&app.attributes, S("tool")), "t");
	assert_text(attribute_get(&app.attributes, S("n")), "");

	struct credential c = { 0 };
	assert_int_equal(model_read_json(a, &credential_noun,
	                                 S("{\"apiProducts\":[\"P\",{\"apiproduct\":\"Q\","
	                                   "\"status\":\"pending\"}]}"),
	                                 MODEL_CREATE, &diag, &c)
	                         .code,
	                 ERR_NONE);
	const struct product_status *p = c.api_products.v;
	assert_text(p[0].apiproduct, "P");
	assert_int_equal(p[1].status, PENDING);
	assert_int_equal(c.expires_at_ms, -1);

	struct api_product product = { .name = S("p"),
		                       .description = S("stays"),
		                       .scopes = { (str[]){ S("s") }, 1 } };
	assert_int_equal(model_read_json(a, &api_product_noun, S("{\"quota\":10,\"scopes\":[]}"),
	                                 MODEL_UPDATE, &diag, &product)
	                         .code,
	                 ERR_NONE);
	assert_text(product.quota, "10");
	assert_text(product.description, "stays");
	assert_int_equal(product.scopes.n, 0);

	struct virtual_host v = { 0 };
	assert_int_equal(
		model_read_json(a, &virtual_host_noun,
	                        S("{\"name\":\"v\",\"port\":443,\"sSLInfo\":{\"enabled\":true}}"),
	                        MODEL_CREATE, &diag, &v)
			.code,
		ERR_NONE);
	assert_text(v.port, "443");
	assert_int_equal(v.ssl->enabled, 1);
	struct developer d = { 0 };
	assert_int_equal(model_read_json(a, &developer_noun,
	                                 S("{\"developerId\":\"id\",\"later\":1}"), MODEL_STORED,
	                                 &diag, &d)
	                         .code,
	                 ERR_NONE);
	assert_text(d.developer_id, "id");
}

static void attributes(void **state)
{
	(void)state;
	struct list l = { 0 };
	str was;
	attribute_set(a, &l, S("a"), S("1"));
	attribute_set(a, &l, S("b"), S("2"));
	struct list before = l;
	attribute_set(a, &l, S("a"), S("3"));
	assert_text(attribute_get(&before, S("a")), "1"); /* the old array is as it was */
	assert_text(attribute_get(&l, S("a")), "3");
	assert_true(attribute_remove(a, &l, S("a"), &was));
	assert_text(was, "3");
	assert_false(attribute_remove(a, &l, S("a"), &was));
	assert_int_equal(l.n, 1);
}

static int start(void **state)
{
	(void)state;
	a = arena_create(0, 0);
	return 0;
}
static int end(void **state)
{
	(void)state;
	arena_destroy(&a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profile), cmocka_unit_test(shapes),     cmocka_unit_test(refused),
		cmocka_unit_test(taken),   cmocka_unit_test(attributes),
	};
	return cmocka_run_group_tests(tests, start, end);
}
