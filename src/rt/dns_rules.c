/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator decides about addresses: where hosts are, and which are denied; and literals.
 * The rules may be replaced as a whole while loops run.
 * Source: RFC 4632 (blocks), RFC 4291 §2.5.5.2 (an IPv4-mapped address is its IPv4 address). */
#include "rt/dns_inside.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rt/inside.h"

struct mapped {
	char host[DNS_NAME];
	unsigned port;
	union dns_address to;
};

struct block {
	unsigned char bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;
};

struct dns_rules {
	struct mapped *hosts;
	size_t n_hosts, hosts_cap;
	struct block *denied;
	size_t n_denied, denied_cap;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards rules */
static struct dns_rules rules;

static bool parse_ip(const char *z, union dns_address *out)
{
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, z, &out->v4.sin_addr) == 1)
		out->any.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, z, &out->v6.sin6_addr) == 1)
		out->any.sa_family = AF_INET6;
	return out->any.sa_family != AF_UNSPEC;
}

static void set_port(union dns_address *a, unsigned port)
{
	if (a->any.sa_family == AF_INET)
		a->v4.sin_port = htons((uint16_t)port);
	else
		a->v6.sin6_port = htons((uint16_t)port);
}

void dns_set_port(struct dns_answer *a, unsigned port)
{
	for (unsigned i = 0; i < a->n; i++)
		set_port(&a->v[i], port);
}

/* "host:port" or "[host]:port", the host in lower case. */
static bool cut_port(str s, char host[DNS_NAME], unsigned *port)
{
	size_t colon = str_rfind_char(s, ':');
	uint64_t n;
	if (colon == STR_NPOS || !str_to_u64(str_sub(s, colon + 1, STR_NPOS), &n) || n < 1 ||
	    n > 65535)
		return false;
	str h = str_sub(s, 0, colon);
	if (str_starts(h, S("[")) && str_ends(h, S("]")))
		h = str_sub(h, 1, h.n - 1);
	if (!h.n || h.n >= DNS_NAME)
		return false;
	for (size_t i = 0; i < h.n; i++)
		host[i] = (char)tolower((unsigned char)h.p[i]);
	host[h.n] = 0;
	*port = (unsigned)n;
	return true;
}

struct dns_rules *dns_rules_create(void) { return rt_alloc(sizeof(struct dns_rules)); }

void dns_rules_destroy(struct dns_rules **r)
{
	if (*r) {
		free((*r)->hosts);
		free((*r)->denied);
	}
	free(*r);
	*r = NULL;
}

err dns_rules_map(struct dns_rules *r, str from, str to)
{
	struct mapped m;
	char ip[DNS_NAME];
	unsigned port;
	memset(&m, 0, sizeof m);
	if (!cut_port(from, m.host, &m.port) || !cut_port(to, ip, &port) || !parse_ip(ip, &m.to))
		return FAIL(ERR_SYNTAX);
	set_port(&m.to, port);
	r->hosts = rt_grow(r->hosts, r->n_hosts, &r->hosts_cap, sizeof *r->hosts);
	r->hosts[r->n_hosts++] = m;
	return DONE;
}

void dns_rules_use(struct dns_rules **next)
{
	pthread_mutex_lock(&lock);
	struct dns_rules before = rules;
	rules = **next;
	pthread_mutex_unlock(&lock);
	**next = before;
	dns_rules_destroy(next);
}

bool dns_answer_mapped(const char *host, unsigned port, struct dns_answer *out)
{
	bool found = false;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < rules.n_hosts && !found; i++)
		if (rules.hosts[i].port == port && strcmp(rules.hosts[i].host, host) == 0) {
			out->n = 1;
			out->v[0] = rules.hosts[i].to;
			found = true;
		}
	pthread_mutex_unlock(&lock);
	return found;
}

bool dns_answer_literal(const char *host, struct dns_answer *out)
{
	str h = str_from_z(host);
	out->n = 1;
	if (parse_ip(host, &out->v[0]))
		return true;
	if (!str_eq(h, S("localhost")) && !str_ends(h, S(".localhost")))
		return false;
	out->n = 2; /* RFC 6761 §6.3: never asked of a name server */
	return parse_ip("127.0.0.1", &out->v[0]) && parse_ip("::1", &out->v[1]);
}

/* ---- what is denied ---- */
static void bytes_of(const union dns_address *a, unsigned char out[16])
{
	memset(out, 0, 16);
	if (a->any.sa_family == AF_INET) {
		out[10] = out[11] = 0xff;
		memcpy(out + 12, &a->v4.sin_addr, 4);
	} else {
		memcpy(out, &a->v6.sin6_addr, 16);
	}
}

static bool is_in(const struct block *b, const unsigned char *a)
{
	unsigned whole = b->bits / 8, rest = b->bits % 8;
	if (memcmp(b->bytes, a, whole) != 0)
		return false;
	return !rest || (b->bytes[whole] ^ a[whole]) >> (8 - rest) == 0;
}

static bool is_denied(const union dns_address *a)
{
	unsigned char bytes[16];
	bytes_of(a, bytes);
	for (size_t i = 0; i < rules.n_denied; i++)
		if (is_in(&rules.denied[i], bytes))
			return true;
	return false;
}

err dns_without_denied(struct dns_answer *a)
{
	unsigned kept = 0;
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < a->n; i++)
		if (!is_denied(&a->v[i]))
			a->v[kept++] = a->v[i];
	pthread_mutex_unlock(&lock);
	a->n = kept;
	return kept ? DONE : FAIL(ERR_DENIED);
}

err dns_rules_deny(struct dns_rules *r, str block)
{
	char z[64];
	union dns_address a;
	struct block b;
	str ip = str_cut(&block, '/');
	if (ip.n >= sizeof z)
		return FAIL(ERR_SYNTAX);
	memcpy(z, ip.p, ip.n);
	z[ip.n] = 0;
	if (!parse_ip(z, &a))
		return FAIL(ERR_SYNTAX);
	uint64_t most = a.any.sa_family == AF_INET ? 32 : 128, bits = most;
	if (str_given(block) && (!str_to_u64(block, &bits) || bits > most))
		return FAIL(ERR_SYNTAX);
	bytes_of(&a, b.bytes);
	b.bits = (unsigned)(128 - most + bits);
	r->denied = rt_grow(r->denied, r->n_denied, &r->denied_cap, sizeof *r->denied);
	r->denied[r->n_denied++] = b;
	return DONE;
}
