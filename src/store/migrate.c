/* SPDX-License-Identifier: Apache-2.0 */
/* Brings a database's schema up to this program's, one transaction a step.
 * A step that was applied is never applied again, and its text never changes: its checksum is compared.  A
 * program that knows fewer steps than were applied runs on them, since a step only adds.
 * Source: house ("a migration only adds"). */
#include <string.h>

#include "base/embed.h"
#include "codec/digest.h"
#include "store/driver.h"

/* embedded_schema: the files of src/store/schema by name, 0001_..., 0002_... */
static int64_t last_step(void)
{
	int64_t n = 0;
	while (embedded_schema[n].name)
		n++;
	return n;
}

/* What is embedded ends with a NUL. */
static const char *step_text(int64_t version) { return embedded_schema[version - 1].begin; }

struct migration {
	struct arena *arena;
	struct diag *diag;
	struct db *db;
	int64_t version; /* of the step to apply, from 1 */
};

static str checksum(struct arena *a, int64_t version)
{
	unsigned char sum[32];
	sha256(str_from_z(step_text(version)), sum);
	return str_hex(a, str_from(sum, sizeof sum));
}

/* The line "-- oldest: N" of a step that does more than add: programs that know fewer than N steps cannot
 * run on what it leaves.  0: all can that are older. */
static uint64_t oldest_for(int64_t version)
{
	static const char mark[] = "\n-- oldest: ";
	const char *at = strstr(step_text(version), mark);
	uint64_t n = 0;
	if (at) {
		str line = str_from_z(at + sizeof mark - 1);
		must(str_to_u64(str_cut(&line, '\n'), &n));
	}
	return n;
}

static err note_needs(struct db *tx, int64_t version, uint64_t oldest)
{
	return db_exec(tx, "INSERT INTO schema_needs (version, oldest) VALUES ($1, $2)",
	               DB_ARGS(DB_I(version), DB_I(oldest)), NULL);
}

static err run_script(struct db *tx, const struct migration *m, const char *sql)
{
	const struct driver *d = tx->driver;
	return d->script(tx, dialect_sql(m->arena, d->dialect, sql), m->diag);
}

static err apply(struct db *tx, void *arg)
{
	struct migration *m = arg;
	TRY(run_script(tx, m, step_text(m->version)));
	TRY(db_exec(
		tx,
		"INSERT INTO schema_step (version, checksum, applied_at_ms) VALUES ($1, $2, $3)",
		DB_ARGS(DB_I(m->version), DB_T(checksum(m->arena, m->version)), DB_I(clock_ms())),
		NULL));
	uint64_t oldest = oldest_for(m->version);
	return oldest ? note_needs(tx, m->version, oldest) : DONE;
}

static err make_tables(struct db *tx, void *arg)
{
	static const char sql[] =
		"CREATE TABLE IF NOT EXISTS schema_step (version BIGINT PRIMARY KEY,"
		" checksum TEXT NOT NULL, applied_at_ms BIGINT NOT NULL);\n"
		"CREATE TABLE IF NOT EXISTS schema_needs (version BIGINT PRIMARY KEY,"
		" oldest BIGINT NOT NULL);\n";
	struct migration *m = arg;
	return run_script(tx, m, sql);
}

/* What is there begins as what this program has.  What a newer one added to it stays as it is, unless that says
 * that this one cannot go on. */
static err compare(struct migration *m, const struct db_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		int64_t version = db_row(rows, i)[0].i, oldest = db_row(rows, i)[2].i;
		if (oldest > last_step())
			return diag_add(m->diag, ERR_DENIED, 0,
			                "the store's schema is for programs that know step %lld, "
			                "this one knows %d: it needs a newer one",
			                (long long)oldest, (int)last_step());
		if (version > last_step())
			continue;
		if (version != (int64_t)i + 1 ||
		    !str_eq(db_row(rows, i)[1].s, checksum(m->arena, version)))
			return diag_add(m->diag, ERR_DENIED, 0,
			                "the store's schema step %lld is not this program's: it "
			                "was made by a different build",
			                (long long)version);
	}
	return DONE;
}

static err bring_up(void *arg)
{
	struct migration *m = arg;
	struct db_rows rows;
	TRY(db_tx(m->db, make_tables, m));
	err e = db_query(m->arena, m->db,
	                 "SELECT s.version, s.checksum, n.oldest FROM schema_step s LEFT JOIN"
	                 " schema_needs n ON n.version = s.version ORDER BY s.version",
	                 DB_NO_ARGS, &rows);
	if (e.code)
		return diag_add(m->diag, e.code, 0, "the store's schema cannot be read");
	TRY(compare(m, &rows));
	for (m->version = (int64_t)rows.n + 1; m->version <= last_step(); m->version++) {
		e = db_tx(m->db, apply, m);
		if (e.code)
			return m->diag->findings.n ? e
			                           : diag_add(m->diag, e.code, 0,
			                                      "schema step %lld cannot be applied",
			                                      (long long)m->version);
	}
	return DONE;
}

err migrate(struct db *db, struct diag *diag)
{
	struct migration m = { .arena = diag->arena, .diag = diag, .db = db };
	return db_alone(db, bring_up, &m, diag);
}
