/* SPDX-License-Identifier: Apache-2.0 */
/* What the JWT policies remember, for all loops: tokens whose signature was good and the key that it was
 * good for, their headers, keys that a variable held, and key sets from afar.
 * Invariant: a verdict counts for the very key that gave it, and for nothing but the signature: times,
 * audience and all else are looked at each time.  Nothing bad is remembered.
 * Source: house; measured: RS256 17 us, the look-up 1 us. */
#pragma once

#include "base/field.h"
#include "base/shelf.h"
#include "codec/jose.h"
#include "rt/fiber.h"

struct exchange;
struct jwt_header;
struct jwt_memory;

struct jwt_memory *jwt_memory_create(void);
void jwt_memory_destroy(struct jwt_memory **);

/* A token taken apart, what each call looks at first.  Immutable once it is on the shelf; all of it lives as
 * long as it is held. */
struct jwt_token {
	struct shelf_item item;
	unsigned char good_for[32]; /* jose_key_print() of the key; zeroes: of none yet */
	int64_t exp, nbf, iat;      /* seconds; JWT_NEVER: not there */
	const char *bad_time;       /* the one of them that is no time; NULL: none */
	str iss, sub;               /* absent, too, if they are no texts */
	struct strs aud;            /* one text, or those of an array (RFC 7519 §4.1.3) */
	struct jws jws;
	json_t *claims;
	struct jwt_header *new_header; /* that is not remembered yet */
};
#define JWT_NEVER INT64_MIN

/* The token of the text, held until the exchange ends; from memory if it was there.  ERR_SYNTAX, ERR_LIMIT. */
err jwt_token_read(struct exchange *, str text, struct jwt_token **) MUST_CHECK;
/* Is it signed by that key, with the algorithm that its header says? */
bool jwt_token_good(struct exchange *, struct jwt_token *, const struct jose_key *);

enum jwt_material { JWT_PEM, JWT_JWKS };
struct jwt_keys {
	struct shelf_item item;
	struct jose_key *key; /* of JWT_PEM */
	struct jwks set;
	int64_t fetched_ms;           /* of a set from afar; 0: it has not come yet */
	_Atomic(int64_t) next_try_ms; /* who moves it fetches */
};
/* What a text holds, for as long as the exchange; NULL: it cannot be read. */
const struct jwt_keys *jwt_keys_of(struct exchange *, enum jwt_material, str text, str password);
/* The set at a URL, at most five minutes old, or ten while its server fails; NULL: there is none. */
const struct jwks *jwt_keys_at(struct exchange *, str url);
