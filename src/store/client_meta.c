/* SPDX-License-Identifier: Apache-2.0 */
/* What clients say to people, with the names that they have.
 * A row goes with its client, by the foreign key.
 * Source: store/client_meta.h. */
#include "store/client_meta.h"

#include "store/inside.h"

#define SELECT                                                                                \
	"SELECT m.doc, c.doc FROM oauth_client_meta m JOIN oauth_client c ON c.zone = m.zone" \
	" AND c.id = m.client_id WHERE m.zone = $1"

err client_meta_put(struct store *st, const struct client_key *k, const struct client_meta *m)
{
	struct arena *a = arena_create(0, 0);
	err e = db_exec(
		st->db,
		"INSERT INTO oauth_client_meta (zone, client_id, doc) VALUES ($1, $2, $3)"
		" ON CONFLICT (zone, client_id) DO UPDATE SET doc = $3",
		DB_ARGS(DB_T(k->zone), DB_T(k->id), DB_T(doc_write(a, &client_meta_noun, m))),
		NULL);
	arena_destroy(&a);
	return e;
}

static err read_row(struct arena *a, const struct db_value *c, struct client_meta *out)
{
	struct oauth_client client = { 0 };
	TRY(doc_read(a, &client_meta_noun, c[0].s, out));
	TRY(doc_read(a, &oauth_client_noun, c[1].s, &client));
	out->client_name = client.name;
	return DONE;
}

err client_meta_get(struct arena *a, struct store *st, const struct client_key *k,
                    struct client_meta *out)
{
	struct db_rows rows;
	TRY(one_row(a, st->db, SELECT " AND m.client_id = $2", DB_ARGS(DB_T(k->zone), DB_T(k->id)),
	            &rows));
	return read_row(a, rows.v, out);
}

err client_meta_list(struct arena *a, struct store *st, str zone, struct list *out)
{
	struct db_rows rows;
	TRY(db_query(a, st->db, SELECT " ORDER BY m.client_id LIMIT 500", DB_ARGS(DB_T(zone)),
	             &rows));
	struct client_meta *v = arena_array(a, struct client_meta, rows.n + 1);
	*out = (struct list){ v, rows.n };
	for (size_t i = 0; i < rows.n; i++)
		TRY(read_row(a, db_row(&rows, i), &v[i]));
	return DONE;
}
