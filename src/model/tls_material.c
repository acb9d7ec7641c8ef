/* SPDX-License-Identifier: Apache-2.0 */
/* From the names in an sSLInfo to the texts that they stand for.
 * What is named is there, or there is a finding; nothing is guessed.
 * Source: Apigee, SSLInfo (KeyStore, KeyAlias, TrustStore), "Working with references". */
#include "model/keystore.h"

struct looking {
	const struct keystores *all;
	struct diag *diag;
	unsigned line;
};

#define REFUSE(f, ...) diag_add((f)->diag, ERR_SYNTAX, (f)->line, __VA_ARGS__)

static err lead(const struct looking *f, str *keystore)
{
	if (str_find_char(*keystore, '{') != STR_NPOS)
		return REFUSE(f, "the keystore \"%.*s\" is a flow variable; that is not supported",
		              STR(*keystore));
	if (!str_starts(*keystore, S("ref://")))
		return DONE;
	str name = str_sub(*keystore, 6, STR_NPOS);
	LIST_EACH(const struct reference, r, &f->all->references) {
		if (!str_eq(r->name, name))
			continue;
		*keystore = r->refers;
		return DONE;
	}
	return REFUSE(f, "the reference \"%.*s\" is not in the environment %.*s", STR(name),
	              STR(f->all->environment));
}

static err find_key(const struct looking *f, const struct ssl_info *ssl, struct tls_material *out)
{
	str keystore = ssl->key_store;
	TRY(lead(f, &keystore));
	if (!ssl->key_alias.n)
		return REFUSE(f, "the keystore \"%.*s\" is named without an alias in it",
		              STR(keystore));
	LIST_EACH(const struct keypair, p, &f->all->keypairs) {
		if (!str_eq(p->keystore, keystore) || !str_eq(p->alias, ssl->key_alias))
			continue;
		if (!p->key_pem.n)
			return REFUSE(f, "the alias \"%.*s\" of the keystore \"%.*s\" has no key",
			              STR(p->alias), STR(keystore));
		out->cert_pem = p->cert_pem;
		out->key_pem = p->key_pem;
		return DONE;
	}
	return REFUSE(f,
	              "the alias \"%.*s\" of the keystore \"%.*s\" is not in the environment %.*s",
	              STR(ssl->key_alias), STR(keystore), STR(f->all->environment));
}

static err find_trust(struct arena *a, const struct looking *f, str truststore,
                      struct tls_material *out)
{
	struct buf pem = buf_in(a);
	TRY(lead(f, &truststore));
	LIST_EACH(const struct keypair, p, &f->all->keypairs)
		if (str_eq(p->keystore, truststore))
			buf_fmt(&pem, "%.*s\n", STR(p->cert_pem));
	if (!pem.n)
		return REFUSE(f,
		              "the truststore \"%.*s\" of the environment %.*s has no certificate",
		              STR(truststore), STR(f->all->environment));
	out->trust_pem = buf_str(&pem);
	return DONE;
}

err tls_material_find(struct arena *a, const struct keystores *all, const struct ssl_info *ssl,
                      struct diag *d, unsigned line, struct tls_material *out)
{
	struct looking f = { all, d, line };
	*out = (struct tls_material){ STR_NONE, STR_NONE, STR_NONE };
	if (ssl->key_store.n)
		TRY(find_key(&f, ssl, out));
	return ssl->trust_store.n ? find_trust(a, &f, ssl->trust_store, out) : DONE;
}
