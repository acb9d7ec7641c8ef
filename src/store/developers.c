/* SPDX-License-Identifier: Apache-2.0 */
/* Developers as documents under their ids, with the address as a key beside.
 * The names of a developer's apps are read from the apps, never from the document.
 * Source: store/developers.h. */
#include "store/developers.h"

#include "base/map.h"
#include "base/rand.h"
#include "store/inside.h"

#define DEVELOPER_BY_ID "SELECT doc FROM developer WHERE org = $1 AND id = $2"

struct developer_call {
	struct arena *arena;
	str org, who;
	struct developer *developer;
	struct doc_edit *edit;
};

static struct change change_of(str org, str who)
{
	return (struct change){ .kind = FEED_developer, .org = org, .name = who };
}

static err insert_developer(struct db *tx, void *arg)
{
	struct developer_call *c = arg;
	struct developer *d = c->developer;
	return db_exec(tx, "INSERT INTO developer (org, id, email, doc) VALUES ($1, $2, $3, $4)",
	               DB_ARGS(DB_T(c->org), DB_T(d->developer_id),
	                       DB_T(str_lower(c->arena, d->email)),
	                       DB_T(doc_write(c->arena, &developer_noun, d))),
	               NULL);
}

err developer_create(struct arena *a, struct store *st, str org, struct developer *d)
{
	struct developer_call call = { .arena = a, .org = org, .developer = d };
	d->apps = d->companies = (struct strs){ 0 };
	d->developer_id = d->developer_id.n ? d->developer_id : rand_uuid(a);
	d->organization_name = str_dup(a, org);
	d->created_at_ms = d->last_modified_at_ms = clock_ms();
	struct change c = change_of(org, d->developer_id);
	return store_change(st, &c, insert_developer, &call);
}

/* ERR_NOT_FOUND unless `who` is an id or an address of the organization. */
static err find_id(struct arena *a, struct db *db, str org, str who, str *id)
{
	struct db_rows rows;
	TRY(one_row(
		a, db,
		"SELECT id FROM developer WHERE org = $1 AND id = $2 UNION SELECT id FROM developer"
		" WHERE org = $1 AND email = $3 ORDER BY id",
		DB_ARGS(DB_T(org), DB_T(who), DB_T(str_lower(a, who))), &rows));
	*id = rows.v[0].s;
	return DONE;
}

static err app_names(struct arena *a, struct db *db, str org, struct developer *d)
{
	return names_query(
		a, db, "SELECT name FROM app WHERE org = $1 AND developer_id = $2 ORDER BY name",
		DB_ARGS(DB_T(org), DB_T(d->developer_id)), &d->apps);
}

static err read_developer(struct arena *a, struct db *db, str org, str who, struct developer **out)
{
	void *d;
	str id;
	TRY(find_id(a, db, org, who, &id));
	TRY(doc_get(a, db, &developer_noun, DEVELOPER_BY_ID, DB_ARGS(DB_T(org), DB_T(id)), &d));
	*out = d;
	return app_names(a, db, org, *out);
}

err developer_get(struct arena *a, struct store *st, str org, str who, struct developer **out)
{
	return read_developer(a, st->db, org, who, out);
}

err developer_emails(struct arena *a, struct store *st, str org, const struct page *p,
                     struct strs *out)
{
	return names_query(
		a, st->db,
		"SELECT email FROM developer WHERE org = $1 AND email >= $2 ORDER BY email LIMIT "
		"$3",
		DB_ARGS(DB_T(org), DB_T(str_lower(a, page_start(p))), DB_I(page_count(p))), out);
}

/* The names of the apps of developers that come by address, each gets a slice.  CROSS: SQLite would walk all apps of
 * the organization in the order that is wanted. */
static err names_of_apps(struct arena *a, struct store *st, str org, struct list *developers)
{
	struct db_rows rows;
	struct map by_id = map_in(a);
	const struct developer *v = developers->v;
	if (!developers->n)
		return DONE;
	LIST_EACH(struct developer, d, developers)
		map_put(&by_id, d->developer_id, d);
	TRY(db_query(a, st->db,
	             "SELECT p.developer_id, p.name FROM developer d CROSS JOIN app p"
	             " WHERE p.org = d.org AND p.developer_id = d.id AND d.org = $1"
	             " AND d.email >= $2 AND d.email <= $3 ORDER BY p.developer_id, p.name",
	             DB_ARGS(DB_T(org), DB_T(str_lower(a, v[0].email)),
	                     DB_T(str_lower(a, v[developers->n - 1].email))),
	             &rows));
	str *names = arena_array(a, str, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		struct developer *d = map_get(&by_id, db_row(&rows, i)[0].s);
		names[i] = db_row(&rows, i)[1].s;
		if (d && !d->apps.n++)
			d->apps.v = &names[i];
	}
	return DONE;
}

err developer_list(struct arena *a, struct store *st, str org, const struct page *p,
                   struct list *out)
{
	TRY(doc_list(
		a, st->db, &developer_noun,
		"SELECT doc FROM developer WHERE org = $1 AND email >= $2 ORDER BY email LIMIT $3",
		DB_ARGS(DB_T(org), DB_T(str_lower(a, page_start(p))), DB_I(page_count(p))), out));
	return names_of_apps(a, st, org, out);
}

static err settle_developer(struct db *tx, struct doc_edit *e)
{
	struct developer *d = e->thing;
	const struct developer *was = e->before;
	str org = e->key.v[0].s;
	d->developer_id = was->developer_id;
	d->organization_name = was->organization_name;
	d->apps = d->companies = (struct strs){ 0 };
	return exec_one(
		tx, "UPDATE developer SET email = $3 WHERE org = $1 AND id = $2",
		DB_ARGS(DB_T(org), DB_T(d->developer_id), DB_T(str_lower(e->arena, d->email))));
}

static err edit_developer(struct db *tx, void *arg)
{
	struct developer_call *c = arg;
	str id;
	TRY(find_id(c->arena, tx, c->org, c->who, &id));
	c->edit->key = DB_ARGS(DB_T(c->org), DB_T(id));
	return doc_edit(tx, c->edit);
}

err developer_change(struct arena *a, struct store *st, str org, str who, struct edit *edit,
                     struct developer **out)
{
	struct change c = change_of(org, who);
	struct doc_edit e = {
		.arena = a,
		.store = st,
		.noun = &developer_noun,
		.edit = edit,
		.select = DEVELOPER_BY_ID,
		.update = "UPDATE developer SET doc = $3 WHERE org = $1 AND id = $2",
		.at_ms = offsetof(struct developer, last_modified_at_ms),
		.by = offsetof(struct developer, last_modified_by),
		.settle = settle_developer,
	};
	struct developer_call call = { .arena = a, .org = org, .who = who, .edit = &e };
	TRY(store_change(st, &c, edit_developer, &call));
	*out = e.thing;
	return app_names(a, st->db, org, *out);
}

static err delete_developer(struct db *tx, void *arg)
{
	struct developer_call *c = arg;
	TRY(read_developer(c->arena, tx, c->org, c->who, &c->developer));
	return exec_one(tx, "DELETE FROM developer WHERE org = $1 AND id = $2",
	                DB_ARGS(DB_T(c->org), DB_T(c->developer->developer_id)));
}

err developer_delete(struct arena *a, struct store *st, str org, str who, struct developer **was)
{
	struct change c = change_of(org, who);
	struct developer_call call = { .arena = a, .org = org, .who = who };
	TRY(store_change(st, &c, delete_developer, &call));
	*was = call.developer;
	return DONE;
}
