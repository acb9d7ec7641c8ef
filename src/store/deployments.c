/* SPDX-License-Identifier: Apache-2.0 */
/* Deploying, replacing and undeploying, each in one transaction.
 * Who has a base path is decided by the unique key of base_path_use, never by looking first.
 * Source: store/deployments.h. */
#include "store/deployments.h"

#include "store/inside.h"

#define API_ARGS(k) DB_T((k)->org), DB_I((k)->kind), DB_T((k)->name)
#define COLUMNS "org, env, kind, name, revision, base_path, deployed_by, deployed_at_ms, seq"

struct deploy_call {
	struct arena *arena;
	const struct deploy_request *want;
	struct deploy_result *result;
	struct change *change;
};

static str base_path_of(const struct deploy_request *r)
{
	return r->base_path.n ? r->base_path : S("/");
}

static err is_there(struct arena *a, struct db *tx, const struct deploy_request *r)
{
	struct db_rows rows;
	return one_row(a, tx,
	               "SELECT number FROM revision WHERE org = $1 AND kind = $2 AND name = $3 AND "
	               "number = $4",
	               DB_ARGS(API_ARGS(&r->api), DB_I(r->revision)), &rows);
}

static err remove_row(struct db *tx, const struct api_key *k, str env, int64_t revision)
{
	return exec_one(tx,
	                "DELETE FROM deployment WHERE org = $1 AND kind = $2 AND name = $3 AND env "
	                "= $4 AND revision = $5",
	                DB_ARGS(API_ARGS(k), DB_T(env), DB_I(revision)));
}

static err conflict(struct deploy_call *c, str name, int64_t revision, str path)
{
	c->result->conflict_name = name;
	c->result->conflict_revision = revision;
	c->result->conflict_path = path;
	return FAIL(ERR_CONFLICT);
}

/* What is deployed of the same proxy: goes with override.  Without, it is in the way of a shared flow, and of
 * itself under another base path. */
static err make_way(struct db *tx, struct deploy_call *c)
{
	const struct deploy_request *r = c->want;
	struct db_rows rows;
	TRY(db_query(c->arena, tx,
	             "SELECT revision, base_path FROM deployment WHERE org = $1 AND kind = $2 AND "
	             "name = $3 "
	             "AND env = $4"
	             " ORDER BY revision",
	             DB_ARGS(API_ARGS(&r->api), DB_T(r->env)), &rows));
	c->result->replaced = arena_array(c->arena, int64_t, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		int64_t other = db_row(&rows, i)[0].i;
		str at = db_row(&rows, i)[1].s;
		bool same = other == r->revision;
		c->result->already |= same;
		if (!r->override && !same && r->api.kind == API_SHARED_FLOW)
			return conflict(c, r->api.name, other, S(""));
		if (!r->override && same && !str_eq(at, base_path_of(r)))
			return conflict(c, r->api.name, other, at);
		if (!r->override)
			continue;
		TRY(remove_row(tx, &r->api, r->env, other));
		if (!same)
			c->result->replaced[c->result->n_replaced++] = other;
	}
	return DONE;
}

static err take_path(struct db *tx, struct deploy_call *c, const struct base_path_use *use)
{
	const struct deploy_request *r = c->want;
	struct db_rows rows;
	int64_t taken;
	TRY(db_exec(tx,
	            "INSERT INTO base_path_use (org, kind, name, env, revision, virtual_host, path)"
	            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (org, env, virtual_host, "
	            "path) DO NOTHING",
	            DB_ARGS(API_ARGS(&r->api), DB_T(r->env), DB_I(r->revision),
	                    DB_T(use->virtual_host), DB_T(use->path)),
	            &taken));
	if (taken)
		return DONE;
	TRY(one_row(
		c->arena, tx,
		"SELECT name, revision FROM base_path_use WHERE org = $1 AND env = $2 AND "
		"virtual_host = $3"
		" AND path = $4",
		DB_ARGS(DB_T(r->api.org), DB_T(r->env), DB_T(use->virtual_host), DB_T(use->path)),
		&rows));
	return conflict(c, rows.v[0].s, rows.v[1].i, use->path);
}

static err note_resources(struct db *tx, const struct deploy_request *r)
{
	for (size_t i = 0; i < r->resources.n; i++)
		TRY(db_exec(
			tx,
			"INSERT INTO resource_use (org, kind, name, env, revision, resource) "
			"VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (org, env, resource, kind, "
			"name, revision) DO NOTHING",
			DB_ARGS(API_ARGS(&r->api), DB_T(r->env), DB_I(r->revision),
		                DB_T(r->resources.v[i])),
			NULL));
	return DONE;
}

static err insert_deployment(struct db *tx, void *arg)
{
	struct deploy_call *c = arg;
	const struct deploy_request *r = c->want;
	*c->result = (struct deploy_result){ 0 };
	TRY(is_there(c->arena, tx, r));
	TRY(make_way(tx, c));
	if (c->result->already && !r->override)
		return DONE;
	TRY(db_exec(
		tx,
		"INSERT INTO deployment (org, kind, name, env, revision, base_path, deployed_by,"
		" deployed_at_ms, seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		DB_ARGS(API_ARGS(&r->api), DB_T(r->env), DB_I(r->revision), DB_T(base_path_of(r)),
	                DB_T(str_given(r->by) ? r->by : S("")), DB_I(c->change->at_ms),
	                DB_I(c->change->seq)),
		NULL));
	for (size_t i = 0; i < r->n_uses; i++)
		TRY(take_path(tx, c, &r->uses[i]));
	return note_resources(tx, r);
}

