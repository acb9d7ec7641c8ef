/* SPDX-License-Identifier: Apache-2.0 */
/* A table of addresses and until when; its lock is held for a look only.
 * While nobody is banned it costs an accept one atomic read.
 * Source: house. */
#include "http/ban.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/err.h"

enum { PLACES = 1024 };

struct ban {
	int64_t ms;
	_Atomic(int64_t) last_ms; /* when the last of them ends */
	pthread_mutex_t lock;
	struct {
		uint64_t key;
		int64_t until_ms;
	} places[PLACES];
};

struct ban *ban_make(struct arena *a, int64_t ms)
{
	struct ban *b = arena_new(a, struct ban);
	b->ms = ms;
	must(pthread_mutex_init(&b->lock, NULL) == 0);
	return b;
}

/* An IPv4 address stands behind bits that begin no network of IPv6. */
uint64_t ban_key(const struct sockaddr_storage *from)
{
	const struct in6_addr *six = &((const struct sockaddr_in6 *)from)->sin6_addr;
	const void *four = from->ss_family == AF_INET
	                           ? (const void *)&((const struct sockaddr_in *)from)->sin_addr
	                   : IN6_IS_ADDR_V4MAPPED(six) ? (const void *)(six->s6_addr + 12)
	                                               : NULL;
	unsigned char key[8];
	uint64_t whole;
	memset(key, 0xff, sizeof key);
	memcpy(key + (four ? 4 : 0), four ? four : six->s6_addr, four ? 4 : 8);
	memcpy(&whole, key, sizeof whole);
	return whole;
}

static size_t place_of(uint64_t key) { return str_hash(str_from(&key, sizeof key)) % PLACES; }

bool ban_put(struct ban *b, uint64_t key, int64_t now_ms)
{
	size_t at = place_of(key);
	int64_t until = now_ms + b->ms;
	pthread_mutex_lock(&b->lock);
	bool was_there = b->places[at].key == key && b->places[at].until_ms > now_ms;
	b->places[at].key = key;
	b->places[at].until_ms = until;
	atomic_store(&b->last_ms, until);
	pthread_mutex_unlock(&b->lock);
	return !was_there;
}

bool ban_has(struct ban *b, uint64_t key, int64_t now_ms)
{
	if (atomic_load_explicit(&b->last_ms, memory_order_relaxed) <= now_ms)
		return false;
	size_t at = place_of(key);
	pthread_mutex_lock(&b->lock);
	bool has = b->places[at].key == key && b->places[at].until_ms > now_ms;
	pthread_mutex_unlock(&b->lock);
	return has;
}
