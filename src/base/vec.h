/* SPDX-License-Identifier: Apache-2.0 */
/* A typed array that grows in an arena: VEC(str) names; VEC_PUSH(arena, &names, s).
 * Elements move when it grows: keep indexes, not pointers, while pushing.
 * Source: house. */
#pragma once

#include <string.h>

#include "base/arena.h"

#define VEC(type)              \
	struct {               \
		type *v;       \
		size_t n, cap; \
	}

#define VEC_PUSH(arena, vec, ...)                                                                \
	do {                                                                                     \
		(vec)->v = vec_grow((arena), (vec)->v, (vec)->n, &(vec)->cap, sizeof *(vec)->v); \
		(vec)->v[(vec)->n++] = (__VA_ARGS__);                                            \
	} while (0)

#define VEC_EACH(type, it, vec) for (type *it = (vec)->v; it && it < (vec)->v + (vec)->n; it++)

void *vec_bigger(struct arena *, void *v, size_t n, size_t *cap, size_t size);

static inline void *vec_grow(struct arena *a, void *v, size_t n, size_t *cap, size_t size)
{
	return n < *cap ? v : vec_bigger(a, v, n, cap, size);
}
