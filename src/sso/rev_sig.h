/* SPDX-License-Identifier: Apache-2.0 */
/* The claim rev_sig: a change detector of 32 bits, in the shape that clients have seen.
 * Nothing here trusts it: what ended is looked up by id, user and client.
 * Source: oauth2-service reference, 4.6; MurmurHash3 (x86, 32 bits), public domain algorithm. */
#pragma once

#include "base/arena.h"

/* Lower-case hex without leading zeros, over the items that are given, in their order. */
str rev_sig(struct arena *, const str *items, size_t n);
