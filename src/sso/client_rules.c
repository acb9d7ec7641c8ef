/* SPDX-License-Identifier: Apache-2.0 */
/* What a client may be: its id, grants, addresses and authorities.
 * Nobody gives a client more than they have themselves, save an administrator of clients.
 * Source: oauth2-service reference, 3.8, 4.4; RFC 6749 §3.1.2, RFC 8252 §7. */
#include "sso/client_rules.h"

#include "codec/jose.h"
#include "sso/device.h"

static const char *const grants[] = {
	"authorization_code",
	"client_credentials",
	"implicit",
	"password",
	"refresh_token",
	DEVICE_GRANT,
	"urn:ietf:params:oauth:grant-type:jwt-bearer",
	"urn:ietf:params:oauth:grant-type:saml2-bearer",
	"user_token",
};

enum { ID_MAX = 255, SECRET_MAX = 255, KEYS_TEXT_MAX = 32 << 10, KEYS_MAX = 10 };

static bool grant_known(str name)
{
	for (size_t i = 0; i < sizeof grants / sizeof *grants; i++)
		if (str_eq(name, str_from_z(grants[i])))
			return true;
	return false;
}

static bool visible(str s, const char *but)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= ' ' || c == 0x7f || str_find_char(str_from_z(but), s.p[i]) != STR_NPOS)
			return false;
	}
	return s.n > 0;
}

static str check_id(struct arena *a, str id)
{
	if (!visible(id, "/\\:") || id.n > ID_MAX) /* RFC 7617 §2: no colon in a user-id */
		return S("client_id takes 1 to 255 visible characters without / \\ and :");
	static const char *const reserved[] = { "uaa", "tx", "meta", "restricted" };
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (str_eq(id, str_from_z(reserved[i])))
			return str_fmt(a, "client_id %s is reserved", reserved[i]);
	return STR_NONE;
}

static str check_grants(struct arena *a, const struct oauth_client *c)
{
	const struct strs *g = &c->authorized_grant_types;
	if (!g->n)
		return S("An authorized grant type must be provided");
	for (size_t i = 0; i < g->n; i++)
		if (!grant_known(g->v[i]))
			return str_fmt(a, "%.*s is not an allowed grant type",
			               STR(sso_told(g->v[i])));
	return STR_NONE;
}

bool client_address_good(str uri)
{
	str rest = uri, scheme = str_cut(&rest, ':');
	if (!str_given(rest) || !rest.n || !visible(uri, "#,\"<>\\^`{|}*"))
		return false;
	for (size_t i = 0; i < scheme.n; i++) {
		char ch = scheme.p[i] | 0x20;
		bool letter = ch >= 'a' && ch <= 'z';
		if (!letter && (!i || str_find_char(S("0123456789+-."), scheme.p[i]) == STR_NPOS))
			return false;
	}
	bool web = str_ieq(scheme, S("http")) || str_ieq(scheme, S("https"));
	bool runs = str_ieq(scheme, S("javascript")) || str_ieq(scheme, S("data")) ||
	            str_ieq(scheme, S("vbscript")) || str_ieq(scheme, S("file"));
	return scheme.n && !runs && (!web || (str_starts(rest, S("//")) && rest.n > 2));
}

static str check_addresses(struct arena *a, const struct oauth_client *c)
{
	const struct strs *g = &c->authorized_grant_types;
	bool redirects = strs_have(g, S("authorization_code")) || strs_have(g, S("implicit"));
	if (redirects && !c->redirect_uri.n)
		return S("authorization_code and implicit grant types require at least one "
		         "redirect URL");
	for (size_t i = 0; i < c->redirect_uri.n; i++)
		if (!client_address_good(c->redirect_uri.v[i]))
			return str_fmt(a, "One of the redirect_uri is invalid: %.*s",
			               STR(sso_told(c->redirect_uri.v[i])));
	return STR_NONE;
}

