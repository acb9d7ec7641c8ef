/* SPDX-License-Identifier: Apache-2.0 */
/* Entities as documents, and the few ways in which rows are read.
 * A document holds what its noun's field table holds; what has a column of its own is not read from it.
 * Source: house. */
#include <string.h>

#include "store/inside.h"

str doc_write(struct arena *a, const struct noun *noun, const void *thing)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	model_write_json(&w, noun->fields, thing);
	return buf_str(&b);
}

err doc_read(struct arena *a, const struct noun *noun, str doc, void *out)
{
	struct diag diag = { .arena = a };
	return model_read_json(a, noun, doc, MODEL_STORED, &diag, out).code ? FAIL(ERR_STORE)
	                                                                    : DONE;
}

err one_row(struct arena *a, struct db *db, const char *sql, struct db_args args,
            struct db_rows *out)
{
	TRY(db_query(a, db, sql, args, out));
	return out->n ? DONE : FAIL(ERR_NOT_FOUND);
}

err exec_one(struct db *db, const char *sql, struct db_args args)
{
	int64_t changed;
	TRY(db_exec(db, sql, args, &changed));
	return changed ? DONE : FAIL(ERR_NOT_FOUND);
}

err doc_get(struct arena *a, struct db *db, const struct noun *noun, const char *sql,
            struct db_args args, void **out)
{
	struct db_rows rows;
	TRY(one_row(a, db, sql, args, &rows));
	*out = arena_zalloc(a, noun->size, _Alignof(max_align_t));
	return doc_read(a, noun, rows.v[0].s, *out);
}

err doc_list(struct arena *a, struct db *db, const struct noun *noun, const char *sql,
             struct db_args args, struct list *out)
{
	struct db_rows rows;
	TRY(db_query(a, db, sql, args, &rows));
	*out = (struct list){ arena_zalloc(a, noun->size * (rows.n + 1), _Alignof(max_align_t)),
		              rows.n };
	for (size_t i = 0; i < rows.n; i++)
		TRY(doc_read(a, noun, db_row(&rows, i)[0].s, (char *)out->v + i * noun->size));
	return DONE;
}

err names_query(struct arena *a, struct db *db, const char *sql, struct db_args args,
                struct strs *out)
{
	struct db_rows rows;
	TRY(db_query(a, db, sql, args, &rows));
	*out = (struct strs){ arena_array(a, str, rows.n + 1), rows.n };
	for (size_t i = 0; i < rows.n; i++)
		out->v[i] = db_row(&rows, i)[0].s;
	return DONE;
}

str page_start(const struct page *p) { return p && str_given(p->start) ? p->start : S(""); }

int64_t page_count(const struct page *p)
{
	return p && p->count && p->count < INT64_MAX ? (int64_t)p->count : INT64_MAX;
}

static err edit_thing(struct doc_edit *e)
{
	char *thing = arena_alloc(e->arena, e->noun->size, _Alignof(max_align_t));
	memcpy(thing, e->before, e->noun->size);
	e->thing = thing;
	TRY(e->edit->fn(e->arena, thing, e->edit->arg));
	if (e->at_ms)
		*(int64_t *)(thing + e->at_ms) = clock_ms();
	if (e->by && str_given(e->edit->by))
		*(str *)(thing + e->by) = e->edit->by;
	return DONE;
}

err doc_edit(struct db *tx, void *arg)
{
	struct doc_edit *e = arg;
	struct db_value args[8];
	void *before;
	must(e->key.n < 8);
	TRY(doc_get(e->arena, tx, e->noun, e->select, e->key, &before));
	e->before = before;
	TRY(edit_thing(e));
	if (e->settle)
		TRY(e->settle(tx, e));
	memcpy(args, e->key.v, e->key.n * sizeof *args);
	args[e->key.n] = DB_T(doc_write(e->arena, e->noun, e->thing));
	return exec_one(tx, e->update, (struct db_args){ args, e->key.n + 1 });
}

struct one_list {
	struct list items;
};
struct one_strs {
	struct strs items;
};
static const struct field strs_table[] = { FIELD(one_strs, items, "v", T_STRS), FIELDS_END };
static const struct field attributes_table[] = {
	FIELD(one_list, items, "v", T_LIST, .sub = attribute_fields,
	      .sub_size = sizeof(struct attribute)),
	FIELDS_END,
};
static const struct noun strs_noun = { "Strs", NULL, sizeof(struct one_strs), strs_table };
static const struct noun attributes_noun = { "Attributes", NULL, sizeof(struct one_list),
	                                     attributes_table };

str strs_json(struct arena *a, const struct strs *s) { return doc_write(a, &strs_noun, s); }

err strs_of_json(struct arena *a, str json, struct strs *out)
{
	return doc_read(a, &strs_noun, json, out);
}

str attributes_json(struct arena *a, const struct list *l)
{
	return l->n ? doc_write(a, &attributes_noun, l) : STR_NONE;
}

err attributes_of_json(struct arena *a, str json, struct list *out)
{
	*out = (struct list){ 0 };
	return str_given(json) ? doc_read(a, &attributes_noun, json, out) : DONE;
}
