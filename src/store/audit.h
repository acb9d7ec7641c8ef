/* SPDX-License-Identifier: Apache-2.0 */
/* The audit trail of an organization.
 * Records are only added; time_ms is set here.
 * Source: Apigee management API, audits. */
#pragma once

#include "model/audit.h"
#include "store/store.h"

err audit_add(struct store *, str org, const struct audit_record *) MUST_CHECK;
/* Newest first, from <= time < to. */
enum { AUDIT_ROWS = 100, AUDIT_ROWS_MAX = 10000 };
struct audit_range {
	int64_t from_ms, to_ms; /* to 0: now */
	uint64_t rows;          /* at most AUDIT_ROWS_MAX; 0: AUDIT_ROWS */
};
err audit_list(struct arena *, struct store *, str org, const struct audit_range *,
               struct list *out) MUST_CHECK; /* struct audit_record */
/* Drops up to 1,000 records of each organization that are older; *gone 0: nothing left to do. */
err audit_purge(struct store *, int64_t before_ms, int64_t *gone) MUST_CHECK;
