/* SPDX-License-Identifier: Apache-2.0 */
/* Memory by lifetime: everything made in an arena goes with it, at once.
 * Allocation never returns NULL: out of memory aborts; crossing the arena's cap only sets `over`,
 * which the owner looks at between steps.
 * Source: house; the idea is h2o's pools. */
#pragma once

#include <stddef.h>

#include "base/str.h"

struct arena; /* one owner at a time; not shared between threads */

/* first_block: bytes of the first block (0: 4 KiB); cap: bytes after which `over` is set (0: none). */
struct arena *arena_create(size_t first_block, size_t cap);
void arena_destroy(struct arena **);

/* Runs what was deferred and drops all but the first block, for the next use. */
void arena_reset(struct arena *);

/* Uninitialised; align must be a power of two. */
void *arena_alloc(struct arena *, size_t size, size_t align) __attribute__((malloc));
void *arena_zalloc(struct arena *, size_t size, size_t align);
#define arena_new(arena, type) ((type *)arena_zalloc((arena), sizeof(type), _Alignof(type)))
#define arena_array(arena, type, n) \
	((type *)arena_zalloc((arena), sizeof(type) * (size_t)(n), _Alignof(type)))

/* Calls fn(ptr) when the arena ends or is reset; the last deferred runs first. */
void arena_defer(struct arena *, void (*fn)(void *), void *ptr);

bool arena_over(const struct arena *);
size_t arena_used(const struct arena *); /* bytes handed out since the start or the last reset */

/* The process: what is large goes back to the system when it is freed (call it first, before threads); what
 * start-up left free goes back now. */
void memory_start(void);
void memory_trim(void);

/* A text or byte string that grows in an arena. */
struct buf {
	struct arena *arena;
	char *p;
	size_t n, cap;
};

static inline struct buf buf_in(struct arena *a) { return (struct buf){ .arena = a }; }
void buf_add(struct buf *, str);
void buf_char(struct buf *, char);
void buf_fmt(struct buf *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *buf_room(struct buf *, size_t n); /* n writable bytes at the end; count them in with n += */
static inline str buf_str(const struct buf *b) { return (str){ b->p ? b->p : "", b->n }; }
