/* SPDX-License-Identifier: Apache-2.0 */
/* API proxies and shared flows: a row each, a row a revision, a row a file.
 * Numbering looks and then writes; the change's lock row makes that safe for any number at once.
 * Source: store/proxies.h. */
#include "store/proxies.h"

#include "store/inside.h"

#define REVISION_BY_NUMBER \
	"SELECT doc FROM revision WHERE org = $1 AND kind = $2 AND name = $3 AND number = $4"
#define API_ARGS(k) DB_T((k)->org), DB_I((k)->kind), DB_T((k)->name)

struct api_call {
	struct arena *arena;
	const struct api_key *key;
	struct change *change;
	int64_t number;
	struct revision *revision;
	const struct zip_files *files;
	const struct file_change *file;
	struct api_proxy *proxy;
	struct doc_edit *edit;
};

static str change_name(struct arena *a, const struct api_key *k, int64_t number)
{
	return str_fmt(a, "%d/%.*s/%lld", (int)k->kind, STR(k->name), (long long)number);
}

/* ---- proxies ---- */
err api_names(struct arena *a, struct store *st, str org, enum api_kind kind, struct strs *out)
{
	return names_query(a, st->db,
	                   "SELECT name FROM api_proxy WHERE org = $1 AND kind = $2 ORDER BY name",
	                   DB_ARGS(DB_T(org), DB_I(kind)), out);
}

static err read_api(struct arena *a, struct db *db, const struct api_key *k, struct api_proxy **out)
{
	struct db_rows rows, numbers;
	TRY(one_row(a, db,
	            "SELECT created_at_ms, created_by, last_modified_at_ms, last_modified_by FROM "
	            "api_proxy"
	            " WHERE org = $1 AND kind = $2 AND name = $3",
	            DB_ARGS(API_ARGS(k)), &rows));
	TRY(db_query(a, db,
	             "SELECT number FROM revision WHERE org = $1 AND kind = $2 AND name = $3 ORDER "
	             "BY number",
	             DB_ARGS(API_ARGS(k)), &numbers));
	const struct db_value *c = rows.v;
	struct api_proxy *p = arena_new(a, struct api_proxy);
	p->meta = (struct api_metadata){ c[0].i, c[1].s, c[2].i, c[3].s,
		                         k->kind == API_PROXY ? S("Proxy") : S("SharedFlow") };
	p->name = str_dup(a, k->name);
	p->revisions = (struct strs){ arena_array(a, str, numbers.n + 1), numbers.n };
	for (size_t i = 0; i < numbers.n; i++)
		p->revisions.v[i] = str_fmt(a, "%lld", (long long)db_row(&numbers, i)[0].i);
	*out = p;
	return DONE;
}

err api_get(struct arena *a, struct store *st, const struct api_key *k, struct api_proxy **out)
{
	return read_api(a, st->db, k, out);
}

static err delete_api(struct db *tx, void *arg)
{
	struct api_call *c = arg;
	TRY(read_api(c->arena, tx, c->key, &c->proxy));
	return exec_one(tx, "DELETE FROM api_proxy WHERE org = $1 AND kind = $2 AND name = $3",
	                DB_ARGS(API_ARGS(c->key)));
}

err api_delete(struct arena *a, struct store *st, const struct api_key *k, struct api_proxy **was)
{
	struct api_call call = { .arena = a, .key = k };
	struct change c = { .kind = FEED_api, .org = k->org, .name = change_name(a, k, 0) };
	TRY(store_change(st, &c, delete_api, &call));
	*was = call.proxy;
	return DONE;
}

/* The proxy's row, made or touched. */
static err touch_api(struct db *tx, const struct api_key *k, str by, int64_t now)
{
	return db_exec(tx,
	               "INSERT INTO api_proxy (org, kind, name, created_at_ms, created_by, "
	               "last_modified_at_ms,"
	               " last_modified_by) VALUES ($1, $2, $3, $4, $5, $6, $7)"
	               " ON CONFLICT (org, kind, name) DO UPDATE SET"
	               " last_modified_at_ms = excluded.last_modified_at_ms,"
	               " last_modified_by = excluded.last_modified_by",
	               DB_ARGS(API_ARGS(k), DB_I(now), DB_T(by), DB_I(now), DB_T(by)), NULL);
}

/* ---- revisions ---- */
static err insert_file(struct db *tx, const struct api_key *k, int64_t number, int64_t position,
                       const struct zip_file *f)
{
	return db_exec(
		tx,
		"INSERT INTO revision_file (org, kind, name, number, path, position, bytes)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7)",
		DB_ARGS(API_ARGS(k), DB_I(number), DB_T(f->path), DB_I(position), DB_B(f->bytes)),
		NULL);
}

