/* SPDX-License-Identifier: Apache-2.0 */
/* The store: system of record of organizations, apps, proxies, tokens; opened once, used everywhere.
 * A typed call names the organization first and answers for no other; what it returns lives in the
 * arena it was given.  From a fiber it waits; from a plain thread it blocks.
 * Source: house ("store"). */
#pragma once

#include "base/clock.h"
#include "base/diag.h"
#include "model/noun.h"

struct store;

struct store_options {
	str location;           /* "sqlite:FOLDER" or "postgres://..." */
	str secret_key_file;    /* STR_NONE: secret.key in the folder; needed with PostgreSQL */
	unsigned connections;   /* PostgreSQL: at most so many a loop (0: 8) */
	unsigned max_stale_s;   /* serve cached reads so long without the database (0: 120) */
	unsigned cache_entries; /* tokens kept in memory, and as many clients (0: 100,000) */
	int lock;               /* store_lock() of the process that hands over, taken; 0: none */
};

/* One finding says why it cannot start: a second server on one folder, a schema that only a newer program can use,
 * a key file that does not fit, synchronous_commit off, no connection. */
err store_open(const struct store_options *, struct diag *, struct store **out) MUST_CHECK;
void store_close(struct store **); /* waits for what is queued; no typed call may run */
int store_lock(
	const struct store *); /* the descriptor that locks the folder; -1: nothing is locked */
bool store_is_reachable(struct store *);             /* for health: the database answered lately */
bool store_queue(struct store *, uint64_t *waiting); /* for the writer; false: there is no queue */

/* Runs fn(arg) while no other server of this store runs one.  From a plain thread. */
err store_alone(struct store *, err (*fn)(void *arg), void *arg, struct diag *) MUST_CHECK;

/* Once per store: marks that outlive restarts, e.g. "bootstrap", "demo". */
err store_mark_get(struct store *, str name, bool *set) MUST_CHECK;
err store_mark_set(struct store *, str name) MUST_CHECK;

/* Keys for others, derived from the key file: 32 bytes, the same after a restart.  Nth 0 is of the
 * newest key, which signs; the older ones still verify. */
size_t store_keys(const struct store *);
void store_subkey(const struct store *, const char *purpose, size_t nth, unsigned char out[32]);

/* The errors of typed calls: ERR_NOT_FOUND (also a stranger's), ERR_CONFLICT (exists, or is in use),
 * ERR_STORE (the database), ERR_LIMIT (a queue is full), ERR_CANCELED, and what an edit answers. */

/* Read, change, write back, in one transaction: fn changes the thing in place (new strings in the
 * arena).  It may run on another thread and twice, so it looks at the thing and its arg only.
 * What fn returns (other than DONE) is returned and nothing is written. */
struct edit {
	err (*fn)(struct arena *, void *thing, void *arg);
	void *arg;
	str missing; /* out, with ERR_NOT_FOUND: the API product that the edited thing names; else absent */
	str by; /* becomes last_modified_by */
};

/* A page of a list, in byte order of its key.  Zeroed: all of it. */
struct page {
	str start;      /* inclusive first key; STR_NONE: the beginning */
	uint64_t count; /* 0: no limit */
};
