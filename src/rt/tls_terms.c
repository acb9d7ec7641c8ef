/* SPDX-License-Identifier: Apache-2.0 */
/* Which protocols and ciphers a context speaks: lists only ever narrow what OpenSSL offers.
 * A name that is not known is refused; one that is too old is known, and never spoken.
 * Source: Apigee, SSLInfo (Protocols, Ciphers); SSL_CTX_set_cipher_list(3), SSL_CIPHER_standard_name(3). */
#include <openssl/ssl.h>

#include "rt/tls_inside.h"

static const struct {
	str name;
	int version; /* 0: too old */
} known[] = {
	{ S_INIT("TLSv1.2"), TLS1_2_VERSION },
	{ S_INIT("TLSv1.3"), TLS1_3_VERSION },
	{ S_INIT("TLSv1.1"), 0 },
	{ S_INIT("TLSv1"), 0 },
	{ S_INIT("SSLv3"), 0 },
	{ S_INIT("SSLv2Hello"), 0 },
};

struct spoken {
	bool v12, v13;
};

static err read_protocols(const struct strs *names, struct diag *d, struct spoken *out)
{
	for (size_t i = 0; i < names->n; i++) {
		size_t k = 0, n = sizeof known / sizeof *known;
		while (k < n && !str_eq(names->v[i], known[k].name))
			k++;
		if (k == n)
			return diag_add(
				d, ERR_SYNTAX, 0,
				"the protocol \"%.*s\" is not known; TLSv1.2 and TLSv1.3 are",
				STR(str_sub(names->v[i], 0, 60)));
		out->v12 |= known[k].version == TLS1_2_VERSION;
		out->v13 |= known[k].version == TLS1_3_VERSION;
	}
	if (!names->n)
		*out = (struct spoken){ true, true };
	return DONE;
}

static const SSL_CIPHER *find_cipher(SSL_CTX *ctx, str name)
{
	STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(all, i);
		if (str_eq(name, str_from_z(SSL_CIPHER_get_name(c))) ||
		    str_eq(name, str_from_z(SSL_CIPHER_standard_name(c))))
			return c;
	}
	return NULL;
}

static err use_ciphers(SSL_CTX *ctx, const struct strs *names, struct diag *d, struct spoken *out)
{
	struct buf v12 = buf_in(d->arena), v13 = buf_in(d->arena);
	for (size_t i = 0; i < names->n; i++) {
		const SSL_CIPHER *c = find_cipher(ctx, names->v[i]);
		if (!c)
			return diag_add(
				d, ERR_SYNTAX, 0,
				"the cipher \"%.*s\" is not known, or too weak to be offered",
				STR(str_sub(names->v[i], 0, 60)));
		bool new = SSL_CIPHER_get_protocol_id(c) >> 8 == 0x13;
		struct buf *b = new ? &v13 : &v12;
		buf_fmt(b, "%s%s", b->n ? ":" : "", SSL_CIPHER_get_name(c));
	}
	if (v12.n)
		must(SSL_CTX_set_cipher_list(ctx, str_z(d->arena, buf_str(&v12))) == 1);
	if (v13.n)
		must(SSL_CTX_set_ciphersuites(ctx, str_z(d->arena, buf_str(&v13))) == 1);
	out->v12 &= v12.n > 0;
	out->v13 &= v13.n > 0;
	return DONE;
}

err tls_narrow(SSL_CTX *ctx, const struct tls_terms *t, struct diag *d)
{
	struct spoken is = { false, false };
	TRY(read_protocols(&t->protocols, d, &is));
	if (t->ciphers.n)
		TRY(use_ciphers(ctx, &t->ciphers, d, &is));
	if (!is.v12 && !is.v13)
		return diag_add(d, ERR_SYNTAX, 0,
		                "the protocols and ciphers leave nothing to speak: TLSv1.2 or "
		                "TLSv1.3 is needed, with a cipher of it");
	must(SSL_CTX_set_min_proto_version(ctx, is.v12 ? TLS1_2_VERSION : TLS1_3_VERSION) == 1);
	must(SSL_CTX_set_max_proto_version(ctx, is.v13 ? TLS1_3_VERSION : TLS1_2_VERSION) == 1);
	return DONE;
}
