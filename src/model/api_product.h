/* SPDX-License-Identifier: Apache-2.0 */
/* An API product: which proxies, paths and environments its keys open, and its quota.
 * Empty proxies, environments or api_resources mean: all.
 * Source: Apigee management API, apiproducts. */
#pragma once

#include "model/noun.h"

enum approval_type { APPROVAL_AUTO, APPROVAL_MANUAL };

struct api_product {
	struct strs api_resources;
	int approval_type; /* enum approval_type */
	struct list attributes;
	int64_t created_at_ms;
	str created_by, description, display_name;
	struct strs environments;
	int64_t last_modified_at_ms;
	str last_modified_by, name;
	struct strs proxies;
	str quota, quota_interval, quota_time_unit; /* texts, as Apigee has them; STR_NONE: none */
	struct strs scopes;
};

extern const struct noun api_product_noun;
