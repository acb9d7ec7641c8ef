/* SPDX-License-Identifier: Apache-2.0 */
/* Groups and who is in them.
 * Groups in groups are followed a level at a time, at most DEPTH_MAX, each group once.
 * Source: store/groups.h. */
#include "store/groups.h"

#include "store/inside.h"

enum { DEPTH_MAX = 10 };

static err groups_with(struct arena *a, struct db *db, str zone, str member, struct db_rows *rows)
{
	return db_query(a, db,
	                "SELECT g.id, g.name FROM sso_member m JOIN sso_group g ON g.zone = m.zone AND "
	                "g.id = m.group_id WHERE m.zone = $1 AND m.member_id = $2 ORDER BY g.name",
	                DB_ARGS(DB_T(zone), DB_T(member)), rows);
}

err group_names_of(struct arena *a, struct store *st, str zone, str user_id, struct strs *names)
{
	struct strs level = { &user_id, 1 }, seen = { 0 };
	*names = (struct strs){ 0 };
	for (int depth = 0; level.n && depth < DEPTH_MAX; depth++) {
		struct strs next = { 0 };
		for (size_t i = 0; i < level.n; i++) {
			struct db_rows rows;
			TRY(groups_with(a, st->db, zone, level.v[i], &rows));
			for (size_t r = 0; r < rows.n; r++) {
				const struct db_value *c = db_row(&rows, r);
				if (strs_have(&seen, c[0].s))
					continue;
				strs_add(a, &seen, c[0].s);
				strs_add(a, &next, c[0].s);
				strs_add(a, names, c[1].s);
			}
		}
		level = next;
	}
	return DONE;
}
