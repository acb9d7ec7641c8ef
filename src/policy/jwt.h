/* SPDX-License-Identifier: Apache-2.0 */
/* What the three JWT policies share: values by text or reference, keys, claims, faults, variables.
 * Every fault of theirs is a 401 whose text names the policy.
 * Source: Apigee, "GenerateJWT", "VerifyJWT", "DecodeJWT" policies. */
#pragma once

#include "flow/exchange.h"
#include "lang/template.h"
#include "model/noun.h"
#include "policy/jwt_memory.h"

/* ---- faults ---- */

enum jwt_fault {
	JWT_ALGORITHM_NOT_CONFIGURED,
	JWT_ALGORITHM_MISMATCH,
	JWT_FAILED_TO_DECODE,
	JWT_FAILED_TO_RESOLVE,
	JWT_GENERATION_FAILED,
	JWT_SHORT_KEY,
	JWT_INVALID_CLAIM,
	JWT_INVALID_CURVE,
	JWT_INVALID_JSON,
	JWT_INVALID_TOKEN,
	JWT_AUDIENCE_MISMATCH,
	JWT_ISSUER_MISMATCH,
	JWT_SUBJECT_MISMATCH,
	JWT_NO_KEY_ID,
	JWT_BAD_KEY,
	JWT_NO_ALGORITHM,
	JWT_NO_MATCHING_KEY,
	JWT_SIGNING_FAILED,
	JWT_EXPIRED,
	JWT_NOT_YET,
	JWT_UNKNOWN_CRITICAL,
	JWT_WRONG_KEY_TYPE,
};
extern const struct fault jwt_faults[];
/* what: a variable, claim, header or algorithm that the text names; absent for those that name none. */
enum verdict jwt_fail(struct exchange *, enum jwt_fault, str what);

struct jwt_place { /* what each finding names */
	struct binder *b;
	const char *element;
	str name;
	unsigned line;
};
/* "VerifyJWT NAME: CODE: why" */
err jwt_refuse(const struct jwt_place *, const char *code, const char *why) MUST_CHECK;

/* ---- values ---- */

struct jwt_text { /* an element with a text, or a reference that wins */
	str text;
	struct flowvar *ref;
};
extern const struct field jwt_text_fields[];

struct jwt_run { /* one call of a policy */
	struct exchange *x;
	bool lenient; /* IgnoreUnresolvedVariables */
};
/* The value; FAULT when it has none and the policy is not lenient ("" then). */
enum verdict jwt_value(const struct jwt_run *, const struct jwt_text *, str *out);
/* The items of a comma list, trimmed, without empty ones. */
struct strs jwt_list(struct arena *, str text);
/* "90s", "5m", "1h", "2d", "1w", or seconds without a letter.  False: none of these. */
bool jwt_duration(str text, int64_t *seconds);

/* ---- claims and headers of the configuration ---- */

enum jwt_type { JWT_STRING, JWT_NUMBER, JWT_BOOLEAN, JWT_MAP };
struct jwt_claim {
	str name, text;
	struct flowvar *ref;
	int type;
	bool array;
	unsigned line;
	struct template *map; /* of JWT_MAP: the text is a template */
};
extern const struct field jwt_claim_fields[];

struct jwt_claims {
	struct list list;    /* struct jwt_claim */
	struct flowvar *ref; /* a variable with an object of them */
};
extern const struct field jwt_claims_fields[];
enum { JWT_OF_PAYLOAD, JWT_OF_HEADER };
err jwt_claims_check(struct binder *, struct jwt_claims *, str policy, int which) MUST_CHECK;
/* An object with them all, released with the exchange. */
enum verdict jwt_claims_make(const struct jwt_run *, const struct jwt_claims *, json_t **out);
json_t *jwt_tree(struct exchange *, json_t *taken); /* released with the exchange */

/* ---- keys ---- */

struct jwt_secret {
	struct jwt_text value;
	struct jwt_text *id;
	int encoding; /* 0: as it stands; hex, base16, base64, base64url */
};
extern const struct field jwt_secret_fields[];

struct jwt_set { /* JWKS: by text, variable, or where it is fetched */
	struct jwt_text is;
	str uri;
	struct flowvar *uri_ref;
};
struct jwt_public {
	struct jwt_text *value, *certificate;
	struct jwt_set *jwks;
	struct jose_key *key; /* of a literal one, read at deploy time */
	struct jwks set;      /* the same */
};
extern const struct field jwt_public_fields[];

struct jwt_private {
	struct jwt_text value;
	struct jwt_text *password, *id;
};
extern const struct field jwt_private_fields[];

struct jwt_keyring { /* what the configuration gives */
	struct jwt_secret *secret;
	struct jwt_public *public;
	struct jwt_private *private;
};
err jwt_keyring_check(const struct jwt_place *, struct jwt_keyring *, enum jose_family,
                      bool to_sign) MUST_CHECK;
enum verdict jwt_signing_key(const struct jwt_run *, const struct jwt_keyring *, enum jose_alg,
                             const struct jose_key **);
enum verdict jwt_checking_key(const struct jwt_run *, const struct jwt_keyring *,
                              const struct jws *, const struct jose_key **);

/* ---- tokens ---- */

/* The token that the variable holds, "Bearer " taken off. */
enum verdict jwt_source(struct exchange *, const struct flowvar *, str *out);

enum jwt_valid { JWT_VALID_UNSAID, JWT_VALID_NO, JWT_VALID_YES };
struct jwt_view { /* behind jwt.{policy}.* */
	const struct jwt_token *token;
	str prefix;
	enum jwt_valid valid;
	int64_t now_ms;
};
struct jwt_view *jwt_view_provide(struct exchange *, str prefix, const struct jwt_token *);
