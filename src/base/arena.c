/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas: a chain of blocks, and a list of what to call at the end; how the process keeps memory.
 * A block is never moved, so what was handed out stays where it is.
 * Source: house. */
#include "base/arena.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

enum { OWN_PAGES = 256 * 1024 };

struct block {
	struct block *next;
	size_t size;
	_Alignas(max_align_t) char bytes[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *);
	void *ptr;
};

struct arena {
	char *at, *end;
	struct block *blocks; /* newest first */
	struct block *first;
	struct deferred *deferred;
	size_t next_size, used, cap;
};

static void *there(void *p, size_t size)
{
	if (!p) {
		fprintf(stderr, "out of memory: %zu bytes\n", size);
		abort();
	}
	return p;
}

static void *must_malloc(size_t size) { return there(malloc(size), size); }

static void link_block(struct arena *a, struct block *b, size_t size)
{
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
}

static void block_push(struct arena *a, size_t size)
{
	struct block *b = must_malloc(sizeof *b + size);
	link_block(a, b, size);
	a->at = b->bytes;
	a->end = b->bytes + size;
}

struct arena *arena_create(size_t first_block, size_t cap)
{
	struct arena *a = must_malloc(sizeof *a);
	*a = (struct arena){ .cap = cap, .next_size = first_block ? first_block : 4096 };
	block_push(a, a->next_size);
	a->first = a->blocks;
	return a;
}

static void run_deferred(struct arena *a)
{
	for (struct deferred *d; (d = a->deferred);) {
		a->deferred = d->next;
		d->fn(d->ptr);
	}
}

/* glibc would learn from the first large block that is freed to keep the next ones, once a thread. */
void memory_start(void)
{
	mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
	mallopt(M_TRIM_THRESHOLD, OWN_PAGES);
}

void memory_trim(void) { malloc_trim(0); }

void arena_reset(struct arena *a)
{
	run_deferred(a);
	for (struct block *b; (b = a->blocks) != a->first;) {
		a->blocks = b->next;
		free(b);
	}
	a->at = a->first->bytes;
	a->end = a->at + a->first->size;
	a->next_size = a->first->size;
	a->used = 0;
}

void arena_destroy(struct arena **ap)
{
	struct arena *a = *ap;
	*ap = NULL;
	if (!a)
		return;
	arena_reset(a);
	free(a->first);
	free(a);
}

/* Apart from the way that is nearly always taken, which saves no register without it. */
static __attribute__((noinline)) void *alloc_in_next(struct arena *a, size_t size, size_t align)
{
	must(size < SIZE_MAX / 2);
	if (a->next_size < 64 * 1024)
		a->next_size *= 2;
	block_push(a, size + align > a->next_size ? size + align : a->next_size);
	uintptr_t at = ((uintptr_t)a->at + align - 1) & ~(uintptr_t)(align - 1);
	a->at = (char *)(at + size);
	return (void *)at;
}

void *arena_alloc(struct arena *a, size_t size, size_t align)
{
	uintptr_t at = ((uintptr_t)a->at + align - 1) & ~(uintptr_t)(align - 1);
	a->used += size;
	if (at > (uintptr_t)a->end || size > (uintptr_t)a->end - at)
		return alloc_in_next(a, size, align);
	a->at = (char *)(at + size);
	return (void *)at;
}

/* A table of this size has a block of its own, of pages that cost nothing until they are written to. */
static void *zeroed_pages(struct arena *a, size_t size, size_t align)
{
	must(size < SIZE_MAX / 2);
	struct block *b = there(calloc(1, sizeof *b + size + align), size);
	link_block(a, b, size + align);
	a->used += size;
	return (void *)(((uintptr_t)b->bytes + align - 1) & ~(uintptr_t)(align - 1));
}

void *arena_zalloc(struct arena *a, size_t size, size_t align)
{
	if (size >= OWN_PAGES)
		return zeroed_pages(a, size, align);
	return memset(arena_alloc(a, size, align), 0, size);
}

void arena_defer(struct arena *a, void (*fn)(void *), void *ptr)
{
	struct deferred *d = arena_alloc(a, sizeof *d, _Alignof(struct deferred));
	*d = (struct deferred){ a->deferred, fn, ptr };
	a->deferred = d;
}

bool arena_over(const struct arena *a) { return a->cap && a->used > a->cap; }
size_t arena_used(const struct arena *a) { return a->used; }

/* Apart from VEC_PUSH(), which is in many places, and has room nearly always. */
__attribute__((noinline)) void *vec_bigger(struct arena *a, void *v, size_t n, size_t *cap,
                                           size_t size)
{
	*cap = *cap ? *cap * 2 : 8;
	void *bigger = arena_alloc(a, *cap * size, _Alignof(max_align_t));
	if (n)
		memcpy(bigger, v, n * size);
	return bigger;
}

/* To a power of two. */
static size_t round_up(size_t n)
{
	must(n < SIZE_MAX / 2);
	return n <= 64 ? 64 : (size_t)1 << (64 - __builtin_clzll(n - 1));
}

char *buf_room(struct buf *b, size_t n)
{
	if (!b->p || b->cap - b->n < n) {
		size_t cap = round_up(b->n + n);
		char *p = arena_alloc(b->arena, cap, 1);
		if (b->n)
			memcpy(p, b->p, b->n);
		b->p = p;
		b->cap = cap;
	}
	return b->p + b->n;
}

void buf_add(struct buf *b, str s)
{
	if (s.n) {
		memcpy(buf_room(b, s.n), s.p, s.n);
		b->n += s.n;
	}
}

void buf_char(struct buf *b, char c)
{
	*buf_room(b, 1) = c;
	b->n++;
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	str s = str_vfmt(b->arena, fmt, ap);
	va_end(ap);
	buf_add(b, s);
}
