/* SPDX-License-Identifier: Apache-2.0 */
/* Names to addresses: the operator's map first, then literals, *.localhost, the cache, getaddrinfo on
 * the dns lane (one look-up per name at a time, whoever asks).
 * A link-local address is never answered, unless the operator's map says so.
 * Source: getaddrinfo(3), RFC 6761 §6.3 for localhost. */
#pragma once

#include <netinet/in.h>

#include "base/clock.h"
#include "base/err.h"

enum { DNS_ADDRESSES = 8 };

union dns_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct dns_answer { /* in the order in which to try them */
	unsigned n;
	union dns_address v[DNS_ADDRESSES];
};

/* From a fiber, or blocking outside.  ERR_NOT_FOUND: no such name; ERR_DENIED: all of its addresses are
 * link-local; ERR_LIMIT: too many look-ups; ERR_IO: the name server failed; ERR_TIMEOUT. */
err dns_resolve(str host, unsigned port, deadline, struct dns_answer *) MUST_CHECK;

/* The operator's map, made apart and then taken as a whole, from any thread; the one before is freed. */
struct dns_map;
struct dns_map *dns_map_create(void);
void dns_map_destroy(struct dns_map **);
/* "a.example.com:443" to "127.0.0.1:8443"; ERR_SYNTAX */
err dns_map_add(struct dns_map *, str from, str to) MUST_CHECK;
void dns_map_use(struct dns_map **);
