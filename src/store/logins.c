/* SPDX-License-Identifier: Apache-2.0 */
/* Login state of users, a row when there is something to say.
 * A code of the second factor is spent by one conditional UPDATE, so one of many wins.
 * Source: store/logins.h. */
#include "store/logins.h"

#include "store/inside.h"

#define OF_USER " WHERE zone = $1 AND origin = $2 AND name = $3"

struct login_call {
	struct arena *arena;
	struct store *store;
	struct user_key key;
	const char *sql;
	struct db_value v[4]; /* $4 and on */
	size_t n;
};

static str totp_place(struct arena *a, const struct user_key *k)
{
	return str_fmt(a, "totp/%.*s/%.*s/%.*s", STR(k->zone), STR(k->origin), STR(k->name));
}

static void read_times(const struct db_value *c, struct login_state *out)
{
	out->verified = c[1].i != 0;
	out->machine = c[2].i != 0;
	out->must_change = c[3].i != 0;
	out->password_at_ms = c[4].i;
	out->failures = c[5].i;
	out->failed_at_ms = c[6].i;
	out->last_login_at_ms = c[7].i;
	out->previous_login_at_ms = c[8].i;
	out->totp_since_ms = c[10].i;
	out->zone_factor = c[11].i != 0;
	out->account_at_ms = c[12].i;
}

err login_state_get(struct arena *a, struct store *st, const struct user_key *k,
                    struct login_state *out)
{
	struct db_rows rows;
	str name = str_lower(a, k->name);
	TRY(one_row(a, st->db,
	            "SELECT COALESCE(l.rev_salt, ''), COALESCE(l.verified, 1), "
	            "COALESCE(l.machine, 0), COALESCE(l.must_change, 0), "
	            "COALESCE(l.password_at_ms, 0), COALESCE(l.failures, 0), "
	            "COALESCE(l.failed_at_ms, 0), COALESCE(l.last_login_at_ms, 0), "
	            "COALESCE(l.previous_login_at_ms, 0), l.totp_sealed, "
	            "COALESCE(l.totp_since_ms, 0), (SELECT COUNT(*) FROM mfa_provider p WHERE "
	            "p.zone = u.zone AND p.active = 1), u.created_at_ms FROM user_account u LEFT "
	            "JOIN user_login l"
	            " ON l.zone = u.zone AND l.origin = u.origin AND l.name = u.name"
	            " WHERE u.zone = $1 AND u.origin = $2 AND u.name = $3",
	            DB_ARGS(DB_T(k->zone), DB_T(k->origin), DB_T(name)), &rows));
	*out = (struct login_state){ .rev_salt = rows.v[0].s };
	read_times(rows.v, out);
	if (rows.v[9].kind != DB_BLOB)
		return DONE;
	struct user_key key = { k->zone, k->origin, name };
	return seal_open_text(a, st->seal, totp_place(a, &key), rows.v[9].s, &out->totp_secret);
}

/* The row is there first, so that an UPDATE finds it.  ERR_NOT_FOUND: no such user. */
static err run(struct db *tx, void *arg)
{
	struct login_call *c = arg;
	struct db_value all[3 + 4] = { DB_T(c->key.zone), DB_T(c->key.origin), DB_T(c->key.name) };
	for (size_t i = 0; i < c->n; i++)
		all[3 + i] = c->v[i];
	TRY(db_exec(tx,
	            "INSERT INTO user_login (zone, origin, name, rev_salt, verified, machine, "
	            "password_at_ms, must_change, failures, failed_at_ms, totp_step)"
	            " SELECT zone, origin, name, '', 1, 0, 0, 0, 0, 0, 0 FROM user_account" OF_USER
	            " ON CONFLICT (zone, origin, name) DO NOTHING",
	            (struct db_args){ all, 3 }, NULL));
	return exec_one(tx, c->sql, (struct db_args){ all, 3 + c->n });
}

static struct login_call flags_call(const struct user_key *k, const struct login_flags *f)
{
	return (struct login_call){
		.key = *k,
		.sql = "UPDATE user_login SET verified = CASE WHEN $4 < 0 THEN verified ELSE $4 "
		       "END, machine = CASE WHEN $5 < 0 THEN machine ELSE $5 END, must_change = "
		       "CASE WHEN $6 < 0 THEN must_change ELSE $6 END" OF_USER,
		.v = { DB_I(f->verified), DB_I(f->machine), DB_I(f->must_change) },
		.n = 3,
	};
}

err login_flags_write(struct db *tx, const struct user_key *k, const struct login_flags *f)
{
	struct login_call c = flags_call(k, f);
	return f->verified < 0 && f->machine < 0 && f->must_change < 0 ? DONE : run(tx, &c);
}