/* was: what it had before. */
static str check_authorities(struct sso_call *q, const struct oauth_client *c,
                             const struct oauth_client *was)
{
	for (size_t i = 0; i < c->authorities.n; i++) {
		str one = c->authorities.v[i];
		if (!(was && strs_have(&was->authorities, one)) &&
		    !strs_have(&q->bearer.scope, one))
			return str_fmt(q->arena,
			               "%.*s is not an allowed authority: the caller has it not",
			               STR(sso_told(one)));
	}
	return STR_NONE;
}

static str check_words(const struct oauth_client *c)
{
	const struct strs *all[] = { &c->scope, &c->authorities, &c->resource_ids, &c->auto_approve,
		                     &c->required_user_groups };
	for (size_t k = 0; k < sizeof all / sizeof *all; k++)
		for (size_t i = 0; i < all[k]->n; i++)
			if (!visible(all[k]->v[i], "\"\\,")) /* RFC 6749 §3.3 */
				return S("scopes and authorities are words of visible characters");
	return STR_NONE;
}

/* RFC 7517: public keys of kinds that sign. */
static str check_keys(struct arena *a, const struct oauth_client *c)
{
	struct diag d = { .arena = a };
	struct jwks set;
	if (!str_given(c->jwks))
		return STR_NONE;
	bool good = c->jwks.n <= KEYS_TEXT_MAX && !jwks_read(a, c->jwks, &d, &set).code;
	if (!good || !set.keys.n || set.keys.n > KEYS_MAX)
		return S("jwks takes {\"keys\":[...]}, 1 to 10 public RSA or EC keys");
	for (size_t i = 0; i < set.keys.n; i++)
		if (jose_key_signs(set.keys.v[i].key))
			return S("jwks takes public keys: one has a private part, or is a secret");
	return STR_NONE;
}

str client_refusal(struct sso_call *q, const struct oauth_client *c, const struct oauth_client *was,
                   bool has_secret)
{
	bool proves = has_secret || str_given(c->jwks);
	const struct strs *g = &c->authorized_grant_types;
	bool admin = sso_may(q, "clients.admin");
	str why = check_id(q->arena, c->client_id);
	if (!str_given(why))
		why = check_grants(q->arena, c);
	if (!str_given(why))
		why = check_addresses(q->arena, c);
	if (!str_given(why))
		why = check_words(c);
	if (!str_given(why))
		why = check_keys(q->arena, c);
	if (!str_given(why) && !admin)
		why = check_authorities(q, c, was);
	if (str_given(why))
		return why;
	if (!admin && strs_have(g, S("implicit")) && strs_have(g, S("authorization_code")))
		return S("Not allowed: implicit grant type is not allowed together with "
		         "authorization_code");
	if (!proves && strs_have(g, S("client_credentials")))
		return S("Client secret is required for client_credentials grant type");
	if (!proves && !c->allow_public)
		return S("Client secret is required, or allowpublic");
	return STR_NONE;
}

/* What opens the service's administration; a wildcard may stand for that. */
static bool administers(str word)
{
	static const char *const rooms[] = { "uaa.",     "zones.",    "idps.",
		                             "clients.", "scim.",     "tokens.",
		                             "groups.",  "password.", "oauth.login" };
	if (str_eq(word, S("scim.me")))
		return false;
	for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
		if (str_starts(word, str_from_z(rooms[i])))
			return true;
	return str_find_char(word, '*') != STR_NPOS;
}

str client_restriction(struct arena *a, const struct oauth_client *c)
{
	const struct strs *all[] = { &c->scope, &c->authorities };
	for (size_t k = 0; k < sizeof all / sizeof *all; k++)
		for (size_t i = 0; i < all[k]->n; i++)
			if (administers(all[k]->v[i]))
				return str_fmt(a, "%.*s is a restricted scope.",
				               STR(sso_told(all[k]->v[i])));
	return STR_NONE;
}

str client_secret_refusal(str secret)
{
	if (!secret.n || secret.n > SECRET_MAX)
		return S("Client Secret must be 1 to 255 characters in length.");
	return str_find_char(secret, 0) != STR_NPOS ? S("Client Secret must not hold a NUL.")
	                                            : STR_NONE;
}