/* What the files say is read out of them each time, so the document does not hold it. */
static str revision_doc(struct arena *a, const struct revision *r)
{
	struct revision plain = *r;
	plain.policies = plain.proxy_endpoints = plain.target_endpoints = (struct strs){ 0 };
	plain.resources = plain.base_paths = plain.target_servers = plain.shared_flows =
		(struct strs){ 0 };
	plain.resource_files = (struct list){ 0 };
	return doc_write(a, &revision_noun, &plain);
}

static err insert_revision(struct db *tx, void *arg)
{
	struct api_call *c = arg;
	struct revision *r = c->revision;
	struct db_rows rows;
	TRY(touch_api(tx, c->key, r->created_by, r->created_at_ms));
	TRY(db_query(c->arena, tx,
	             "SELECT COALESCE(MAX(number), 0) + 1 FROM revision WHERE org = $1 AND kind = "
	             "$2 AND name = $3",
	             DB_ARGS(API_ARGS(c->key)), &rows));
	r->number = rows.v[0].i;
	r->revision = str_fmt(c->arena, "%lld", (long long)r->number);
	c->change->name = change_name(c->arena, c->key, r->number);
	TRY(db_exec(
		tx,
		"INSERT INTO revision (org, kind, name, number, doc) VALUES ($1, $2, $3, $4, $5)",
		DB_ARGS(API_ARGS(c->key), DB_I(r->number), DB_T(revision_doc(c->arena, r))), NULL));
	for (size_t i = 0; i < c->files->n; i++)
		TRY(insert_file(tx, c->key, r->number, (int64_t)i + 1, &c->files->v[i]));
	return DONE;
}

err revision_create(struct arena *a, struct store *st, const struct api_key *k, struct revision *r,
                    const struct zip_files *files)
{
	struct change c = { .kind = FEED_revision, .org = k->org };
	struct api_call call = {
		.arena = a, .key = k, .change = &c, .revision = r, .files = files
	};
	r->name = str_dup(a, k->name);
	r->created_by = str_given(r->created_by) ? r->created_by : S("");
	r->last_modified_by = r->created_by;
	r->created_at_ms = r->last_modified_at_ms = clock_ms();
	r->type = str_given(r->type) ? r->type : S("Application");
	return store_change(st, &c, insert_revision, &call);
}

static err read_paths(struct arena *a, struct db *db, const struct api_key *k, struct revision *r)
{
	return names_query(a, db,
	                   "SELECT path FROM revision_file WHERE org = $1 AND kind = $2 AND name = "
	                   "$3 AND number = $4"
	                   " ORDER BY position",
	                   DB_ARGS(API_ARGS(k), DB_I(r->number)), &r->files);
}

static err read_revision(struct arena *a, struct db *db, const struct api_key *k, int64_t number,
                         struct revision **out)
{
	void *r;
	TRY(doc_get(a, db, &revision_noun, REVISION_BY_NUMBER, DB_ARGS(API_ARGS(k), DB_I(number)),
	            &r));
	*out = r;
	(*out)->number = number;
	return read_paths(a, db, k, *out);
}

err revision_get(struct arena *a, struct store *st, const struct api_key *k, int64_t number,
                 struct revision **out)
{
	return read_revision(a, st->db, k, number, out);
}

static err delete_revision(struct db *tx, void *arg)
{
	struct api_call *c = arg;
	TRY(read_revision(c->arena, tx, c->key, c->number, &c->revision));
	return exec_one(
		tx,
		"DELETE FROM revision WHERE org = $1 AND kind = $2 AND name = $3 AND number = $4",
		DB_ARGS(API_ARGS(c->key), DB_I(c->number)));
}

err revision_delete(struct arena *a, struct store *st, const struct api_key *k, int64_t number,
                    struct revision **was)
{
	struct change c = { .kind = FEED_revision,
		            .org = k->org,
		            .name = change_name(a, k, number) };
	struct api_call call = { .arena = a, .key = k, .number = number };
	TRY(store_change(st, &c, delete_revision, &call));
	*was = call.revision;
	return DONE;
}

/* ---- files ---- */
err revision_files(struct arena *a, struct store *st, const struct api_key *k, int64_t number,
                   struct zip_files *out)
{
	struct db_rows rows;
	struct revision *r;
	TRY(read_revision(a, st->db, k, number, &r));
	TRY(db_query(a, st->db,
	             "SELECT path, bytes FROM revision_file WHERE org = $1 AND kind = $2 AND name "
	             "= $3 AND number = $4"
	             " ORDER BY position",
	             DB_ARGS(API_ARGS(k), DB_I(number)), &rows));
	*out = (struct zip_files){ arena_array(a, struct zip_file, rows.n + 1), rows.n,
		                   rows.n + 1 };
	for (size_t i = 0; i < rows.n; i++)
		out->v[i] = (struct zip_file){ db_row(&rows, i)[0].s, db_row(&rows, i)[1].s };
	return DONE;
}

