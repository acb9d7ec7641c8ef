/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes through one buffer under a leaf lock, so that a token costs no system call.
 * Bytes are wiped as they are handed out; a forked child starts with an empty buffer.
 * Source: getrandom(2), pthread_atfork(3). */
#include "base/rand.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/err.h"

static struct {
	pthread_mutex_t lock;
	unsigned char bytes[4096];
	size_t left;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The lock is held across fork, so the child never inherits it from a thread that is not there. */
static void before_fork(void) { pthread_mutex_lock(&pool.lock); }
static void in_parent(void) { pthread_mutex_unlock(&pool.lock); }
static void in_child(void)
{
	pool.left = 0;
	pthread_mutex_unlock(&pool.lock);
}

__attribute__((constructor)) static void at_start(void)
{
	pthread_atfork(before_fork, in_parent, in_child);
}

static void fill(unsigned char *p, size_t n)
{
	while (n) {
		ssize_t got = getrandom(p, n, 0);
		must(got > 0 || errno == EINTR);
		if (got > 0)
			p += got, n -= (size_t)got;
	}
}

void rand_bytes(void *out, size_t n)
{
	if (n > sizeof pool.bytes / 2) {
		fill(out, n);
		return;
	}
	pthread_mutex_lock(&pool.lock);
	if (pool.left < n) {
		fill(pool.bytes, sizeof pool.bytes);
		pool.left = sizeof pool.bytes;
	}
	pool.left -= n;
	memcpy(out, pool.bytes + pool.left, n);
	explicit_bzero(pool.bytes + pool.left, n);
	pthread_mutex_unlock(&pool.lock);
}

uint64_t rand_below(uint64_t bound)
{
	uint64_t v, limit = UINT64_MAX - UINT64_MAX % bound;
	do
		rand_bytes(&v, sizeof v);
	while (v >= limit);
	return v % bound;
}

str rand_alnum(struct arena *a, size_t n)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	char *p = arena_alloc(a, n, 1);
	for (size_t i = 0; i < n;) {
		unsigned char byte;
		rand_bytes(&byte, 1);
		if (byte < 248) /* 4 × 62: above it the first letters would come more often */
			p[i++] = letters[byte % 62];
	}
	return (str){ p, n };
}

str rand_uuid(struct arena *a)
{
	unsigned char b[16];
	rand_bytes(b, sizeof b);
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	return str_fmt(a, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
	               b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
	               b[12], b[13], b[14], b[15]);
}
