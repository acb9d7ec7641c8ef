/* SPDX-License-Identifier: Apache-2.0 */
/* The audit trail: who changed what.
 * Records never hold a secret: they were masked when they were written.
 * Source: Apigee Edge management API, audits. */
#include "store/audit.h"

#include "management/resources.h"

struct message *audits_list(struct api *q)
{
	struct audit_range range = { 0 };
	struct list records = { 0 };
	str from = api_query(q, "startTime"), to = api_query(q, "endTime"),
	    rows = api_query(q, "rows");
	if ((str_given(from) && !str_to_i64(from, &range.from_ms)) ||
	    (str_given(to) && !str_to_i64(to, &range.to_ms)))
		return answer_error(q, 400, "management.InvalidQuery",
		                    "startTime and endTime are milliseconds");
	if (str_given(rows) && (!str_to_u64(rows, &range.rows) || range.rows > AUDIT_ROWS_MAX))
		return answer_error(q, 400, "management.InvalidQuery", "rows is a number up to %d",
		                    AUDIT_ROWS_MAX);
	err e = audit_list(q->arena, q->store, q->org, &range, &records);
	return e.code ? answer_trouble(q, e) : answer_list(q, &audit_record_noun, &records);
}
