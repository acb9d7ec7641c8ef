/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the jose files: a key, and the contexts that are kept with it.
 * Invariant: a context is used by who took it out of its slot, and by nobody else.
 * Source: house; EVP_PKEY_CTX is not for two threads, and making one costs 3 us a signature. */
#pragma once

#include <openssl/evp.h>

#include "base/secret.h"
#include "codec/jose.h"

enum { READY_SLOTS = 4, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, RSA_E_BITS_MAX = 64 };

struct jose_key {
	struct secret *secret; /* of HS; else NULL */
	EVP_PKEY *pkey;
	bool is_private;
	int bits;         /* RSA */
	enum jose_alg es; /* EC: the algorithm of its curve; JOSE_ALGS: another kind */
	unsigned char print[32];
	/* initialised for [alg - JOSE_RS256][to sign] */
	_Atomic(EVP_PKEY_CTX *) ready[JOSE_ALGS - JOSE_RS256][2][READY_SLOTS];
};

/* Takes the key over, freed with the arena also when it is refused. */
err jose_key_own(struct arena *, EVP_PKEY *, bool is_private, struct jose_key **) MUST_CHECK;

struct jose_curve {
	enum jose_alg alg;
	const char *crv, *group;
	size_t bytes; /* of a coordinate */
};
extern const struct jose_curve jose_curves[]; /* ends with an empty one */
const struct jose_curve *jose_curve(enum jose_alg);

const char *jose_digest(enum jose_alg); /* "sha256": codec/digest.h's */
