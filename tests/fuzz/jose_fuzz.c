/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, key sets and PEM texts from anywhere.
 * Invariant: what is read is never more than came in, and no token is good for a key that did not sign it.
 * Source: house. */
#include <stdint.h>

#include "codec/jose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_token(struct arena *a, str text, const struct jose_key *key)
{
	struct jws s;
	if (jws_read(a, text, &s).code)
		return;
	must(s.header && s.signed_part.n < text.n);
	must(s.header_text.n + s.payload.n + s.signature.n <= text.n);
	if (s.alg < JOSE_ALGS)
		must(!jws_verify(a, &s, key, s.alg));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	str text = str_from(data, size);
	struct jwks set;
	struct jose_key *key;
	as_token(a, text, jose_key_secret(a, S("a secret that no corpus file was signed with 0123456789 and more")));
	if (!jwks_read(a, text, &diag, &set).code) {
		VEC_EACH(struct jwk, k, &set.keys)
			must(jose_key_print(k->key).n == 32);
	}
	if (!jose_key_pem(a, text, STR_NONE, &key).code)
		must(jose_key_public_pem(a, key).n);
	arena_destroy(&a);
	return 0;
}
