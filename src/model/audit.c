/* SPDX-License-Identifier: Apache-2.0 */
/* The table of audit record.
 * Written only.
 * Source: Apigee management API, audits. */
#include "model/audit.h"

static const struct field fields[] = {
	FIELD(audit_record, operation, "operation", T_STR),
	FIELD(audit_record, request, "request", T_STR),
	FIELD(audit_record, request_uri, "requestUri", T_STR),
	FIELD(audit_record, response_code, "responseCode", T_STR),
	FIELD(audit_record, time_ms, "timeStamp", T_MS),
	FIELD(audit_record, user, "user", T_STR),
	FIELDS_END,
};

const struct noun audit_record_noun = { "AuditRecord", "auditRecord", sizeof(struct audit_record),
	                                fields };
