/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses whose next connections are turned away for a while, shared by a gateway's loops.
 * Bounded: of two addresses that share a place the later one has it.
 * Source: house (floods; an operator's choice). */
#pragma once

#include "base/arena.h"

struct ban;
struct sockaddr_storage;

struct ban *ban_make(struct arena *, int64_t ms); /* for so long each */

/* Who that is: an IPv4 address, also one inside IPv6, or the network, /64, of an IPv6 address, as one
 * household has that many. */
uint64_t ban_key(const struct sockaddr_storage *);
bool ban_put(struct ban *, uint64_t key, int64_t now_ms); /* false: it was there */
bool ban_has(struct ban *, uint64_t key, int64_t now_ms);
