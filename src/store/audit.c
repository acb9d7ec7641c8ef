/* SPDX-License-Identifier: Apache-2.0 */
/* Audit records, a column a member.
 * Two records of one millisecond are kept apart by a random id.
 * Source: store/audit.h. */
#include "store/audit.h"

#include "base/rand.h"
#include "store/inside.h"
#include "store/organizations.h"

static str given(str s) { return str_given(s) ? s : S(""); }

err audit_add(struct store *st, str org, const struct audit_record *r)
{
	struct arena *a = arena_create(256, 0);
	err e = db_exec(st->db,
	                "INSERT INTO audit (org, time_ms, id, operation, request, request_uri, "
	                "response_code,"
	                " user_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
	                DB_ARGS(DB_T(org), DB_I(clock_ms()), DB_T(rand_alnum(a, 12)),
	                        DB_T(given(r->operation)), DB_T(given(r->request)),
	                        DB_T(given(r->request_uri)), DB_T(given(r->response_code)),
	                        DB_T(given(r->user))),
	                NULL);
	arena_destroy(&a);
	return e;
}

err audit_list(struct arena *a, struct store *st, str org, const struct audit_range *range,
               struct list *out)
{
	struct db_rows rows;
	int64_t to = range->to_ms ? range->to_ms : INT64_MAX;
	int64_t n = range->rows ? (int64_t)range->rows : AUDIT_ROWS;
	must(n <= AUDIT_ROWS_MAX);
	TRY(db_query(a, st->db,
	             "SELECT operation, request, request_uri, response_code, time_ms, user_name "
	             "FROM audit"
	             " WHERE org = $1 AND time_ms >= $2 AND time_ms < $3 ORDER BY time_ms DESC, id "
	             "DESC LIMIT $4",
	             DB_ARGS(DB_T(org), DB_I(range->from_ms), DB_I(to), DB_I(n)), &rows));
	struct audit_record *v = arena_array(a, struct audit_record, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		const struct db_value *c = db_row(&rows, i);
		v[i] = (struct audit_record){ c[0].s, c[1].s, c[2].s, c[3].s, c[4].i, c[5].s };
	}
	*out = (struct list){ v, rows.n };
	return DONE;
}

err audit_purge(struct store *st, int64_t before_ms, int64_t *gone)
{
	struct arena *a = arena_create(0, 0);
	struct strs orgs;
	int64_t n;
	*gone = 0;
	err e = organization_list(a, st, &orgs);
	for (size_t i = 0; !e.code && i < orgs.n; i++, *gone += n)
		e = db_exec(st->db,
		            "DELETE FROM audit WHERE org = $1 AND (time_ms, id) IN (SELECT "
		            "time_ms, id FROM"
		            " audit WHERE org = $1 AND time_ms < $2 ORDER BY time_ms LIMIT 1000)",
		            DB_ARGS(DB_T(orgs.v[i]), DB_I(before_ms)), &n);
	arena_destroy(&a);
	return e;
}
