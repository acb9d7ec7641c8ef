/* SPDX-License-Identifier: Apache-2.0 */
/* API products as documents under their names.
 * A product that a key names cannot go: the reference from credential_product holds it.
 * Source: store/products.h. */
#include "store/products.h"

#include "store/inside.h"

#define PRODUCT_BY_NAME "SELECT doc FROM api_product WHERE org = $1 AND name = $2"

struct product_call {
	struct arena *arena;
	str org, name;
	struct api_product *product;
};

static struct change change_of(str org, str name)
{
	return (struct change){ .kind = FEED_product, .org = org, .name = name };
}

static err insert_product(struct db *tx, void *arg)
{
	struct product_call *c = arg;
	return db_exec(tx, "INSERT INTO api_product (org, name, doc) VALUES ($1, $2, $3)",
	               DB_ARGS(DB_T(c->org), DB_T(c->name),
	                       DB_T(doc_write(c->arena, &api_product_noun, c->product))),
	               NULL);
}

err product_create(struct store *st, str org, struct api_product *p)
{
	struct arena *a = arena_create(0, 0);
	struct product_call call = { a, org, p->name, p };
	struct change c = change_of(org, p->name);
	p->created_at_ms = p->last_modified_at_ms = clock_ms();
	err e = store_change(st, &c, insert_product, &call);
	arena_destroy(&a);
	return e;
}

err product_get(struct arena *a, struct store *st, str org, str name, struct api_product **out)
{
	void *p;
	TRY(doc_get(a, st->db, &api_product_noun, PRODUCT_BY_NAME, DB_ARGS(DB_T(org), DB_T(name)),
	            &p));
	*out = p;
	return DONE;
}

err product_names(struct arena *a, struct store *st, str org, const struct page *p,
                  struct strs *out)
{
	return names_query(
		a, st->db,
		"SELECT name FROM api_product WHERE org = $1 AND name >= $2 ORDER BY name LIMIT $3",
		DB_ARGS(DB_T(org), DB_T(page_start(p)), DB_I(page_count(p))), out);
}

err product_list(struct arena *a, struct store *st, str org, const struct page *p, struct list *out)
{
	return doc_list(
		a, st->db, &api_product_noun,
		"SELECT doc FROM api_product WHERE org = $1 AND name >= $2 ORDER BY name LIMIT $3",
		DB_ARGS(DB_T(org), DB_T(page_start(p)), DB_I(page_count(p))), out);
}

static err settle_product(struct db *tx, struct doc_edit *e)
{
	(void)tx;
	((struct api_product *)e->thing)->name = ((const struct api_product *)e->before)->name;
	return DONE;
}

err product_change(struct arena *a, struct store *st, str org, str name, struct edit *edit,
                   struct api_product **out)
{
	struct change c = change_of(org, name);
	struct doc_edit e = {
		.arena = a,
		.store = st,
		.noun = &api_product_noun,
		.edit = edit,
		.select = PRODUCT_BY_NAME,
		.update = "UPDATE api_product SET doc = $3 WHERE org = $1 AND name = $2",
		.key = DB_ARGS(DB_T(org), DB_T(name)),
		.at_ms = offsetof(struct api_product, last_modified_at_ms),
		.by = offsetof(struct api_product, last_modified_by),
		.settle = settle_product,
	};
	TRY(store_change(st, &c, doc_edit, &e));
	*out = e.thing;
	return DONE;
}

static err delete_product(struct db *tx, void *arg)
{
	struct product_call *c = arg;
	void *was;
	TRY(doc_get(c->arena, tx, &api_product_noun, PRODUCT_BY_NAME,
	            DB_ARGS(DB_T(c->org), DB_T(c->name)), &was));
	c->product = was;
	return exec_one(tx, "DELETE FROM api_product WHERE org = $1 AND name = $2",
	                DB_ARGS(DB_T(c->org), DB_T(c->name)));
}

err product_delete(struct arena *a, struct store *st, str org, str name, struct api_product **was)
{
	struct product_call call = { a, org, name, NULL };
	struct change c = change_of(org, name);
	TRY(store_change(st, &c, delete_product, &call));
	*was = call.product;
	return DONE;
}

#define PAGE_ARGS(p)                                                              \
	DB_ARGS(DB_T((p)->org), DB_T((p)->product), DB_T(page_start(&(p)->page)), \
	        DB_I(page_count(&(p)->page)))

err product_keys(struct arena *a, struct store *st, const struct product_page *p, struct strs *keys)
{
	return names_query(a, st->db,
	                   "SELECT consumer_key FROM credential_product WHERE org = $1 AND product "
	                   "= $2 AND consumer_key >= $3 ORDER BY consumer_key LIMIT $4",
	                   PAGE_ARGS(p), keys);
}

/* CROSS: SQLite would walk all credentials in the order of their apps. */
err product_apps(struct arena *a, struct store *st, const struct product_page *p,
                 struct strs *app_ids)
{
	return names_query(a, st->db,
	                   "SELECT DISTINCT c.app_id FROM credential_product p"
	                   " CROSS JOIN credential c WHERE c.org = p.org AND c.consumer_key ="
	                   " p.consumer_key AND p.org = $1 AND p.product = $2 AND c.app_id >= $3"
	                   " ORDER BY c.app_id LIMIT $4",
	                   PAGE_ARGS(p), app_ids);
}
