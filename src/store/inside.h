/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share: the store itself, changes, documents, rows.
 * A change is announced to caches and consumers after its commit, never before.
 * Source: house. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "model/json.h"
#include "store/db.h"
#include "store/feed.h"
#include "store/seal.h"

struct cache;

struct feed {
	pthread_mutex_t lock;
	struct feed_reader *readers; /* guarded */
	struct feed_wait *waits;     /* guarded: who waits in feed_wait() */
	_Atomic(int64_t) head;       /* the greatest number that this node knows of */
	_Atomic(int64_t) committed;  /* the greatest that this process committed */
	_Atomic(int64_t) heard_ms;   /* monotonic: when the database last answered */
	int64_t read;                /* the listener's: what the cache has heard of */
};

struct note { /* why a deployment does not run here */
	struct note *next;
	struct arena *arena;
	str place, error;
};

struct store {
	struct arena *arena;
	struct db *db;
	struct seal *seal;
	struct feed feed;
	struct cache *cache;
	int64_t max_stale_ms;
	pthread_mutex_t notes_lock;
	struct note *notes;
};

/* One change: the number first, then fn, in one transaction; caches and consumers hear of it afterwards. */
err store_change(struct store *, struct change *, err (*fn)(struct db *tx, void *arg),
                 void *arg) MUST_CHECK;
/* Several in one transaction, in their order: all of them or none. */
struct store_step {
	struct change *change;
	err (*fn)(struct db *tx, void *arg);
	void *arg;
};
err store_changes(struct store *, struct store_step *, size_t n) MUST_CHECK;

/* feed.c */
err feed_open(struct store *) MUST_CHECK; /* reads the head, listens */
void feed_close(struct store *);

/* cache.c */
struct cache *cache_create(unsigned entries); /* of each kind */
void cache_destroy(struct cache **);
void cache_changed(struct store *, const struct change *);
void cache_forget_all(struct store *);

/* doc.c: entities kept as a document of their noun's field table */
str doc_write(struct arena *, const struct noun *, const void *thing);
err doc_read(struct arena *, const struct noun *, str doc, void *out) MUST_CHECK; /* ERR_STORE */
err doc_get(struct arena *, struct db *, const struct noun *, const char *sql, struct db_args,
            void **out) MUST_CHECK;
err doc_list(struct arena *, struct db *, const struct noun *, const char *sql, struct db_args,
             struct list *) MUST_CHECK;

/* Read, edit, write back: inside a transaction.  select and update take the key as $1.., the document is
 * update's next.  settle may put back what must not change, and run what belongs to it. */
struct doc_edit {
	struct arena *arena;
	struct store *store;
	const struct noun *noun;
	const char *select, *update;
	struct db_args key;
	struct edit *edit;
	size_t at_ms, by; /* offsets of last_modified_at_ms and last_modified_by; 0: none */
	err (*settle)(struct db *tx, struct doc_edit *);
	void *context;
	const void *before; /* the thing as it was read, with strings shared */
	void *thing;
};
err doc_edit(struct db *tx, void *doc_edit) MUST_CHECK;

/* resource_use.c: ERR_CONFLICT when the key's resource is used by a deployed bundle ("targetservers",
 * "keystores", "references"), or named as a keystore by a virtual host or target server. */
struct vhost_key;
err resource_not_deployed(struct arena *, struct db *tx, const struct vhost_key *,
                          const char *kind) MUST_CHECK;
err keystore_not_named(struct arena *, struct db *tx, const struct vhost_key *,
                       str store) MUST_CHECK;

/* logins.c: within a change of the user */
struct user_key;
struct login_flags;
err login_flags_write(struct db *tx, const struct user_key *,
                      const struct login_flags *) MUST_CHECK;
err login_rename(struct arena *, struct store *, struct db *tx, const struct user_key *,
                 str name) MUST_CHECK;

/* rows */
err names_query(struct arena *, struct db *, const char *sql, struct db_args,
                struct strs *out) MUST_CHECK; /* column 0 */
err one_row(struct arena *, struct db *, const char *sql, struct db_args,
            struct db_rows *) MUST_CHECK; /* ERR_NOT_FOUND */
err exec_one(struct db *, const char *sql,
             struct db_args) MUST_CHECK; /* ERR_NOT_FOUND when it changed none */
str page_start(const struct page *);
int64_t page_count(const struct page *);
str strs_json(struct arena *, const struct strs *);
err strs_of_json(struct arena *, str json, struct strs *out) MUST_CHECK;
str attributes_json(struct arena *, const struct list *); /* STR_NONE if empty */
err attributes_of_json(struct arena *, str json, struct list *out) MUST_CHECK;
