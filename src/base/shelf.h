/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded memory that threads share: what is on the shelf never changes, and is freed when its last
 * holder lets go.
 * Room is made by second chance; 64 parts, each with a lock that is held for a look-up only.
 * Source: house. */
#pragma once

#include <stdatomic.h>

#include "base/arena.h"

struct shelf;

struct shelf_key {
	str realm, name; /* whose, and what; the realm is absent where all have one owner */
	uint64_t hash;   /* of both: keyed, or of what nobody can choose */
};
static inline struct shelf_key shelf_name(str name)
{
	return (struct shelf_key){ .name = name, .hash = str_hash(name) };
}

/* The first member of what is kept.  It and all that it shows live in its own arena. */
struct shelf_item {
	struct shelf_item *next; /* in its bucket */
	struct shelf_key key;
	struct arena *arena;
	_Atomic(unsigned) holders;
	_Atomic(bool) used; /* since the hand passed */
	size_t slot;
};

struct shelf *shelf_create(unsigned items);
void shelf_destroy(struct shelf **);

/* A zeroed struct of that size whose first member is an item, held once, on no shelf yet.
 * room: bytes that it will need in its arena. */
void *shelf_item(size_t size, size_t room, const struct shelf_key *);
void shelf_hold(void *item);
void shelf_let_go(void *item);

/* The item of the key, held; NULL: none. */
void *shelf_take(struct shelf *, const struct shelf_key *);
/* Takes the place of what the key had; the caller goes on holding it. */
void shelf_put(struct shelf *, void *item);

/* What shows something that changes elsewhere: note, read it, put it.  It is not kept if its key, or one
 * that shares its part, was forgotten since the note. */
unsigned shelf_note(struct shelf *, const struct shelf_key *);
void shelf_put_since(struct shelf *, unsigned note, void *item);
void shelf_forget(struct shelf *, const struct shelf_key *);
void shelf_forget_all(struct shelf *);