err revision_file(struct arena *a, struct store *st, const struct api_key *k, int64_t number,
                  str path, str *bytes)
{
	struct db_rows rows;
	TRY(one_row(a, st->db,
	            "SELECT bytes FROM revision_file WHERE org = $1 AND kind = $2 AND name = $3 "
	            "AND number = $4"
	            " AND path = $5",
	            DB_ARGS(API_ARGS(k), DB_I(number), DB_T(path)), &rows));
	*bytes = rows.v[0].s;
	return DONE;
}

static err replace_file(struct db *tx, const struct api_call *c)
{
	return exec_one(
		tx,
		"UPDATE revision_file SET bytes = $6 WHERE org = $1 AND kind = $2 AND name = $3"
		" AND number = $4 AND path = $5",
		DB_ARGS(API_ARGS(c->key), DB_I(c->number), DB_T(c->file->path),
	                DB_B(c->file->bytes)));
}

static err append_file(struct db *tx, const struct api_call *c)
{
	struct db_rows rows;
	TRY(db_query(c->arena, tx,
	             "SELECT COALESCE(MAX(position), 0) + 1 FROM revision_file WHERE org = $1 AND "
	             "kind = $2"
	             " AND name = $3 AND number = $4",
	             DB_ARGS(API_ARGS(c->key), DB_I(c->number)), &rows));
	struct zip_file f = { c->file->path, c->file->bytes };
	return insert_file(tx, c->key, c->number, rows.v[0].i, &f);
}

static err put_file(struct db *tx, void *arg)
{
	const struct api_call *c = arg;
	TRY(doc_edit(tx, c->edit)); /* also: is there such a revision? */
	if (c->file->how == FILE_CREATE)
		return append_file(tx, c);
	err e = replace_file(tx, c);
	return e.code == ERR_NOT_FOUND && c->file->how == FILE_PUT ? append_file(tx, c) : e;
}

static err remove_file(struct db *tx, void *arg)
{
	const struct api_call *c = arg;
	TRY(doc_edit(tx, c->edit));
	return exec_one(tx,
	                "DELETE FROM revision_file WHERE org = $1 AND kind = $2 AND name = $3 AND "
	                "number = $4"
	                " AND path = $5",
	                DB_ARGS(API_ARGS(c->key), DB_I(c->number), DB_T(c->file->path)));
}

static err only_touch(struct arena *a, void *thing, void *arg)
{
	(void)a;
	(void)thing;
	(void)arg;
	return DONE;
}

static err settle_revision(struct db *tx, struct doc_edit *e)
{
	const struct revision *r = e->thing;
	return touch_api(tx, e->context, r->last_modified_by, r->last_modified_at_ms);
}

static err change_file(struct store *st, struct api_call *call, err (*fn)(struct db *, void *))
{
	const struct api_key *k = call->key;
	struct arena *a = arena_create(0, 0);
	struct edit touch = { .fn = only_touch, .by = call->file->by };
	struct doc_edit e = {
		.arena = a,
		.store = st,
		.noun = &revision_noun,
		.edit = &touch,
		.select = REVISION_BY_NUMBER,
		.update = "UPDATE revision SET doc = $5 WHERE org = $1 AND kind = $2 AND name = $3"
			  " AND number = $4",
		.key = DB_ARGS(API_ARGS(k), DB_I(call->number)),
		.at_ms = offsetof(struct revision, last_modified_at_ms),
		.by = offsetof(struct revision, last_modified_by),
		.settle = settle_revision,
		.context = (void *)(uintptr_t)k,
	};
	struct change c = { .kind = FEED_revision,
		            .org = k->org,
		            .name = change_name(a, k, call->number) };
	call->arena = a;
	call->edit = &e;
	err trouble = store_change(st, &c, fn, call);
	arena_destroy(&a);
	return trouble;
}

err revision_file_put(struct store *st, const struct api_key *k, int64_t number,
                      const struct file_change *f)
{
	return change_file(st, &(struct api_call){ .key = k, .number = number, .file = f },
	                   put_file);
}

err revision_file_delete(struct store *st, const struct api_key *k, int64_t number, str path,
                         str by)
{
	struct file_change f = { .path = path, .by = by };
	return change_file(st, &(struct api_call){ .key = k, .number = number, .file = &f },
	                   remove_file);
}
