/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Signatures, compact, and the keys that make and check them.
 * Invariant: the caller says which algorithm it takes; a token's own word never picks one, and a key
 * serves only the algorithms of its kind.  "none" is no algorithm.
 * Source: RFC 7515, 7517, 7518, 7519, 7638, 8725. */
#pragma once

#include "base/diag.h"
#include "codec/json.h"

enum { JOSE_TEXT_MAX = 64 << 10, JWKS_TEXT_MAX = 256 << 10, JWKS_KEYS_MAX = 100 };

/* In threes: a family's SHA-256, SHA-384 and SHA-512. */
enum jose_alg {
	JOSE_HS256,
	JOSE_HS384,
	JOSE_HS512,
	JOSE_RS256,
	JOSE_RS384,
	JOSE_RS512,
	JOSE_PS256,
	JOSE_PS384,
	JOSE_PS512,
	JOSE_ES256,
	JOSE_ES384,
	JOSE_ES512,
	JOSE_ALGS, /* also: none of these */
};
enum jose_family { JOSE_HS, JOSE_RS, JOSE_PS, JOSE_ES };
static inline enum jose_family jose_family(enum jose_alg alg)
{
	return (enum jose_family)(alg / 3);
}

enum jose_alg jose_alg_read(str name); /* JOSE_ALGS: unknown, or "none" */
str jose_alg_name(enum jose_alg);

/* ---- keys: immutable, for any thread, as long as their arena ---- */

struct jose_key;

enum jose_fit { JOSE_FITS, JOSE_WRONG_TYPE, JOSE_WRONG_CURVE, JOSE_TOO_SHORT };
/* A secret has at least the digest's length (RFC 7518 §3.2), RSA 2,048 bits, EC its own curve. */
enum jose_fit jose_key_fit(const struct jose_key *, enum jose_alg);
bool jose_key_signs(const struct jose_key *); /* it holds a private part, or is a secret */
/* SHA-256 of the key itself: the same for the same key, however it was written. */
str jose_key_print(const struct jose_key *);

struct jose_key *jose_key_secret(struct arena *, str bytes);
/* One key, public or private, or a certificate; lines may be indented.  The password is for an encrypted
 * private key.  ERR_SYNTAX: none of these; ERR_LIMIT: RSA over 8,192 bits, or a huge exponent. */
err jose_key_pem(struct arena *, str pem, str password, struct jose_key **) MUST_CHECK;
err jose_key_jwk(struct arena *, const json_t *, struct jose_key **) MUST_CHECK;
/* A new one for the algorithm: RSA of 2,048 bits, or the curve's.  RSA takes 100 ms: offload(). */
struct jose_key *jose_key_make(struct arena *, enum jose_alg);
str jose_key_public_pem(struct arena *, const struct jose_key *);
str jose_key_private_pem(struct arena *, const struct jose_key *); /* PKCS #8, not encrypted */

/* The public members as base64url; those of the other kind are absent.  Not for secrets. */
struct jwk_members {
	str kty, crv, e, n, x, y;
};
struct jwk_members jwk_members(struct arena *, const struct jose_key *);
str jwk_thumbprint(struct arena *, const struct jose_key *); /* SHA-256, base64url (RFC 7638) */

struct jwk {
	str kid, use, alg; /* absent if not given */
	struct jose_key *key;
};
struct jwks {
	VEC(struct jwk) keys;
};
/* Keys of kinds that we do not know are passed over (RFC 7517 §5); what is no JWKS at all is refused. */
err jwks_read(struct arena *, str text, struct diag *, struct jwks *) MUST_CHECK;
bool jwk_fits(const struct jwk *, enum jose_alg); /* and says nothing against checking signatures */
/* The key of that id that fits the algorithm; NULL: none. */
const struct jose_key *jwks_find(const struct jwks *, str kid, enum jose_alg);

/* ---- signatures ---- */

struct jws {
	str signed_part; /* "header.payload", of the text that was read */
	str header_text, payload;
	str signature;
	json_t *header;
	enum jose_alg alg; /* as the header says; JOSE_ALGS: another, or "none" */
	str alg_name, kid, typ;
	bool has_critical; /* "crit" is there */
};
/* Strict: three parts of base64url without padding, a header that is an object without duplicate names,
 * and a "crit" that keeps the rules of RFC 7515 §4.1.11.  Slices of text are kept.
 * ERR_SYNTAX; ERR_LIMIT over JOSE_TEXT_MAX. */
err jws_read(struct arena *, str text, struct jws *) MUST_CHECK;
/* The same in two steps, for who knows the header: all of it that stands in struct jws comes from the first. */
str jws_header_part(str text);
err jws_read_header(struct arena *, str part, struct jws *) MUST_CHECK;
err jws_read_rest(struct arena *, str text, struct jws *) MUST_CHECK;
/* The first name in "crit" that is not among those known; absent: all are. */
str jws_unknown_critical(const struct jws *, const str *known, size_t n);

/* False as well when the header names another algorithm, or the key does not fit. */
bool jws_verify(struct arena *, const struct jws *, const struct jose_key *, enum jose_alg);
/* header and payload as they shall stand; the header names alg.  The key fits and signs.
 * ERR_DENIED: its parts do not belong together. */
err jws_sign(struct arena *, const struct jose_key *, enum jose_alg, str header, str payload,
             str *out) MUST_CHECK;
/* Does it take the better part of a millisecond?  Then offload(LANE_CPU). */
bool jws_is_slow(enum jose_alg, bool to_sign);
