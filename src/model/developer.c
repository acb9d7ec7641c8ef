/* SPDX-License-Identifier: Apache-2.0 */
/* The table of developer.
 * apps and companies are written only; status changes by its own call.
 * Source: Apigee management API, developers. */
#include "model/developer.h"

const char *const developer_status_names[] = { "active", "inactive", NULL };

static const struct field fields[] = {
	FIELD(developer, apps, "apps", T_STRS, .read_only = true),
	FIELD(developer, companies, "companies", T_STRS, .read_only = true),
	FIELD(developer, email, "email", T_STR, .required = true),
	FIELD(developer, developer_id, "developerId", T_STR, .read_only = true),
	FIELD(developer, first_name, "firstName", T_STR, .required = true),
	FIELD(developer, last_name, "lastName", T_STR, .required = true),
	FIELD(developer, user_name, "userName", T_STR, .required = true),
	FIELD(developer, organization_name, "organizationName", T_STR, .read_only = true),
	FIELD(developer, status, "status", T_ENUM, .names = developer_status_names,
	      .read_only = true),
	FIELD(developer, attributes, "attributes", T_LIST, .sub = attribute_fields,
	      .sub_size = sizeof(struct attribute)),
	FIELD(developer, created_at_ms, "createdAt", T_MS, .read_only = true),
	FIELD(developer, created_by, "createdBy", T_STR, .read_only = true, .dflt = ""),
	FIELD(developer, last_modified_at_ms, "lastModifiedAt", T_MS, .read_only = true),
	FIELD(developer, last_modified_by, "lastModifiedBy", T_STR, .read_only = true, .dflt = ""),
	FIELDS_END,
};

const struct noun developer_noun = { "Developer", "developer", sizeof(struct developer), fields };
