/* SPDX-License-Identifier: Apache-2.0 */
/* The example of Apigee's own documents: weatherapi, PremiumWeatherAPI, ahamilton, weatherapp.
 * Made once per store: what a person deletes of it stays deleted.
 * Source: Apigee Edge, "Securing APIs with OAuth: client credentials" (app profile). */
#include "main/bootstrap.h"

#include "store/apps.h"
#include "store/developers.h"
#include "store/products.h"

#define DEVELOPER S("ahamilton@example.com")
#define PRODUCT S("PremiumWeatherAPI")

static err make_product(struct seed *s)
{
	str proxies[] = { S("weatherapi") };
	struct attribute attributes[] = { { S("access"), S("public") } };
	struct api_product p = {
		.name = PRODUCT,
		.display_name = S("Premium Weather API"),
		.description = S("The weather, for apps that show a token"),
		.approval_type = APPROVAL_AUTO,
		.proxies = { proxies, 1 },
		.attributes = { attributes, 1 },
		.created_by = s->by,
		.last_modified_by = s->by,
	};
	return seed_made(product_create(s->store, s->org, &p));
}

static err make_developer(struct seed *s)
{
	struct developer d = {
		.email = DEVELOPER,
		.first_name = S("Anne"),
		.last_name = S("Hamilton"),
		.user_name = S("ahamilton"),
		.status = DEVELOPER_ACTIVE,
		.created_by = s->by,
		.last_modified_by = s->by,
	};
	return seed_made(developer_create(s->arena, s->store, s->org, &d));
}

static err make_app(struct seed *s)
{
	struct product_status product = { PRODUCT, APPROVED };
	struct credential credential = {
		.consumer_key = S("bBGAQrXgivA9lKu7NMPyoYpVKNhGar6K"),
		.consumer_secret = S("hAr4Gn0gA9vAyvI4"),
		.api_products = { &product, 1 },
	};
	struct app app = {
		.name = S("weatherapp"),
		.access_type = S("read"),
		.callback_url = S(""),
		.app_family = S("default"),
		.credentials = { &credential, 1 },
		.created_by = s->by,
		.last_modified_by = s->by,
	};
	str missing = STR_NONE;
	return seed_made(app_create(s->arena, s->store, s->org, DEVELOPER, &app, &missing));
}

static err make_all(void *arg)
{
	struct seed *s = arg;
	TRY(seed_import(s, "weatherapi"));
	TRY(seed_deploy(s, "weatherapi", "test"));
	TRY(make_product(s));
	TRY(make_developer(s));
	return make_app(s);
}

err demo_run(struct seed *s) { return seed_once(s, S("demo"), make_all, s); }
