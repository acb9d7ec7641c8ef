/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets of base/secret.h.
 * The wipe is deferred on the arena, so no path can forget it.
 * Source: explicit_bzero(3). */
#include "base/secret.h"

#include <string.h>

struct secret {
	size_t n;
	char bytes[];
};

static void secret_wipe(void *p)
{
	struct secret *s = p;
	wipe(s->bytes, s->n);
}

struct secret *secret_new(struct arena *a, str bytes)
{
	struct secret *s = arena_alloc(a, sizeof *s + bytes.n, _Alignof(struct secret));
	s->n = bytes.n;
	if (bytes.n)
		memcpy(s->bytes, bytes.p, bytes.n);
	arena_defer(a, secret_wipe, s);
	return s;
}

str secret_bytes(const struct secret *s) { return s ? (str){ s->bytes, s->n } : STR_NONE; }
bool secret_is(const struct secret *s, str c) { return s && str_eq_secret(secret_bytes(s), c); }
void wipe(void *p, size_t n) { explicit_bzero(p, n); }
