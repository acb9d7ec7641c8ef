/* SPDX-License-Identifier: Apache-2.0 */
/* What the resources of SCIM share: pages of a list, versions, which keys are asked for.
 * It is SCIM 1.1, as old clients speak it.
 * Source: oauth2-service reference, 3.5, 3.6, 3.10. */
#pragma once

#include "sso/call.h"
#include "sso/filter.h"

enum {
	SCIM_COUNT = 100,
	SCIM_COUNT_MAX = 500,
	SCIM_BATCH = 500,
	SCIM_SORTED_MAX = 20000, /* things to sort */
	SCIM_SCAN_MAX = 100000,  /* things to look at for a filter */
};

struct scim_page {
	const struct filter_attribute *table;
	struct filter *filter;               /* NULL: all */
	const struct filter_attribute *sort; /* NULL: as they come */
	bool descending, costs;              /* costs: filter or sort ask for more than the row */
	int64_t start, count;                /* from 1 */
	struct strs only;                    /* keys that are asked for; none: all */
};

/* Takes what the store reads, batch by batch, and keeps what the page shows. */
struct scim_pick {
	const struct scim_page *page;
	struct arena *arena;
	size_t size; /* of a thing */
	VEC(void *) kept;
	int64_t total;
};
/* thing is copied with its strings, which must live as long as the pick.  ERR_LIMIT: too many to sort. */
err scim_offer(struct scim_pick *, const void *thing) MUST_CHECK;
bool scim_wanted(const struct scim_pick *, const void *thing); /* the filter takes it */

/* A list: what a query may ask of a thing, how the store's are offered (ERR_LIMIT: too many), and what one says. */
struct scim_kind {
	const struct filter_attribute *table;
	size_t size;
	err (*pick)(struct sso_call *, struct scim_pick *);
	err (*write)(struct sso_call *, struct json_writer *, const struct scim_page *,
	             void *thing);
};
struct message *scim_list(struct sso_call *, const struct scim_kind *);

/* Whether the key of an answer is asked for. */
bool scim_shows(const struct strs *only, const char *key);
void scim_time(struct json_writer *, struct arena *, const char *key, int64_t ms); /* when not 0 */
struct scim_meta {
	int64_t version, created_at_ms, last_modified_at_ms;
};
void scim_meta_write(struct json_writer *, struct arena *, const struct scim_meta *);
void scim_schemas(struct json_writer *);
/* The answer with the version as its ETag. */
struct message *scim_answer(struct sso_call *, unsigned status, int64_t version, str text);

/* If-Match: -1 for any.  The answer when it is missing, or is none. */
struct message *scim_if_match(struct sso_call *, int64_t *version);