static struct change change_of(struct arena *a, const struct api_key *k, str env, int64_t revision)
{
	return (struct change){ .kind = FEED_deployment,
		                .org = k->org,
		                .env = env,
		                .name = str_fmt(a, "%d/%.*s/%lld", (int)k->kind, STR(k->name),
		                                (long long)revision) };
}

err deployment_create(struct arena *a, struct store *st, const struct deploy_request *r,
                      struct deploy_result *result)
{
	struct change c = change_of(a, &r->api, r->env, r->revision);
	struct deploy_call call = { a, r, result, &c };
	return store_change(st, &c, insert_deployment, &call);
}

static void read_row(const struct db_value *c, struct deployment *d)
{
	*d = (struct deployment){
		.organization = c[0].s,
		.environment = c[1].s,
		.kind = (enum api_kind)c[2].i,
		.name = c[3].s,
		.revision = c[4].i,
		.base_path = c[5].s,
		.deployed_by = c[6].s,
		.deployed_at_ms = c[7].i,
		.seq = c[8].i,
	};
}

struct undeploy_call {
	struct arena *arena;
	const struct api_key *key;
	str env;
	int64_t revision;
	struct deployment *was;
};

static err delete_deployment(struct db *tx, void *arg)
{
	struct undeploy_call *c = arg;
	struct db_rows rows;
	TRY(one_row(c->arena, tx,
	            "SELECT " COLUMNS
	            " FROM deployment WHERE org = $1 AND kind = $2 AND name = $3 AND env = $4"
	            " AND revision = $5",
	            DB_ARGS(API_ARGS(c->key), DB_T(c->env), DB_I(c->revision)), &rows));
	c->was = arena_new(c->arena, struct deployment);
	read_row(rows.v, c->was);
	return remove_row(tx, c->key, c->env, c->revision);
}

err deployment_delete(struct arena *a, struct store *st, const struct api_key *k, str env,
                      int64_t revision, struct deployment **was)
{
	struct change c = change_of(a, k, env, revision);
	struct undeploy_call call = { a, k, env, revision, NULL };
	TRY(store_change(st, &c, delete_deployment, &call));
	if (was)
		*was = call.was;
	return DONE;
}

/* ---- what this node says about them ---- */
static str place_of(struct arena *a, const struct deployment *d)
{
	return str_fmt(a, "%.*s/%.*s/%d/%.*s/%lld", STR(d->organization), STR(d->environment),
	               (int)d->kind, STR(d->name), (long long)d->revision);
}

static struct note **find_note(struct store *st, str place)
{
	struct note **at = &st->notes;
	while (*at && !str_eq((*at)->place, place))
		at = &(*at)->next;
	return at;
}

void deployment_note(struct store *st, const struct deployment *d, str error)
{
	struct arena *a = arena_create(256, 0);
	struct note *n = arena_new(a, struct note);
	*n = (struct note){ .arena = a, .place = place_of(a, d), .error = str_dup(a, error) };
	pthread_mutex_lock(&st->notes_lock);
	struct note **at = find_note(st, n->place), *old = *at;
	if (old)
		*at = old->next;
	if (str_given(error)) {
		n->next = st->notes;
		st->notes = n;
	}
	pthread_mutex_unlock(&st->notes_lock);
	if (old)
		arena_destroy(&(struct arena *){ old->arena });
	if (!str_given(error))
		arena_destroy(&a);
}

static void add_notes(struct arena *a, struct store *st, struct list *deployments)
{
	pthread_mutex_lock(&st->notes_lock);
	LIST_EACH(struct deployment, d, deployments) {
		struct note *n = st->notes ? *find_note(st, place_of(a, d)) : NULL;
		if (n)
			d->error = str_dup(a, n->error);
	}
	pthread_mutex_unlock(&st->notes_lock);
}

#define LISTED " AND ($3 < 0 OR kind = $3) AND ($4 = '' OR name = $4) AND ($5 = 0 OR revision = $5)"
#define IN_ORDER " ORDER BY env, kind, name, revision"

err deployment_list(struct arena *a, struct store *st, const struct deployment_filter *f,
                    struct list *out)
{
	static const char of_org[] =
		"SELECT " COLUMNS " FROM deployment WHERE org = $1 AND $2 = ''" LISTED IN_ORDER;
	static const char by_env[] =
		"SELECT " COLUMNS " FROM deployment WHERE org = $1 AND env = $2" LISTED IN_ORDER;
	static const char by_name[] =
		"SELECT " COLUMNS " FROM deployment WHERE org = $1 AND kind = $3 AND name = $4"
		" AND ($2 = '' OR env = $2) AND ($5 = 0 OR revision = $5)" IN_ORDER;
	struct db_rows rows;
	str env = str_given(f->env) ? f->env : S(""), name = str_given(f->name) ? f->name : S("");
	bool named = name.n && !f->any_kind;
	TRY(db_query(a, st->db,
	             named   ? by_name
	             : env.n ? by_env
	                     : of_org,
	             DB_ARGS(DB_T(f->org), DB_T(env), DB_I(f->any_kind ? -1 : (int)f->kind),
	                     DB_T(name), DB_I(f->revision)),
	             &rows));
	struct deployment *v = arena_array(a, struct deployment, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		read_row(db_row(&rows, i), &v[i]);
	*out = (struct list){ v, rows.n };
	add_notes(a, st, out);
	return DONE;
}
