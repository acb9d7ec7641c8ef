/* SPDX-License-Identifier: Apache-2.0 */
/* The halves of name look-up: dns_rules.c (the operator's rules, literals) and dns.c (cache, look-ups).
 * Hosts arrive here in lower case, without brackets or final dot, shorter than DNS_NAME.
 * Source: house. */
#pragma once

#include "rt/dns.h"

enum { DNS_NAME = 254 }; /* RFC 1035 §2.3.4, and a NUL */

/* True when the answer needs no look-up. */
bool dns_answer_mapped(const char *host, unsigned port, struct dns_answer *);
bool dns_answer_literal(const char *host, struct dns_answer *);
void dns_set_port(struct dns_answer *, unsigned port);
err dns_without_denied(struct dns_answer *) MUST_CHECK; /* ERR_DENIED when none is left */
