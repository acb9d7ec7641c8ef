/* SPDX-License-Identifier: Apache-2.0 */
/* Brings a database's schema up to this program's, one transaction a step.
 * A step that was applied is never applied again, and its text never changes: its checksum is compared.
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
	const struct driver *driver;
	int64_t version; /* of the step to apply, from 1 */
};

static str checksum(struct arena *a, int64_t version)
{
	unsigned char sum[32];
	sha256(str_from_z(step_text(version)), sum);
	return str_hex(a, str_from(sum, sizeof sum));
}

static err apply(struct db *tx, void *arg)
{
	struct migration *m = arg;
	TRY(m->driver->script(tx, dialect_sql(m->arena, m->driver->dialect, step_text(m->version)),
	                      m->diag));
	return db_exec(
		tx,
		"INSERT INTO schema_step (version, checksum, applied_at_ms) VALUES ($1, $2, $3)",
		DB_ARGS(DB_I(m->version), DB_T(checksum(m->arena, m->version)), DB_I(clock_ms())),
		NULL);
}

static err make_table(struct db *tx, void *arg)
{
	static const char sql[] =
		"CREATE TABLE IF NOT EXISTS schema_step (version BIGINT PRIMARY KEY,"
		" checksum TEXT NOT NULL, applied_at_ms BIGINT NOT NULL);\n";
	struct migration *m = arg;
	return m->driver->script(tx, dialect_sql(m->arena, m->driver->dialect, sql), m->diag);
}

/* What is there must be a beginning of what this program has. */
static err compare(struct migration *m, const struct db_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		int64_t version = db_row(rows, i)[0].i;
		if (version > last_step())
			return diag_add(m->diag, ERR_DENIED, 0,
			                "the store's schema is at step %lld, this program knows "
			                "%d: it needs a newer one",
			                (long long)version, (int)last_step());
		if (version != (int64_t)i + 1 ||
		    !str_eq(db_row(rows, i)[1].s, checksum(m->arena, version)))
			return diag_add(m->diag, ERR_DENIED, 0,
			                "the store's schema step %lld is not this program's: it "
			                "was made by a different build",
			                (long long)version);
	}
	return DONE;
}

err migrate(struct db *db, struct diag *diag)
{
	struct migration m = { .arena = diag->arena, .diag = diag, .driver = db->driver };
	struct db_rows rows;
	TRY(db_tx(db, make_table, &m));
	err e = db_query(m.arena, db, "SELECT version, checksum FROM schema_step ORDER BY version",
	                 DB_NO_ARGS, &rows);
	if (e.code)
		return diag_add(diag, e.code, 0, "the store's schema cannot be read");
	TRY(compare(&m, &rows));
	for (m.version = (int64_t)rows.n + 1; m.version <= last_step(); m.version++) {
		e = db_tx(db, apply, &m);
		if (e.code)
			return diag->findings.n ? e
			                        : diag_add(diag, e.code, 0,
			                                   "schema step %lld cannot be applied",
			                                   (long long)m.version);
	}
	return DONE;
}
