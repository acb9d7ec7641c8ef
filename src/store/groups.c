/* SPDX-License-Identifier: Apache-2.0 */
/* Groups and who is in them.
 * Groups in groups are followed a level at a time, at most DEPTH_MAX, each group once.
 * Source: store/groups.h. */
#include "store/groups.h"

#include "store/inside.h"

#define COLUMNS "id, name, description, version, created_at_ms, last_modified_at_ms"
#define KEY_ARGS(k) DB_T((k)->zone), DB_T((k)->id)

enum { DEPTH_MAX = 10 };

struct group_call {
	struct arena *arena;
	struct group_key key;
	const struct group_put *put;
	const struct group_member *member;
	str member_id;
};

/* ---- who is in what ---- */
/* CROSS: SQLite would walk all groups in the order of their names, and look whether he is in each. */
static err groups_with(struct arena *a, struct db *db, str zone, str member, struct db_rows *rows)
{
	return db_query(
		a, db,
		"SELECT g.id, g.name FROM sso_member m CROSS JOIN sso_group g WHERE g.zone = "
		"m.zone AND g.id = m.group_id AND m.zone = $1 AND m.member_id = $2 ORDER BY g.name",
		DB_ARGS(DB_T(zone), DB_T(member)), rows);
}

struct walk {
	struct arena *arena;
	str zone;
	struct strs seen, next;
	VEC(struct membership) found;
};

static err walk_from(struct walk *w, struct db *db, str member, bool direct)
{
	struct db_rows rows;
	TRY(groups_with(w->arena, db, w->zone, member, &rows));
	for (size_t r = 0; r < rows.n; r++) {
		const struct db_value *c = db_row(&rows, r);
		if (strs_have(&w->seen, c[0].s))
			continue;
		strs_add(w->arena, &w->seen, c[0].s);
		strs_add(w->arena, &w->next, c[0].s);
		VEC_PUSH(w->arena, &w->found, (struct membership){ c[0].s, c[1].s, direct });
	}
	return DONE;
}

err memberships_of(struct arena *a, struct store *st, str zone, str user_id, struct list *out)
{
	struct walk w = { .arena = a, .zone = zone };
	struct strs level = { &user_id, 1 };
	for (int depth = 0; level.n && depth < DEPTH_MAX; depth++) {
		w.next = (struct strs){ 0 };
		for (size_t i = 0; i < level.n; i++)
			TRY(walk_from(&w, st->db, level.v[i], depth == 0));
		level = w.next;
	}
	*out = (struct list){ w.found.v, w.found.n };
	return DONE;
}

err group_names_of(struct arena *a, struct store *st, str zone, str user_id, struct strs *names)
{
	struct list all;
	TRY(memberships_of(a, st, zone, user_id, &all));
	*names = (struct strs){ arena_array(a, str, all.n + 1), 0 };
	LIST_EACH(const struct membership, m, &all)
		names->v[names->n++] = m->name;
	return DONE;
}

/* ---- groups ---- */
static struct group group_of(const struct db_value *c)
{
	return (struct group){ c[0].s, c[1].s, c[2].s, c[3].i, c[4].i, c[5].i };
}

static err insert_member(struct db *tx, const struct group_key *k, const struct group_member *m)
{
	return db_exec(tx,
	               "INSERT INTO sso_member (zone, group_id, member_id, origin, kind)"
	               " VALUES ($1, $2, $3, $4, $5)",
	               DB_ARGS(KEY_ARGS(k), DB_T(m->id), DB_T(m->origin),
	                       DB_T(m->is_group ? S("GROUP") : S("USER"))),
	               NULL);
}

static err insert_members(struct db *tx, const struct group_call *c)
{
	LIST_EACH(const struct group_member, m, &c->put->members)
		TRY(insert_member(tx, &c->key, m));
	return DONE;
}

static err insert_group(struct db *tx, void *arg)
{
	const struct group_call *c = arg;
	const struct group *g = c->put->group;
	TRY(db_exec(
		tx, "INSERT INTO sso_group (zone, " COLUMNS ") VALUES ($1, $2, $3, $4, 0, $5, $5)",
		DB_ARGS(KEY_ARGS(&c->key), DB_T(g->name), DB_T(g->description), DB_I(clock_ms())),
		NULL));
	return insert_members(tx, c);
}

err group_create(struct store *st, str zone, const struct group_put *put)
{
	struct group_call c = { .key = { zone, put->group->id }, .put = put };
	return db_tx(st->db, insert_group, &c);
}

static err read_group(struct arena *a, struct db *db, const struct group_key *k, struct group *out)
{
	struct db_rows rows;
	TRY(one_row(a, db, "SELECT " COLUMNS " FROM sso_group WHERE zone = $1 AND id = $2",
	            DB_ARGS(KEY_ARGS(k)), &rows));
	*out = group_of(rows.v);
	return DONE;
}

