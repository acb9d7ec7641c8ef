/* SPDX-License-Identifier: Apache-2.0 */
/* Users, password hashes and roles, a column a member.
 * A user's key is (zone, origin, lower-case name), so nobody is two users by the case of a letter.
 * Source: store/users.h. */
#include "store/users.h"

#include "base/rand.h"
#include "store/inside.h"

#define KEY_ARGS(k) DB_T((k)->zone), DB_T((k)->origin), DB_T((k)->name)

enum { REV_SALT = 16 };

struct user_call {
	struct arena *arena;
	struct store *store;
	const struct user_key *key;
	struct user *user;
	const struct user_start *start; /* NULL: the account alone */
	struct edit *edit;
	str org, role, hash;
	str salt; /* of rev_sig, drawn with the password */
};

static struct change change_of(const struct user_key *k, str org)
{
	return (struct change){ .kind = FEED_user, .org = org, .name = k->name };
}

static err write_password(struct db *tx, void *arg);

static err insert_user(struct db *tx, void *arg)
{
	struct user_call *c = arg;
	const struct user *u = c->user;
	TRY(db_exec(tx,
	            "INSERT INTO user_account (zone, origin, name, id, email, first_name, "
	            "last_name, active,"
	            " created_at_ms, last_modified_at_ms, external_id, phone) VALUES ($1, $2, "
	            "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
	            DB_ARGS(KEY_ARGS(&u->key), DB_T(u->id), DB_T(u->email), DB_T(u->first_name),
	                    DB_T(u->last_name), DB_I(u->active), DB_I(u->created_at_ms),
	                    DB_I(u->last_modified_at_ms), DB_T(u->external_id), DB_T(u->phone)),
	            NULL));
	if (!c->start)
		return DONE;
	TRY(login_flags_write(tx, c->key, &c->start->flags));
	return str_given(c->hash) ? write_password(tx, c) : DONE;
}

static str given(str s) { return str_given(s) ? s : S(""); }

err user_create_with(struct store *st, const struct user *in, const struct user_start *start)
{
	struct arena *a = arena_create(0, 0);
	struct user u = *in;
	struct user_call call = { .arena = a, .key = &u.key, .user = &u, .start = start };
	call.hash = start ? start->hash : STR_NONE;
	call.salt = rand_alnum(a, REV_SALT);
	u.key.name = str_lower(a, u.key.name);
	u.id = u.id.n ? u.id : rand_uuid(a);
	u.email = given(u.email);
	u.first_name = given(u.first_name);
	u.last_name = given(u.last_name);
	u.created_at_ms = u.last_modified_at_ms = clock_ms();
	struct change c = change_of(&u.key, STR_NONE);
	err e = store_change(st, &c, insert_user, &call);
	arena_destroy(&a);
	return e;
}

err user_create(struct store *st, const struct user *u) { return user_create_with(st, u, NULL); }

#define COLUMNS                                                                          \
	"id, email, first_name, last_name, active, created_at_ms, last_modified_at_ms, " \
	"version, external_id, phone"

static struct user user_of(const struct user_key *k, const struct db_value *c)
{
	return (struct user){ .key = *k,
		              .id = c[0].s,
		              .email = c[1].s,
		              .first_name = c[2].s,
		              .last_name = c[3].s,
		              .active = c[4].i != 0,
		              .created_at_ms = c[5].i,
		              .last_modified_at_ms = c[6].i,
		              .version = c[7].i,
		              .external_id = c[8].s,
		              .phone = c[9].s };
}

static err read_user(struct arena *a, struct db *db, const struct user_key *k, struct user **out)
{
	struct db_rows rows;
	struct user_key key = { str_dup(a, k->zone), str_dup(a, k->origin), str_dup(a, k->name) };
	TRY(one_row(a, db,
	            "SELECT " COLUMNS " FROM user_account WHERE zone = $1 AND origin = $2 AND "
	            "name = $3",
	            DB_ARGS(KEY_ARGS(k)), &rows));
	*out = arena_new(a, struct user);
	**out = user_of(&key, rows.v);
	return DONE;
}

static struct user_key lower(struct arena *a, const struct user_key *k)
{
	return (struct user_key){ k->zone, k->origin, str_lower(a, k->name) };
}

err user_get(struct arena *a, struct store *st, const struct user_key *k, struct user **out)
{
	struct user_key key = lower(a, k);
	return read_user(a, st->db, &key, out);
}

err user_by_id(struct arena *a, struct store *st, str zone, str id, struct user **out)
{
	struct db_rows rows;
	TRY(one_row(a, st->db, "SELECT origin, name FROM user_account WHERE id = $1 AND zone = $2",
	            DB_ARGS(DB_T(id), DB_T(zone)), &rows));
	return read_user(a, st->db, &(struct user_key){ zone, rows.v[0].s, rows.v[1].s }, out);
}

