/* SPDX-License-Identifier: Apache-2.0 */
/* A developer: who owns apps.  Found by id or by e-mail address; the address is unique in its
 * organization whatever its case.
 * Source: Apigee management API, developers. */
#pragma once

#include "model/noun.h"

enum developer_status { DEVELOPER_ACTIVE, DEVELOPER_INACTIVE };
extern const char *const developer_status_names[]; /* "active", "inactive" */

struct developer {
	struct strs apps;      /* read only: names */
	struct strs companies; /* read only */
	str email, developer_id, first_name, last_name, user_name, organization_name;
	int status; /* enum developer_status */
	struct list attributes;
	int64_t created_at_ms;
	str created_by;
	int64_t last_modified_at_ms;
	str last_modified_by;
};

extern const struct noun developer_noun;