/* A sealed secret is bound to its place: it is sealed anew for the new one. */
err login_rename(struct arena *a, struct store *st, struct db *tx, const struct user_key *k,
                 str name)
{
	struct db_rows rows;
	str secret;
	struct user_key to = { k->zone, k->origin, name };
	TRY(db_query(a, tx, "SELECT totp_sealed FROM user_login" OF_USER,
	             DB_ARGS(DB_T(k->zone), DB_T(k->origin), DB_T(k->name)), &rows));
	if (!rows.n)
		return DONE;
	struct db_value sealed = DB_NONE;
	if (rows.v[0].kind == DB_BLOB) {
		TRY(seal_open_text(a, st->seal, totp_place(a, k), rows.v[0].s, &secret));
		sealed = DB_B(seal_text(a, st->seal, totp_place(a, &to), secret));
	}
	return exec_one(tx, "UPDATE user_login SET name = $4, totp_sealed = $5" OF_USER,
	                DB_ARGS(DB_T(k->zone), DB_T(k->origin), DB_T(k->name), DB_T(name), sealed));
}

/* change: the other nodes hear of it. */
static err login_run(struct login_call *c, bool change)
{
	struct arena *a = c->arena = arena_create(512, 0);
	c->key.name = str_lower(a, c->key.name);
	struct change f = { .kind = FEED_user, .name = c->key.name };
	err e = change ? store_change(c->store, &f, run, c) : db_tx(c->store->db, run, c);
	arena_destroy(&a);
	return e;
}

err login_failed(struct store *st, const struct user_key *k, int64_t now_ms, int64_t since_ms)
{
	return login_run(&(struct login_call){ .store = st,
	                                       .key = *k,
	                                       .sql = "UPDATE user_login SET failures = CASE WHEN "
	                                              "failed_at_ms < $5 THEN 1 ELSE failures + 1 "
	                                              "END, failed_at_ms = $4" OF_USER,
	                                       .v = { DB_I(now_ms), DB_I(since_ms) },
	                                       .n = 2 },
	                 false);
}

static err note_nobody(struct db *tx, void *arg)
{
	return db_exec(tx,
	               "INSERT INTO mark (name, set_at_ms) VALUES ('a login that failed', $1)"
	               " ON CONFLICT (name) DO UPDATE SET set_at_ms = $1",
	               DB_ARGS(DB_I(*(int64_t *)arg)), NULL);
}

err login_failed_nobody(struct store *st, int64_t now_ms)
{
	return db_tx(st->db, note_nobody, &now_ms);
}

err login_succeeded(struct store *st, const struct user_key *k, str rev_salt, int64_t now_ms)
{
	err e = login_run(&(struct login_call){ .store = st,
	                                        .key = *k,
	                                        .sql = "UPDATE user_login SET failures = 0, "
	                                               "previous_login_at_ms = last_login_at_ms, "
	                                               "last_login_at_ms = $4" OF_USER
	                                               " AND rev_salt = $5",
	                                        .v = { DB_I(now_ms), DB_T(rev_salt) },
	                                        .n = 2 },
	                  false);
	return e.code == ERR_NOT_FOUND ? FAIL(ERR_CONFLICT) : e;
}

err login_unlock(struct store *st, const struct user_key *k)
{
	return login_run(
		&(struct login_call){ .store = st,
	                              .key = *k,
	                              .sql = "UPDATE user_login SET failures = 0" OF_USER },
		true);
}

err login_flags_set(struct store *st, const struct user_key *k, const struct login_flags *f)
{
	struct login_call c = flags_call(k, f);
	c.store = st;
	return login_run(&c, true);
}

err login_totp_set(struct store *st, const struct user_key *k, str secret, int64_t now_ms)
{
	struct arena *a = arena_create(512, 0);
	struct user_key key = { k->zone, k->origin, str_lower(a, k->name) };
	bool on = str_given(secret);
	struct login_call c = {
		.store = st,
		.key = key,
		.sql = "UPDATE user_login SET totp_sealed = $4, totp_since_ms = $5, totp_step = "
		       "0" OF_USER,
		.v = { on ? DB_B(seal_text(a, st->seal, totp_place(a, &key), secret)) : DB_NONE,
		       on ? DB_I(now_ms) : DB_NONE },
		.n = 2
	};
	err e = login_run(&c, true);
	arena_destroy(&a);
	return e;
}

err login_totp_spend(struct store *st, const struct user_key *k, int64_t step)
{
	err e = login_run(
		&(struct login_call){ .store = st,
	                              .key = *k,
	                              .sql = "UPDATE user_login SET totp_step = $4" OF_USER
	                                     " AND totp_step < $4",
	                              .v = { DB_I(step) },
	                              .n = 1 },
		false);
	return e.code == ERR_NOT_FOUND ? FAIL(ERR_CONFLICT) : e;
}