err user_list(struct arena *a, struct store *st, str zone, const struct page *p, struct strs *names)
{
	return names_query(a, st->db,
	                   "SELECT DISTINCT name FROM user_account WHERE zone = $1 AND name >= $2 "
	                   "ORDER BY name LIMIT $3",
	                   DB_ARGS(DB_T(zone), DB_T(page_start(p)), DB_I(page_count(p))), names);
}

#define ROWS_OF                                                                      \
	"SELECT " COLUMNS ", name FROM user_account WHERE zone = $1 AND origin = $2" \
	" AND name > $3"
#define ROWS_END " ORDER BY name LIMIT $4"

err user_rows(struct arena *a, struct store *st, const struct user_page *p, struct list *out)
{
	struct db_rows rows;
	str after = given(p->after.name), email = str_lower(a, p->email);
	struct db_value v[] = { DB_T(p->after.zone), DB_T(p->after.origin), DB_T(after),
		                DB_I(p->count), DB_T(email) };
	if (str_given(p->email))
		TRY(db_query(a, st->db, ROWS_OF " AND lower(email) = $5" ROWS_END,
		             (struct db_args){ v, 5 }, &rows));
	else
		TRY(db_query(a, st->db, ROWS_OF ROWS_END, (struct db_args){ v, 4 }, &rows));
	struct user *u = arena_array(a, struct user, rows.n + 1);
	*out = (struct list){ u, rows.n };
	for (size_t i = 0; i < rows.n; i++) {
		const struct db_value *c = db_row(&rows, i);
		struct user_key key = { p->after.zone, p->after.origin, c[10].s };
		u[i] = user_of(&key, c);
	}
	return DONE;
}

/* Rows of other tables hang on the name: a copy of the account takes them over, then the id. */
static err rename_user(struct user_call *c, struct db *tx, str name)
{
	const struct user_key *k = c->key, to = { k->zone, k->origin, name };
	TRY(db_exec(
		tx,
		"INSERT INTO user_account (zone, origin, name, id, email, first_name, last_name,"
		" active, password, created_at_ms, last_modified_at_ms, version, external_id,"
		" phone) SELECT zone, origin, $4, 'moving ' || id, email, first_name, last_name,"
		" active, password, created_at_ms, last_modified_at_ms, version, external_id,"
		" phone FROM user_account WHERE zone = $1 AND origin = $2 AND name = $3",
		DB_ARGS(KEY_ARGS(k), DB_T(name)), NULL));
	TRY(db_exec(tx,
	            "UPDATE user_role SET name = $4 WHERE zone = $1 AND origin = $2 AND name = $3",
	            DB_ARGS(KEY_ARGS(k), DB_T(name)), NULL));
	TRY(login_rename(c->arena, c->store, tx, k, name));
	TRY(exec_one(tx, "DELETE FROM user_account WHERE zone = $1 AND origin = $2 AND name = $3",
	             DB_ARGS(KEY_ARGS(k))));
	return exec_one(tx,
	                "UPDATE user_account SET id = substr(id, 8)"
	                " WHERE zone = $1 AND origin = $2 AND name = $3",
	                DB_ARGS(KEY_ARGS(&to)));
}

static err update_user(struct db *tx, const struct user *u)
{
	return exec_one(
		tx,
		"UPDATE user_account SET email = $4, first_name = $5, last_name = $6, active = $7,"
		" last_modified_at_ms = $8, version = $9, external_id = $10, phone = $11"
		" WHERE zone = $1 AND origin = $2 AND name = $3",
		DB_ARGS(KEY_ARGS(&u->key), DB_T(given(u->email)), DB_T(given(u->first_name)),
	                DB_T(given(u->last_name)), DB_I(u->active), DB_I(u->last_modified_at_ms),
	                DB_I(u->version), DB_T(u->external_id), DB_T(u->phone)));
}

static err edit_user(struct db *tx, void *arg)
{
	struct user_call *c = arg;
	TRY(read_user(c->arena, tx, c->key, &c->user));
	const struct user was = *c->user;
	struct user_edit edit = { was, { -1, -1, -1 } };
	TRY(c->edit->fn(c->arena, &edit, c->edit->arg));
	str name = str_lower(c->arena, edit.user.key.name);
	*c->user = edit.user;
	c->user->key = (struct user_key){ was.key.zone, was.key.origin, name };
	c->user->id = was.id;
	c->user->last_modified_at_ms = clock_ms();
	c->user->version = was.version + 1;
	if (!str_eq(name, was.key.name))
		TRY(rename_user(c, tx, name));
	TRY(login_flags_write(tx, &c->user->key, &edit.flags));
	return update_user(tx, c->user);
}

err user_change(struct arena *a, struct store *st, const struct user_key *k, struct edit *edit,
                struct user **out)
{
	struct user_key key = lower(a, k);
	struct user_call call = { .arena = a, .store = st, .key = &key, .edit = edit };
	struct change c = change_of(&key, STR_NONE);
	TRY(store_change(st, &c, edit_user, &call));
	*out = call.user;
	return DONE;
}

