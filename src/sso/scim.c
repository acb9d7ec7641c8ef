/* SPDX-License-Identifier: Apache-2.0 */
/* Lists, versions and keys of SCIM.
 * A list is read in batches; without sorting only the page that is shown is kept.
 * Source: sso/scim.h. */
#include "sso/scim.h"

#include <stdlib.h>
#include <string.h>

#include "sso/iso_time.h"

/* ---- queries ---- */
static struct message *filter_read(struct sso_call *q, struct scim_page *p)
{
	str text = sso_query(q, "filter");
	if (!text.n)
		return NULL;
	err e = filter_parse(q->arena, p->table, text, &p->filter, &p->costs);
	return e.code ? sso_scim_error(q, SSO_SCIM_FILTER, sso_told(text)) : NULL;
}

static struct message *sort_read(struct sso_call *q, struct scim_page *p)
{
	str by = sso_query(q, "sortBy"), order = sso_query(q, "sortOrder");
	p->descending = str_istarts(order, S("desc"));
	if (!by.n)
		return NULL;
	p->sort = filter_attribute(p->table, by);
	if (!p->sort)
		return sso_scim_error(q, SSO_SCIM_SORT, sso_told(by));
	p->costs |= p->sort->costs;
	return NULL;
}

/* The answer to a query that is none, or NULL. */
static struct message *page_read(struct sso_call *q, const struct filter_attribute *table,
                                 struct scim_page *p)
{
	*p = (struct scim_page){ .table = table };
	p->start = sso_query_count(q, "startIndex", 1);
	p->count = sso_query_count(q, "count", SCIM_COUNT);
	p->count = p->count > SCIM_COUNT_MAX ? SCIM_COUNT_MAX : p->count;
	for (str rest = sso_query(q, "attributes"); str_given(rest);) {
		str one = str_trim(str_cut(&rest, ','));
		one = str_sub(one, 0, str_find_char(one, '.'));
		if (one.n && p->only.n < FILTER_TERMS)
			strs_add(q->arena, &p->only, one);
	}
	struct message *m = filter_read(q, p);
	return m ? m : sort_read(q, p);
}

/* ---- what is kept ---- */
bool scim_wanted(const struct scim_pick *k, const void *thing)
{
	return !k->page->filter || filter_fits(k->page->filter, thing);
}

err scim_offer(struct scim_pick *k, const void *thing)
{
	int64_t nth = ++k->total;
	if (!k->page->sort && (nth < k->page->start || nth - k->page->start >= k->page->count))
		return DONE;
	if (k->kept.n >= SCIM_SORTED_MAX)
		return FAIL(ERR_LIMIT);
	void *copy = arena_alloc(k->arena, k->size, _Alignof(max_align_t));
	memcpy(copy, thing, k->size);
	VEC_PUSH(k->arena, &k->kept, copy);
	return DONE;
}

static int order(const void *a, const void *b, void *page)
{
	const struct scim_page *p = page;
	struct filter_value x = p->sort->get(*(void *const *)a),
			    y = p->sort->get(*(void *const *)b);
	int c = x.given && y.given ? filter_compare(p->sort->kind, &x, &y)
	                           : (int)x.given - (int)y.given;
	return p->descending ? -c : c;
}

/* Sorts, cuts. */
static void settle(struct scim_pick *k)
{
	const struct scim_page *p = k->page;
	if (!p->sort || !k->kept.n)
		return;
	struct scim_page copy = *p;
	qsort_r(k->kept.v, k->kept.n, sizeof *k->kept.v, order, &copy);
	size_t skip = (uint64_t)p->start - 1 < k->kept.n ? (size_t)p->start - 1 : k->kept.n;
	k->kept.v += skip;
	k->kept.n -= skip;
	k->kept.n = k->kept.n > (size_t)p->count ? (size_t)p->count : k->kept.n;
}

/* ---- answers ---- */
void scim_time(struct json_writer *w, struct arena *a, const char *key, int64_t ms)
{
	if (ms > 0)
		json_pair_given(w, key, iso_time_write(a, ms));
}

void scim_meta_write(struct json_writer *w, struct arena *a, const struct scim_meta *m)
{
	json_key(w, S("meta"));
	json_open(w, '{');
	json_pair_int(w, "version", m->version);
	scim_time(w, a, "created", m->created_at_ms);
	scim_time(w, a, "lastModified", m->last_modified_at_ms);
	json_close(w, '}');
}

void scim_schemas(struct json_writer *w)
{
	json_key(w, S("schemas"));
	json_open(w, '[');
	json_str(w, S("urn:scim:schemas:core:1.0"));
	json_close(w, ']');
}

bool scim_shows(const struct strs *only, const char *key)
{
	for (size_t i = 0; i < only->n; i++)
		if (str_ieq(only->v[i], str_from_z(key)))
			return true;
	return !only->n;
}

struct message *scim_list(struct sso_call *q, const struct scim_kind *kind)
{
	struct scim_page page;
	struct message *m = page_read(q, kind->table, &page);
	if (m)
		return m;
	struct scim_pick pick = { .page = &page, .arena = q->arena, .size = kind->size };
	err e = kind->pick(q, &pick);
	if (e.code == ERR_LIMIT)
		return sso_scim_error(q, SSO_SCIM_MANY, STR_NONE);
	settle(&pick);
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_key(&w, S("resources"));
	json_open(&w, '[');
	for (size_t i = 0; !e.code && i < pick.kept.n; i++)
		e = kind->write(q, &w, &page, pick.kept.v[i]);
	if (e.code)
		return sso_trouble(q, e);
	json_close(&w, ']');
	json_pair_int(&w, "startIndex", page.start);
	json_pair_int(&w, "itemsPerPage", (int64_t)pick.kept.n);
	json_pair_int(&w, "totalResults", pick.total);
	scim_schemas(&w);
	json_close(&w, '}');
	return sso_json(q, 200, buf_str(&b));
}

struct message *scim_answer(struct sso_call *q, unsigned status, int64_t version, str text)
{
	struct message *m = sso_json(q, status, text);
	headers_set(q->arena, &m->headers, S("ETag"),
	            str_fmt(q->arena, "\"%lld\"", (long long)version));
	return m;
}

struct message *scim_if_match(struct sso_call *q, int64_t *version)
{
	str text = str_trim(sso_header(q, "if-match"));
	*version = -1;
	if (!text.n)
		return sso_scim_error(q, SSO_SCIM_IF_MATCH, q->call->request->verb);
	if (str_eq(text, S("*")))
		return NULL;
	if (text.n > 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
		text = str_sub(text, 1, text.n - 1);
	if (str_to_i64(text, version) && *version >= 0)
		return NULL;
	return sso_scim_error(q, SSO_SCIM_INVALID, S("If-Match takes a version, or *"));
}