static err update_group(struct db *tx, void *arg)
{
	struct group_call *c = arg;
	const struct group *g = c->put->group;
	struct group was;
	TRY(read_group(c->arena, tx, &c->key, &was));
	if (c->put->version >= 0 && c->put->version != was.version)
		return FAIL(ERR_DENIED);
	TRY(exec_one(
		tx,
		"UPDATE sso_group SET name = $3, description = $4, version = version + 1,"
		" last_modified_at_ms = $5 WHERE zone = $1 AND id = $2",
		DB_ARGS(KEY_ARGS(&c->key), DB_T(g->name), DB_T(g->description), DB_I(clock_ms()))));
	TRY(db_exec(tx, "DELETE FROM sso_member WHERE zone = $1 AND group_id = $2",
	            DB_ARGS(KEY_ARGS(&c->key)), NULL));
	return insert_members(tx, c);
}

err group_replace(struct store *st, str zone, const struct group_put *put)
{
	struct arena *a = arena_create(512, 0);
	struct group_call c = { .arena = a, .key = { zone, put->group->id }, .put = put };
	err e = db_tx(st->db, update_group, &c);
	arena_destroy(&a);
	return e;
}

err group_get(struct arena *a, struct store *st, const struct group_key *k, struct group *out)
{
	return read_group(a, st->db, k, out);
}

err group_list(struct arena *a, struct store *st, const struct group_page *p, struct list *out)
{
	struct db_rows rows;
	TRY(db_query(a, st->db,
	             "SELECT " COLUMNS " FROM sso_group WHERE zone = $1 AND name > $2"
	             " ORDER BY name LIMIT $3",
	             DB_ARGS(DB_T(p->zone), DB_T(str_given(p->after) ? p->after : S("")),
	                     DB_I(p->count)),
	             &rows));
	struct group *v = arena_array(a, struct group, rows.n + 1);
	*out = (struct list){ v, rows.n };
	for (size_t i = 0; i < rows.n; i++)
		v[i] = group_of(db_row(&rows, i));
	return DONE;
}

static err delete_group(struct db *tx, void *arg)
{
	struct group_call *c = arg;
	struct db_args key = DB_ARGS(KEY_ARGS(&c->key));
	TRY(db_exec(tx, "DELETE FROM sso_member WHERE zone = $1 AND member_id = $2", key, NULL));
	TRY(db_exec(tx, "DELETE FROM sso_member WHERE zone = $1 AND group_id = $2", key, NULL));
	return exec_one(tx, "DELETE FROM sso_group WHERE zone = $1 AND id = $2", key);
}

err group_delete(struct store *st, const struct group_key *k)
{
	struct group_call c = { .key = *k };
	return db_tx(st->db, delete_group, &c);
}

/* ---- members ---- */
#define MEMBERS "FROM sso_member WHERE zone = $1 AND group_id = $2"
#define MEMBER_COLUMNS "member_id, origin, kind "

static struct group_member member_of(const struct db_value *c)
{
	return (struct group_member){ c[0].s, c[1].s, str_eq(c[2].s, S("GROUP")) };
}

err group_members(struct arena *a, struct store *st, const struct group_key *k, struct list *out)
{
	struct db_rows rows;
	TRY(db_query(a, st->db, "SELECT " MEMBER_COLUMNS MEMBERS " ORDER BY member_id",
	             DB_ARGS(KEY_ARGS(k)), &rows));
	struct group_member *v = arena_array(a, struct group_member, rows.n + 1);
	*out = (struct list){ v, rows.n };
	for (size_t i = 0; i < rows.n; i++)
		v[i] = member_of(db_row(&rows, i));
	return DONE;
}

err group_member_get(struct arena *a, struct store *st, const struct group_key *k, str member_id,
                     struct group_member *out)
{
	struct db_rows rows;
	TRY(one_row(a, st->db, "SELECT " MEMBER_COLUMNS MEMBERS " AND member_id = $3",
	            DB_ARGS(KEY_ARGS(k), DB_T(member_id)), &rows));
	*out = member_of(rows.v);
	return DONE;
}

static err touch(struct db *tx, const struct group_key *k)
{
	return exec_one(tx,
	                "UPDATE sso_group SET version = version + 1, last_modified_at_ms = $3"
	                " WHERE zone = $1 AND id = $2",
	                DB_ARGS(KEY_ARGS(k), DB_I(clock_ms())));
}

static err add_member(struct db *tx, void *arg)
{
	const struct group_call *c = arg;
	struct db_rows rows;
	TRY(touch(tx, &c->key));
	TRY(one_row(c->arena, tx, "SELECT count(*) " MEMBERS, DB_ARGS(KEY_ARGS(&c->key)), &rows));
	if (rows.v[0].i >= GROUP_MEMBERS_MAX)
		return FAIL(ERR_LIMIT);
	return insert_member(tx, &c->key, c->member);
}

err group_member_add(struct store *st, const struct group_key *k, const struct group_member *m)
{
	struct arena *a = arena_create(512, 0);
	struct group_call c = { .arena = a, .key = *k, .member = m };
	err e = db_tx(st->db, add_member, &c);
	arena_destroy(&a);
	return e;
}

static err remove_member(struct db *tx, void *arg)
{
	const struct group_call *c = arg;
	TRY(touch(tx, &c->key));
	return exec_one(tx, "DELETE " MEMBERS " AND member_id = $3",
	                DB_ARGS(KEY_ARGS(&c->key), DB_T(c->member_id)));
}

err group_member_remove(struct store *st, const struct group_key *k, str member_id)
{
	struct group_call c = { .key = *k, .member_id = member_id };
	return db_tx(st->db, remove_member, &c);
}
