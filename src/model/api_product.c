/* SPDX-License-Identifier: Apache-2.0 */
/* The table of API product.
 * Quota, interval and unit are texts, as Apigee has them; a number is taken too.
 * Source: Apigee management API, apiproducts. */
#include "model/api_product.h"

static const char *const approval_type_names[] = { "auto", "manual", NULL };
static const char *const units[] = { "second", "minute", "hour", "day",
	                             "week",   "month",  "year", NULL };

static const struct field fields[] = {
	FIELD(api_product, api_resources, "apiResources", T_STRS),
	FIELD(api_product, approval_type, "approvalType", T_ENUM, .names = approval_type_names),
	FIELD(api_product, attributes, "attributes", T_LIST, .sub = attribute_fields,
	      .sub_size = sizeof(struct attribute)),
	FIELD(api_product, created_at_ms, "createdAt", T_MS, .read_only = true),
	FIELD(api_product, created_by, "createdBy", T_STR, .read_only = true, .dflt = ""),
	FIELD(api_product, description, "description", T_STR),
	FIELD(api_product, display_name, "displayName", T_STR),
	FIELD(api_product, environments, "environments", T_STRS),
	FIELD(api_product, last_modified_at_ms, "lastModifiedAt", T_MS, .read_only = true),
	FIELD(api_product, last_modified_by, "lastModifiedBy", T_STR, .read_only = true,
	      .dflt = ""),
	FIELD(api_product, name, "name", T_STR),
	FIELD(api_product, proxies, "proxies", T_STRS),
	FIELD(api_product, quota, "quota", T_STR, .max = INT32_MAX),
	FIELD(api_product, quota_interval, "quotaInterval", T_STR, .max = INT32_MAX),
	FIELD(api_product, quota_time_unit, "quotaTimeUnit", T_STR, .names = units),
	FIELD(api_product, scopes, "scopes", T_STRS),
	FIELDS_END,
};

const struct noun api_product_noun = { "ApiProduct", "apiProduct", sizeof(struct api_product),
	                               fields };
