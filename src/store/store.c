/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing the store: database, keys, feed, cache, in this order.
 * A store whose keys are not in the key file does not open: it could read nothing that it sealed.
 * Source: house ("nothing secret is stored in clear"). */
#include "store/store.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/digest.h"
#include "store/inside.h"

enum { MAX_STALE_S = 120, CACHE_ENTRIES = 100000, REACHABLE_MS = 5000 };

static bool is_sqlite(const struct store_options *o)
{
	return str_starts(o->location, S("sqlite:"));
}

static str proof_of(struct arena *a, const struct seal *s, size_t nth)
{
	unsigned char key[32], mac[32];
	seal_subkey(s, "gatehouse key proof", nth, key);
	hmac_sha256(str_from(key, sizeof key), S("gatehouse"), mac);
	return str_dup(a, str_from(mac, sizeof mac));
}

struct key_check {
	struct arena *arena;
	const struct seal *seal;
};

static err add_keys(struct db *tx, void *arg)
{
	struct key_check *k = arg;
	for (size_t i = 0; i < seal_keys(k->seal); i++)
		TRY(db_exec(
			tx,
			"INSERT INTO seal_key (id, proof) VALUES ($1, $2) ON CONFLICT (id) DO "
			"NOTHING",
			DB_ARGS(DB_I(seal_id(k->seal, i)), DB_B(proof_of(k->arena, k->seal, i))),
			NULL));
	return DONE;
}

/* Every key that this store was ever opened with must be in the file, and be the same. */
static err check_keys(struct store *st, const struct db_rows *known, const char *file,
                      struct diag *diag)
{
	for (size_t r = 0; r < known->n; r++) {
		const struct db_value *row = db_row(known, r);
		bool good = false;
		for (size_t i = 0; i < seal_keys(st->seal); i++)
			good |= seal_id(st->seal, i) == row[0].i &&
			        str_eq_secret(proof_of(diag->arena, st->seal, i), row[1].s);
		if (!good)
			return diag_add(diag, ERR_DENIED, 0,
			                "the key file %s does not fit the store: key %lld is not "
			                "in it, or another",
			                file, (long long)row[0].i);
	}
	struct key_check k = { diag->arena, st->seal };
	err e = db_tx(st->db, add_keys, &k);
	return e.code ? diag_add(diag, e.code, 0, "the store cannot be written") : DONE;
}

struct opening {
	struct store *store;
	const struct store_options *options;
	struct diag *diag;
};

/* Alone: two that find no key at the same time would begin with two. */
static err open_seal(void *arg)
{
	struct opening *opening = arg;
	struct store *st = opening->store;
	const struct store_options *o = opening->options;
	struct diag *diag = opening->diag;
	struct db_rows known;
	str file = o->secret_key_file;
	if (!str_given(file) && !is_sqlite(o))
		return diag_add(diag, ERR_SYNTAX, 0,
		                "secret_key_file: must be named when the store is PostgreSQL");
	if (!str_given(file))
		file = str_fmt(st->arena, "%.*s/secret.key",
		               STR(str_sub(o->location, S("sqlite:").n, STR_NPOS)));
	err e = db_query(diag->arena, st->db, "SELECT id, proof FROM seal_key ORDER BY id",
	                 DB_NO_ARGS, &known);
	if (e.code)
		return diag_add(diag, e.code, 0, "the store cannot be read");
	TRY(seal_open(st->arena, file, known.n == 0, diag, &st->seal));
	return check_keys(st, &known, str_z(diag->arena, file), diag);
}

/* The first start makes the database first, then its key: a key without a database tells of one that is
 * lost (a volume that is not there, a file moved away).  An empty one in its place would answer to nobody. */
static err not_lost(const struct store_options *o, struct diag *diag)
{
	struct stat st;
	str folder = str_sub(o->location, S("sqlite:").n, STR_NPOS);
	str key = str_fmt(diag->arena, "%.*s/secret.key", STR(folder));
	str db = str_fmt(diag->arena, "%.*s/gatehouse.db", STR(folder));
	if (str_given(o->secret_key_file) && !str_eq(o->secret_key_file, key))
		return DONE;
	if (access(str_z(diag->arena, key), F_OK) != 0 ||
	    (stat(str_z(diag->arena, db), &st) == 0 && st.st_size > 0))
		return DONE;
	return diag_add(
		diag, ERR_NOT_FOUND, 0,
		"%.*s is missing or empty, but its secret.key is there: put the database back, or "
		"move the key away to begin anew",
		STR(db));
}

static err open_parts(struct store *st, const struct store_options *o, struct diag *diag)
{
	if (is_sqlite(o))
		TRY(not_lost(o, diag));
	struct db_options d = { .location = o->location,
		                .connections = o->connections,
		                .lock = o->lock };
	TRY(db_open(&d, diag, &st->db));
	struct opening opening = { st, o, diag };
	TRY(db_alone(st->db, open_seal, &opening, diag));
	err e = feed_open(st);
	return e.code ? diag_add(diag, e.code, 0, "the store's change feed cannot be read") : DONE;
}

err store_open(const struct store_options *o, struct diag *diag, struct store **out)
{
	struct arena *a = arena_create(0, 0);
	struct store *st = arena_new(a, struct store);
	st->arena = a;
	st->max_stale_ms =
		is_sqlite(o) ? INT64_MAX
			     : (int64_t)(o->max_stale_s ? o->max_stale_s : MAX_STALE_S) * 1000;
	st->cache = cache_create(o->cache_entries ? o->cache_entries : CACHE_ENTRIES);
	pthread_mutex_init(&st->notes_lock, NULL);
	err e = open_parts(st, o, diag);
	*out = st;
	if (e.code)
		store_close(out);
	return e;
}

void store_close(struct store **stp)
{
	struct store *st = *stp;
	*stp = NULL;
	if (!st)
		return;
	db_close(&st->db);
	feed_close(st);
	cache_destroy(&st->cache);
	for (struct note *n = st->notes, *next; n; n = next) {
		next = n->next;
		arena_destroy(&(struct arena *){ n->arena });
	}
	pthread_mutex_destroy(&st->notes_lock);
	arena_destroy(&(struct arena *){ st->arena });
}

bool store_is_reachable(struct store *st)
{
	return st->max_stale_ms == INT64_MAX ||
	       clock_mono_ns() / 1000000 - atomic_load(&st->feed.heard_ms) < REACHABLE_MS;
}

err store_alone(struct store *st, err (*fn)(void *), void *arg, struct diag *diag)
{
	return db_alone(st->db, fn, arg, diag);
}

int store_lock(const struct store *st) { return db_lock(st->db); }

bool store_queue(struct store *st, uint64_t *waiting) { return db_queue(st->db, waiting); }

err store_mark_get(struct store *st, str name, bool *set)
{
	struct db_rows rows;
	struct arena *a = arena_create(256, 0);
	err e = db_query(a, st->db, "SELECT set_at_ms FROM mark WHERE name = $1",
	                 DB_ARGS(DB_T(name)), &rows);
	*set = rows.n > 0;
	arena_destroy(&a);
	return e;
}

err store_mark_set(struct store *st, str name)
{
	return db_exec(
		st->db,
		"INSERT INTO mark (name, set_at_ms) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
		DB_ARGS(DB_T(name), DB_I(clock_ms())), NULL);
}

size_t store_keys(const struct store *st) { return seal_keys(st->seal); }

void store_subkey(const struct store *st, const char *purpose, size_t nth, unsigned char out[32])
{
	seal_subkey(st->seal, purpose, nth, out);
}
