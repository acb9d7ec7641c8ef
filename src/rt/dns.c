/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups of rt/dns.h: a bounded cache and the look-ups that are under way, under one lock.
 * A fiber that gives up leaves the look-up behind; the last to let go frees it, so a dead name server
 * costs its lane and nobody's deadline.
 * Source: getaddrinfo(3). */
#include "rt/dns_inside.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "rt/inside.h"

enum { SETS = 256, WAYS = 4, KEEP_MS = 30000 };

struct entry {
	char host[DNS_NAME]; /* "": free */
	int64_t until_ms;
	struct dns_answer answer;
};

struct waiter {
	struct waker waker;
	struct waiter *next;
};

struct lookup {
	struct lane_job job;
	char host[DNS_NAME];
	struct dns_answer answer;
	err result;
	bool done;
	unsigned holders;
	struct waiter *waiters;
	struct lookup *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry cache[SETS][WAYS];
static struct lookup *under_way;

static struct entry *set_of(const char *host) { return cache[str_hash(str_from_z(host)) % SETS]; }

static bool cached(const char *host, struct dns_answer *out)
{
	struct entry *set = set_of(host);
	int64_t now = clock_mono_ns() / 1000000;
	for (int i = 0; i < WAYS; i++)
		if (set[i].until_ms > now && strcmp(set[i].host, host) == 0) {
			*out = set[i].answer;
			return true;
		}
	return false;
}

/* In place of its former self, else of the one that ends first. */
static void remember(const struct lookup *l)
{
	struct entry *set = set_of(l->host), *at = set;
	for (int i = 0; i < WAYS; i++) {
		if (strcmp(set[i].host, l->host) == 0) {
			at = &set[i];
			break;
		}
		if (set[i].until_ms < at->until_ms)
			at = &set[i];
	}
	memcpy(at->host, l->host, sizeof at->host);
	at->answer = l->answer;
	at->until_ms = clock_mono_ns() / 1000000 + KEEP_MS;
}

static err ask(const char *host, struct dns_answer *out)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	out->n = 0;
	int e = getaddrinfo(host, NULL, &hints, &list);
	if (e)
		return FAIL(e == EAI_NONAME || e == EAI_NODATA ? ERR_NOT_FOUND : ERR_IO);
	for (const struct addrinfo *a = list; a && out->n < DNS_ADDRESSES; a = a->ai_next)
		if (a->ai_family == AF_INET || a->ai_family == AF_INET6)
			memcpy(&out->v[out->n++], a->ai_addr, a->ai_addrlen);
	freeaddrinfo(list);
	return out->n ? DONE : FAIL(ERR_NOT_FOUND);
}

static void let_go(struct lookup *l)
{
	if (--l->holders == 0)
		free(l);
}

static void run(void *arg)
{
	struct lookup *l = arg;
	struct dns_answer answer;
	err e = ask(l->host, &answer);
	pthread_mutex_lock(&lock);
	l->answer = answer;
	l->result = e;
	l->done = true;
	if (!e.code)
		remember(l);
	for (struct lookup **p = &under_way; *p; p = &(*p)->next)
		if (*p == l) {
			*p = l->next;
			break;
		}
	for (struct waiter *w = l->waiters, *next; w; w = next) {
		next = w->next;
		wake(&w->waker);
	}
	l->waiters = NULL;
	let_go(l);
	pthread_mutex_unlock(&lock);
}

/* The one under way for the host, or a new one.  With the lock. */
static struct lookup *join(const char *host)
{
	for (struct lookup *l = under_way; l; l = l->next)
		if (strcmp(l->host, host) == 0) {
			l->holders++;
			return l;
		}
	struct lookup *l = rt_alloc(sizeof *l);
	memcpy(l->host, host, strlen(host) + 1);
	l->job = (struct lane_job){ .fn = run, .arg = l };
	l->holders = 2; /* ours and the job's */
	if (!lane_submit(LANE_DNS, &l->job)) {
		free(l);
		return NULL;
	}
	l->next = under_way;
	under_way = l;
	return l;
}

static void leave(struct lookup *l, struct waiter *w)
{
	for (struct waiter **p = &l->waiters; *p; p = &(*p)->next)
		if (*p == w) {
			*p = w->next;
			break;
		}
}

static err look_up(const char *host, deadline d, struct dns_answer *out)
{
	struct waiter w = { 0 };
	pthread_mutex_lock(&lock);
	struct lookup *l = cached(host, out) ? NULL : join(host);
	bool known = out->n > 0;
	if (l) {
		w.next = l->waiters;
		l->waiters = &w;
	}
	pthread_mutex_unlock(&lock);
	if (!l)
		return known ? DONE : FAIL(ERR_LIMIT);
	err e = wait_waker(&w.waker, d);
	pthread_mutex_lock(&lock);
	leave(l, &w);
	if (l->done && e.code != ERR_CANCELED) {
		e = l->result;
		*out = l->answer;
	}
	let_go(l);
	pthread_mutex_unlock(&lock);
	return e;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c; }

/* Lower case, without brackets or final dot; refuses what no resolver should see. */
static bool clean(str host, char z[DNS_NAME])
{
	if (str_starts(host, S("[")) && str_ends(host, S("]")))
		host = str_sub(host, 1, host.n - 1);
	if (str_ends(host, S(".")))
		host.n--;
	if (!host.n || host.n >= DNS_NAME)
		return false;
	for (size_t i = 0; i < host.n; i++) {
		unsigned char c = (unsigned char)host.p[i];
		if (c <= ' ' || c >= 0x7f || c == '/' || c == '%')
			return false;
		z[i] = lower((char)c);
	}
	z[host.n] = 0;
	return true;
}

err dns_resolve(str host, unsigned port, deadline d, struct dns_answer *out)
{
	char z[DNS_NAME];
	out->n = 0;
	if (!clean(host, z))
		return FAIL(ERR_NOT_FOUND);
	if (dns_answer_mapped(z, port, out))
		return DONE;
	if (!dns_answer_literal(z, out)) {
		out->n = 0;
		if (fiber_self() && lanes_running())
			TRY(look_up(z, d, out));
		else
			TRY(ask(z, out));
	}
	TRY(dns_without_denied(out));
	dns_set_port(out, port);
	return DONE;
}
