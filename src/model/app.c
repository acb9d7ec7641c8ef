/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of app and credential.
 * An app writes exactly the keys of the profile in Apigee's document, "apiProducts" always empty.
 * Source: Apigee, "default OAuth configuration"; management API, apps. */
#include "model/app.h"

static const struct field product_status_fields[] = {
	FIELD(product_status, apiproduct, "apiproduct", T_STR, .required = true),
	FIELD(product_status, status, "status", T_ENUM, .names = approval_names),
	FIELDS_END,
};

static const struct field credential_fields[] = {
	FIELD(credential, api_products, "apiProducts", T_LIST, .sub = product_status_fields,
	      .sub_size = sizeof(struct product_status), .min = 1),
	FIELD(credential, attributes, "attributes", T_LIST, .sub = attribute_fields,
	      .sub_size = sizeof(struct attribute)),
	FIELD(credential, consumer_key, "consumerKey", T_STR),
	FIELD(credential, consumer_secret, "consumerSecret", T_STR),
	FIELD(credential, expires_at_ms, "expiresAt", T_INT, .dflt = "-1"),
	FIELD(credential, issued_at_ms, "issuedAt", T_MS, .read_only = true),
	FIELD(credential, scopes, "scopes", T_STRS),
	FIELD(credential, status, "status", T_ENUM, .names = approval_names, .read_only = true),
	FIELDS_END,
};

static const struct field app_fields[] = {
	FIELD(app, access_type, "accessType", T_STR, .dflt = "read"),
	FIELD(app, api_products, "apiProducts", T_STRS),
	FIELD(app, app_family, "appFamily", T_STR, .dflt = "default"),
	FIELD(app, app_id, "appId", T_STR, .read_only = true),
	FIELD(app, attributes, "attributes", T_LIST, .sub = attribute_fields,
	      .sub_size = sizeof(struct attribute)),
	FIELD(app, callback_url, "callbackUrl", T_STR, .dflt = ""),
	FIELD(app, created_at_ms, "createdAt", T_MS, .read_only = true),
	FIELD(app, created_by, "createdBy", T_STR, .read_only = true, .dflt = ""),
	FIELD(app, credentials, "credentials", T_LIST, .sub = credential_fields,
	      .sub_size = sizeof(struct credential), .read_only = true),
	FIELD(app, developer_id, "developerId", T_STR, .read_only = true),
	FIELD(app, last_modified_at_ms, "lastModifiedAt", T_MS, .read_only = true),
	FIELD(app, last_modified_by, "lastModifiedBy", T_STR, .read_only = true, .dflt = ""),
	FIELD(app, name, "name", T_STR, .required = true),
	FIELD(app, scopes, "scopes", T_STRS),
	FIELD(app, status, "status", T_ENUM, .names = approval_names, .read_only = true),
	FIELD(app, key_expires_in_ms, "keyExpiresIn", T_INT, .input_only = true, .min = -1,
	      .max = INT64_MAX / 2),
	FIELDS_END,
};

const struct noun app_noun = { "App", "app", sizeof(struct app), app_fields };
const struct noun credential_noun = { "Credential", "credential", sizeof(struct credential),
	                              credential_fields };

int64_t app_key_expires_at_ms(const struct app *app, int64_t now_ms)
{
	return app->key_expires_in_ms > 0 ? now_ms + app->key_expires_in_ms : -1;
}

struct credential *app_credential(const struct app *app, str key)
{
	LIST_EACH(struct credential, c, &app->credentials)
		if (str_eq(c->consumer_key, key))
			return c;
	return NULL;
}
