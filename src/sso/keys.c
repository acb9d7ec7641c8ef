/* SPDX-License-Identifier: Apache-2.0 */
/* /token_key and /token_keys: what the tokens' signatures are checked with.
 * The first is one RSA key with its PEM, as old clients want it; the second is a JWKS.
 * Source: RFC 7517; oauth2-service reference, 3.1. */
#include "sso/endpoints.h"

static void key_write(struct json_writer *w, struct arena *a, const struct signer_key *k)
{
	struct jwk_members m = jwk_members(a, k->key);
	json_open(w, '{');
	json_pair_given(w, "kty", m.kty);
	json_pair_given(w, "e", m.e);
	json_pair_given(w, "use", S("sig"));
	json_pair_given(w, "kid", k->kid);
	json_pair_given(w, "alg", jose_alg_name(k->alg));
	if (str_given(m.n))
		json_pair_given(w, "value", jose_key_public_pem(a, k->key));
	json_pair_given(w, "crv", m.crv);
	json_pair_given(w, "x", m.x);
	json_pair_given(w, "y", m.y);
	json_pair_given(w, "n", m.n);
	json_close(w, '}');
}

static struct message *answered(struct sso_call *q, str text)
{
	str etag = str_fmt(q->arena, "\"%016llx\"", (unsigned long long)str_hash(text));
	return sso_public(q, S("application/json;charset=UTF-8"), text, etag);
}

struct message *endpoint_token_key(struct sso_call *q)
{
	struct list keys = signer_keys(q->arena, q->sso->bearers.signer);
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	LIST_EACH(const struct signer_key, k, &keys)
		if (k->signs && k->alg == JOSE_RS256) {
			key_write(&w, q->arena, k);
			break;
		}
	return answered(q, buf_str(&b));
}

struct message *endpoint_token_keys(struct sso_call *q)
{
	struct list keys = signer_keys(q->arena, q->sso->bearers.signer);
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_key(&w, S("keys"));
	json_open(&w, '[');
	LIST_EACH(const struct signer_key, k, &keys)
		key_write(&w, q->arena, k);
	json_close(&w, ']');
	json_close(&w, '}');
	return answered(q, buf_str(&b));
}
