/* SPDX-License-Identifier: Apache-2.0 */
/* SSLInfo of targets: from names and lists to a context for clients.
 * A certificate is verified unless it is said that it is not; what is named must be there.
 * Source: Apigee, "Configuring TLS from Edge to the backend"; SSLInfo of the endpoint reference. */
#include "flow/connection.h"
#include "rt/tls.h"

#define REFUSE(b, line, ...) diag_add((b)->diag, ERR_SYNTAX, (line), __VA_ARGS__)

static void release(void *tls)
{
	struct tls_context *t = tls;
	tls_release(&t);
}

static void note_keystore(struct binder *b, str name)
{
	if (str_starts(name, S("ref://")))
		binder_names(b, "references", str_sub(name, 6, STR_NPOS));
	else if (name.n)
		binder_names(b, "keystores", name);
}

static bool is_usual(const struct ssl_info *s)
{
	return !s->ignore_validation_errors && !s->client_auth_enabled && !s->key_store.n &&
	       !s->trust_store.n && !s->ciphers.n && !s->protocols.n && !s->common_name;
}

static err find_material(struct binder *b, const struct ssl_info *s, unsigned line,
                         struct tls_material *out)
{
	*out = (struct tls_material){ STR_NONE, STR_NONE, STR_NONE };
	if (s->client_auth_enabled && !s->key_store.n)
		return REFUSE(b, line,
		              "<ClientAuthEnabled> true needs a <KeyStore> and a <KeyAlias>");
	note_keystore(b, s->key_store);
	note_keystore(b, s->trust_store);
	if (!b->around)
		return DONE;
	return tls_material_find(b->diag->arena, &b->around->keystores, s, b->diag, line, out);
}

err ssl_info_make(struct binder *b, const struct ssl_info *s, unsigned line,
                  struct tls_context **out)
{
	struct tls_material m;
	struct diag d = { .arena = b->diag->arena };
	*out = NULL;
	if (is_usual(s))
		return DONE;
	TRY(find_material(b, s, line, &m));
	struct tls_terms terms = {
		.cert_pem = s->client_auth_enabled ? m.cert_pem : STR_NONE,
		.key_pem = s->client_auth_enabled ? m.key_pem : STR_NONE,
		.trust_pem = m.trust_pem,
		.any = s->ignore_validation_errors,
		.common_name = s->common_name ? s->common_name->value : S(""),
		.wildcard = s->common_name && s->common_name->wildcard,
		.protocols = s->protocols,
		.ciphers = s->ciphers,
	};
	if (tls_client(&terms, &d, out).code)
		return REFUSE(b, line, "<SSLInfo>: %.*s", STR(diag_text(d.arena, &d)));
	arena_defer(b->arena, release, *out);
	return DONE;
}

err ssl_make(struct binder *b, const struct ssl_xml *x, struct tls_context **out)
{
	*out = NULL;
	if (!x)
		return DONE;
	if (x->enforce && x->ignore_errors)
		return REFUSE(b, x->line,
		              "<Enforce> and <IgnoreValidationErrors> cannot both be true");
	struct ssl_info info = {
		.ciphers = x->ciphers,
		.client_auth_enabled = x->client_auth,
		.common_name = x->common_name,
		.enabled = x->enabled,
		.ignore_validation_errors = x->ignore_errors,
		.key_alias = x->key_alias,
		.key_store = x->key_store,
		.protocols = x->protocols,
		.trust_store = x->trust_store,
	};
	return ssl_info_make(b, &info, x->line, out);
}
