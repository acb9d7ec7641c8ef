/* SPDX-License-Identifier: Apache-2.0 */
/* Browser sessions, a row each.
 * A session that is deleted is gone for every node with the commit.
 * Source: store/sessions.h. */
#include "store/sessions.h"

#include "codec/digest.h"
#include "store/inside.h"

enum { DIGEST = 32 };

static str digest_of(str text, unsigned char sum[DIGEST])
{
	sha256(text, sum);
	return str_from(sum, DIGEST);
}

err session_put(struct store *st, str zone, str text, const struct session_row *s)
{
	unsigned char sum[DIGEST];
	return db_exec(st->db,
	               "INSERT INTO sso_session (zone, mac, user_id, doc, expires_at_ms)"
	               " VALUES ($1, $2, $3, $4, $5)",
	               DB_ARGS(DB_T(zone), DB_B(digest_of(text, sum)), DB_T(s->user_id),
	                       DB_T(s->doc), DB_I(s->expires_at_ms)),
	               NULL);
}

err session_get(struct arena *a, struct store *st, str zone, str text, int64_t now_ms,
                struct session_row *out)
{
	unsigned char sum[DIGEST];
	struct db_rows rows;
	TRY(one_row(
		a, st->db,
		"SELECT user_id, doc, expires_at_ms FROM sso_session WHERE zone = $1 AND mac = $2"
		" AND expires_at_ms > $3",
		DB_ARGS(DB_T(zone), DB_B(digest_of(text, sum)), DB_I(now_ms)), &rows));
	*out = (struct session_row){ rows.v[0].s, rows.v[1].s, rows.v[2].i };
	return DONE;
}

err session_delete(struct store *st, str zone, str text)
{
	unsigned char sum[DIGEST];
	return db_exec(st->db, "DELETE FROM sso_session WHERE zone = $1 AND mac = $2",
	               DB_ARGS(DB_T(zone), DB_B(digest_of(text, sum))), NULL);
}

err sessions_delete_of(struct store *st, str zone, str user_id)
{
	return db_exec(st->db, "DELETE FROM sso_session WHERE zone = $1 AND user_id = $2",
	               DB_ARGS(DB_T(zone), DB_T(user_id)), NULL);
}

err session_purge(struct store *st, int64_t now_ms, int64_t *gone)
{
	return db_exec(
		st->db,
		"DELETE FROM sso_session WHERE (zone, mac) IN (SELECT zone, mac FROM sso_session"
		" WHERE expires_at_ms < $1 LIMIT 1000)",
		DB_ARGS(DB_I(now_ms)), gone);
}
