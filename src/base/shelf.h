/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded memory that threads share: what is on the shelf never changes, and is freed when its last
 * holder lets go.
 * Room is made by second chance; 64 parts, each with a lock that is held for a look-up only.
 * Source: house. */
#pragma once

#include <stdatomic.h>

#include "base/arena.h"

struct shelf;

/* The first member of what is kept.  It and all that it shows live in its own arena. */
struct shelf_item {
	struct shelf_item *next; /* in its bucket */
	struct arena *arena;
	str key;
	uint64_t hash;
	_Atomic(unsigned) holders;
	_Atomic(bool) used; /* since the hand passed */
	size_t slot;
};

struct shelf *shelf_create(unsigned items);
void shelf_destroy(struct shelf **);

/* A zeroed struct of that size whose first member is an item, held once, on no shelf yet.
 * room: bytes that it will need in its arena. */
void *shelf_item(size_t size, size_t room, str key);
/* The item of the key, held; NULL: none. */
void *shelf_take(struct shelf *, str key);
/* Takes the place of what the key had; the caller goes on holding it. */
void shelf_put(struct shelf *, void *item);
void shelf_let_go(void *item);
