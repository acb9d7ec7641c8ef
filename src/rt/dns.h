/* SPDX-License-Identifier: Apache-2.0 */
/* Names to addresses: the operator's map first, then literals, *.localhost, the cache, getaddrinfo on
 * the dns lane (one look-up per name at a time, whoever asks).
 * An address that the operator denies is never answered, unless the operator's map says so.
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
 * denied; ERR_LIMIT: too many look-ups; ERR_IO: the name server failed; ERR_TIMEOUT. */
err dns_resolve(str host, unsigned port, deadline, struct dns_answer *) MUST_CHECK;

/* The operator's rules, made apart and then taken as a whole, from any thread; those before are freed. */
struct dns_rules;
struct dns_rules *dns_rules_create(void);
void dns_rules_destroy(struct dns_rules **);
/* "a.example.com:443" is at "127.0.0.1:8443"; ERR_SYNTAX */
err dns_rules_map(struct dns_rules *, str from, str to) MUST_CHECK;
/* "203.0.113.7", or a block: "10.0.0.0/8", "fe80::/10"; ERR_SYNTAX */
err dns_rules_deny(struct dns_rules *, str block) MUST_CHECK;
void dns_rules_use(struct dns_rules **);