/* What a user leaves behind in tables that know an id alone. */
static const char *const user_leftovers[] = {
	"DELETE FROM sso_member WHERE zone = $1 AND member_id = $2",
	"DELETE FROM approval WHERE zone = $1 AND user_id = $2",
	"DELETE FROM sso_session WHERE zone = $1 AND user_id = $2",
	"DELETE FROM sso_token WHERE zone = $1 AND user_id = $2",
	"DELETE FROM one_time_code WHERE zone = $1 AND owner = $2",
};

static err delete_user(struct db *tx, void *arg)
{
	struct user_call *c = arg;
	struct user *user;
	TRY(read_user(c->arena, tx, c->key, &user));
	for (size_t i = 0; i < sizeof user_leftovers / sizeof *user_leftovers; i++)
		TRY(db_exec(tx, user_leftovers[i], DB_ARGS(DB_T(c->key->zone), DB_T(user->id)),
		            NULL));
	return exec_one(tx,
	                "DELETE FROM user_account WHERE zone = $1 AND origin = $2 AND name = $3",
	                DB_ARGS(KEY_ARGS(c->key)));
}

static err write_password(struct db *tx, void *arg)
{
	struct user_call *c = arg;
	TRY(exec_one(tx,
	             "UPDATE user_account SET password = $4, last_modified_at_ms = $5"
	             " WHERE zone = $1 AND origin = $2 AND name = $3",
	             DB_ARGS(KEY_ARGS(c->key), DB_T(c->hash), DB_I(clock_ms()))));
	return db_exec(tx,
	               "INSERT INTO user_login (zone, origin, name, rev_salt, verified, machine, "
	               "password_at_ms, must_change, failures, failed_at_ms, totp_step)"
	               " VALUES ($1, $2, $3, $4, 1, 0, $5, 0, 0, 0, 0)"
	               " ON CONFLICT (zone, origin, name) DO UPDATE SET rev_salt = $4, "
	               "password_at_ms = $5, must_change = 0",
	               DB_ARGS(KEY_ARGS(c->key), DB_T(c->salt), DB_I(clock_ms())), NULL);
}

static err insert_role(struct db *tx, void *arg)
{
	struct user_call *c = arg;
	return db_exec(
		tx,
		"INSERT INTO user_role (org, zone, origin, name, role) VALUES ($1, $2, $3, $4, $5)"
		" ON CONFLICT (org, zone, origin, name, role) DO NOTHING",
		DB_ARGS(DB_T(c->org), KEY_ARGS(c->key), DB_T(c->role)), NULL);
}

/* A change of one user that answers nothing: the call's key is given its lower-case name. */
static err simple_change(struct store *st, struct user_call *call, err (*fn)(struct db *, void *))
{
	struct arena *a = arena_create(256, 0);
	struct user_key key = lower(a, call->key);
	struct change c = change_of(&key, call->org);
	call->key = &key;
	call->arena = a;
	err e = store_change(st, &c, fn, call);
	arena_destroy(&a);
	return e;
}

err user_delete(struct store *st, const struct user_key *k)
{
	return simple_change(st, &(struct user_call){ .key = k }, delete_user);
}

err user_password_set(struct store *st, const struct user_key *k, str hash)
{
	struct arena *a = arena_create(128, 0);
	struct user_call call = { .key = k, .hash = hash, .salt = rand_alnum(a, REV_SALT) };
	err e = simple_change(st, &call, write_password);
	arena_destroy(&a);
	return e;
}

err user_role_grant(struct store *st, str org, const struct user_key *k, str role)
{
	return simple_change(st, &(struct user_call){ .key = k, .org = org, .role = role },
	                     insert_role);
}

err user_password(struct arena *a, struct store *st, const struct user_key *k, str *hash,
                  bool *active)
{
	struct user_key key = lower(a, k);
	struct db_rows rows;
	TRY(one_row(a, st->db,
	            "SELECT password, active FROM user_account WHERE zone = $1 AND origin = $2 AND "
	            "name = $3"
	            " AND password IS NOT NULL",
	            DB_ARGS(KEY_ARGS(&key)), &rows));
	*hash = rows.v[0].s;
	*active = rows.v[1].i != 0;
	return DONE;
}

err user_roles(struct arena *a, struct store *st, str org, const struct user_key *k,
               struct strs *roles)
{
	struct user_key key = lower(a, k);
	return names_query(a, st->db,
	                   "SELECT role FROM user_role WHERE org = $1 AND zone = $2 AND origin = "
	                   "$3 AND name = $4"
	                   " ORDER BY role",
	                   DB_ARGS(DB_T(org), KEY_ARGS(&key)), roles);
}

err user_organizations(struct arena *a, struct store *st, const struct user_key *k,
                       struct strs *orgs)
{
	struct user_key key = lower(a, k);
	return names_query(a, st->db,
	                   "SELECT DISTINCT org FROM user_role WHERE zone = $1 AND origin = $2 AND "
	                   "name = $3 ORDER BY org",
	                   DB_ARGS(KEY_ARGS(&key)), orgs);
}
