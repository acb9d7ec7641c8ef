/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that sign the JWTs of the OAuth2 service: made at the first start, rotated, kept sealed.
 * A key that is rotated out signs no more and verifies until the last token it signed has died.  Another
 * node's new key is found when a signature fits none of those known.
 * Source: RFC 7515, 7517; oauth2-service reference, "Keys". */
#pragma once

#include "codec/jose.h"
#include "store/signing_keys.h"

struct signer;

/* From a plain thread, at the start.  Makes the zone's first keys, RS256 and ES256, if there are none. */
err signer_open(struct store *, str zone, struct diag *, struct signer **out) MUST_CHECK;
void signer_close(struct signer **);

/* with_kid: the header names the key; else it is {"alg":...} and nothing more, as the service's document
 * has it.  typ: STR_NONE for none.  RSA signs on the cpu lane: waits.  ERR_LIMIT: the lane is full. */
struct signer_header {
	enum jose_alg alg; /* JOSE_RS256 or JOSE_ES256 */
	bool with_kid;
	str typ;
};
err signer_sign(struct arena *, struct signer *, const struct signer_header *, str claims,
                str *jwt) MUST_CHECK;

/* The signature alone: who issued it, for whom and until when is the caller's to look at.
 * ERR_SYNTAX: no JWT; ERR_DENIED: signed by none of the zone's keys. */
err signer_verify(struct arena *, struct signer *, str jwt, json_t **claims) MUST_CHECK;

/* A new key of the algorithm signs from now on. */
err signer_rotate(struct signer *, enum jose_alg) MUST_CHECK;

/* Drops keys whose last token has died: access_s is how long those live whose client says nothing. */
err signer_drop_old(struct signer *, int64_t access_s) MUST_CHECK;

/* What the world may see: those that sign first, then those that still verify.  In the arena's hands. */
struct signer_key {
	str kid;
	enum jose_alg alg;
	bool signs;
	const struct jose_key *key;
};
struct list signer_keys(struct arena *, struct signer *); /* struct signer_key */
