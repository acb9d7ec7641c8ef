/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that a JWT policy's configuration names.
 * Invariant: a secret or private key stands in no bundle: only in a variable whose name starts with
 * "private.", and it is read when it is used.
 * Source: Apigee, "GenerateJWT", "VerifyJWT" policies: SecretKey, PublicKey, PrivateKey. */
#include "codec/base64.h"
#include "http/uri.h"
#include "policy/jwt.h"

enum { AS_IT_STANDS, AS_HEX, AS_BASE16, AS_BASE64, AS_BASE64URL };
static const char *const encodings[] = { "utf-8", "hex", "base16", "base64", "base64url", NULL };

#define TEXT(strct, member, path, ...)                               \
	FIELD(strct, member, path, T_GROUPP, .sub = jwt_text_fields, \
	      .sub_size = sizeof(struct jwt_text), ##__VA_ARGS__)

const struct field jwt_secret_fields[] = {
	FIELD(jwt_secret, encoding, "@encoding", T_ENUM, .names = encodings, .dflt = "utf-8",
	      .doc = "how the variable holds the bytes"),
	FIELD(jwt_secret, value, "Value", T_GROUP, .sub = jwt_text_fields,
	      .doc = "by ref, a variable that starts with private."),
	TEXT(jwt_secret, id, "Id", .doc = "kid of the header"),
	FIELDS_END,
};

static const struct field set_fields[] = {
	FIELD(jwt_set, is.ref, "@ref", T_FLOWVAR, .doc = "a variable that holds it, and wins"),
	FIELD(jwt_set, uri, "@uri", T_STR,
	      .doc = "where it is fetched; it is kept for 300 seconds"),
	FIELD(jwt_set, uri_ref, "@uriRef", T_FLOWVAR, .doc = "a variable that holds the uri"),
	FIELD(jwt_set, is.text, ".", T_STR),
	FIELDS_END,
};

const struct field jwt_public_fields[] = {
	TEXT(jwt_public, value, "Value", .doc = "a PEM public key"),
	TEXT(jwt_public, certificate, "Certificate", .doc = "a PEM certificate"),
	FIELD(jwt_public, jwks, "JWKS", T_GROUPP, .sub = set_fields,
	      .sub_size = sizeof(struct jwt_set),
	      .doc = "a set of keys; the token's kid picks one"),
	FIELDS_END,
};

const struct field jwt_private_fields[] = {
	FIELD(jwt_private, value, "Value", T_GROUP, .sub = jwt_text_fields,
	      .doc = "PEM, by ref, a variable that starts with private."),
	TEXT(jwt_private, password, "Password",
	     .doc = "by ref, a variable that starts with private."),
	TEXT(jwt_private, id, "Id", .doc = "kid of the header"),
	FIELDS_END,
};

/* ---- deploy time ---- */

static err check_private_text(const struct jwt_place *at, const struct jwt_text *t)
{
	if (t->text.n)
		return jwt_refuse(at, "InvalidSecretInConfig",
		                  "a secret does not stand in a bundle; name a variable by ref");
	if (!t->ref)
		return jwt_refuse(at, "EmptyElementForKeyConfiguration", "a key needs a ref");
	if (!str_starts(flowvar_name(t->ref), S("private.")))
		return jwt_refuse(at, "InvalidVariableNameForSecret",
		                  "the variable of a secret starts with private.");
	return DONE;
}

static err check_set(const struct jwt_place *at, struct jwt_public *p)
{
	const struct jwt_set *s = p->jwks;
	int given = (s->is.ref || s->is.text.n) + (s->uri.n || s->uri_ref);
	struct uri uri;
	if (given != 1)
		return jwt_refuse(at, "InvalidKeyConfiguration",
		                  "<JWKS> is a text, a ref, a uri or a uriRef; one of them");
	if (s->uri.n && uri_parse(s->uri, &uri).code)
		return jwt_refuse(at, "InvalidValueForElement",
		                  "the uri of <JWKS> is no http(s) URL");
	if (s->is.text.n && jwks_read(at->b->arena, s->is.text, at->b->diag, &p->set).code)
		return jwt_refuse(at, "InvalidKeyConfiguration", "<JWKS> holds no key set");
	return DONE;
}

static err check_public(const struct jwt_place *at, struct jwt_public *p)
{
	const struct jwt_text *pem = p->value ? p->value : p->certificate;
	if ((p->value != NULL) + (p->certificate != NULL) + (p->jwks != NULL) != 1)
		return jwt_refuse(
			at, "InvalidKeyConfiguration",
			"<PublicKey> holds a <Value>, a <Certificate> or a <JWKS>; one of them");
	if (p->jwks)
		return check_set(at, p);
	if (!pem->ref && !pem->text.n)
		return jwt_refuse(at, "EmptyElementForKeyConfiguration",
		                  "<PublicKey> holds no key");
	if (pem->text.n && (jose_key_pem(at->b->arena, pem->text, STR_NONE, &p->key).code ||
	                    jose_key_signs(p->key)))
		return jwt_refuse(
			at, "InvalidKeyConfiguration",
			"<PublicKey> holds no PEM public key or certificate of RSA, P-256, "
			"P-384 or P-521");
	return DONE;
}

static err check_private(const struct jwt_place *at, const struct jwt_private *p)
{
	TRY(check_private_text(at, &p->value));
	return p->password ? check_private_text(at, p->password) : DONE;
}

err jwt_keyring_check(const struct jwt_place *at, struct jwt_keyring *k, enum jose_family family,
                      bool to_sign)
{
	bool by_secret = family == JOSE_HS;
	if (by_secret && !k->secret)
		return jwt_refuse(at, "MissingConfigurationElement",
		                  "HS256 and its kin need <SecretKey>");
	if (by_secret ? k->public || k->private : k->secret != NULL)
		return jwt_refuse(at, "InvalidConfigurationForActionAndAlgorithm",
		                  "HS256 and its kin take <SecretKey> alone, the others never");
	if (by_secret)
		return check_private_text(at, &k->secret->value);
	if (to_sign)
		return k->private ? check_private(at, k->private)
		                  : jwt_refuse(at, "MissingConfigurationElement",
		                               "the algorithm needs <PrivateKey>");
	return k->public ? check_public(at, k->public)
	                 : jwt_refuse(at, "MissingConfigurationElement",
	                              "the algorithm needs <PublicKey>");
}

/* ---- run time ---- */

static enum verdict fit(struct exchange *x, const struct jose_key *k, enum jose_alg alg)
{
	static const enum jwt_fault faults[] = {
		[JOSE_WRONG_TYPE] = JWT_WRONG_KEY_TYPE,
		[JOSE_WRONG_CURVE] = JWT_INVALID_CURVE,
		[JOSE_TOO_SHORT] = JWT_SHORT_KEY,
	};
	enum jose_fit is = jose_key_fit(k, alg);
	return is == JOSE_FITS ? CONTINUE : jwt_fail(x, faults[is], jose_alg_name(alg));
}

/* A key has no default, whatever IgnoreUnresolvedVariables says. */
static enum verdict text_of_key(struct exchange *x, const struct jwt_text *t, str *out)
{
	struct jwt_run strict = { x, false };
	return jwt_value(&strict, t, out);
}

static err decoded(struct arena *a, int encoding, str text, str *out)
{
	switch (encoding) {
	case AS_HEX:
	case AS_BASE16:
		return hex_read(a, str_trim(text), out);
	case AS_BASE64:
		return base64_read(a, str_trim(text), out);
	case AS_BASE64URL:
		return base64url_read(a, str_trim(text), out);
	default:
		*out = text;
		return DONE;
	}
}

static enum verdict secret_key(struct exchange *x, const struct jwt_secret *s,
                               const struct jose_key **out)
{
	str text, bytes;
	if (text_of_key(x, &s->value, &text) == FAULT)
		return FAULT;
	if (decoded(x->arena, s->encoding, text, &bytes).code)
		return jwt_fail(x, JWT_BAD_KEY, STR_NONE);
	*out = jose_key_secret(x->arena, bytes);
	return CONTINUE;
}

static enum verdict pem_key(struct exchange *x, const struct jwt_text *value,
                            const struct jwt_text *password, bool is_private,
                            const struct jose_key **out)
{
	str text, pass = STR_NONE;
	if (text_of_key(x, value, &text) == FAULT ||
	    (password && text_of_key(x, password, &pass) == FAULT))
		return FAULT;
	const struct jwt_keys *k = jwt_keys_of(x, JWT_PEM, text, pass);
	if (!k || jose_key_signs(k->key) != is_private)
		return jwt_fail(x, JWT_BAD_KEY, STR_NONE);
	*out = k->key;
	return CONTINUE;
}

enum verdict jwt_signing_key(const struct jwt_run *r, const struct jwt_keyring *k,
                             enum jose_alg alg, const struct jose_key **out)
{
	enum verdict v =
		k->secret ? secret_key(r->x, k->secret, out)
			  : pem_key(r->x, &k->private->value, k->private->password, true, out);
	return v == CONTINUE ? fit(r->x, *out, alg) : v;
}

static enum verdict find_set(struct exchange *x, const struct jwt_public *p,
                             const struct jwks **out)
{
	const struct jwt_set *s = p->jwks;
	struct jwt_text uri = { s->uri, s->uri_ref };
	str text;
	*out = &p->set;
	if (s->is.text.n && !s->is.ref)
		return CONTINUE;
	if (text_of_key(x, s->is.ref ? &s->is : &uri, &text) == FAULT)
		return FAULT;
	if (s->is.ref) {
		const struct jwt_keys *k = jwt_keys_of(x, JWT_JWKS, text, STR_NONE);
		*out = k ? &k->set : NULL;
		return k ? CONTINUE : jwt_fail(x, JWT_BAD_KEY, STR_NONE);
	}
	*out = jwt_keys_at(x, text);
	return *out ? CONTINUE : jwt_fail(x, JWT_NO_MATCHING_KEY, STR_NONE);
}

static enum verdict key_of_set(struct exchange *x, const struct jwt_public *p, const struct jws *s,
                               const struct jose_key **out)
{
	const struct jwks *set;
	if (!s->kid.n)
		return jwt_fail(x, JWT_NO_KEY_ID, STR_NONE);
	if (find_set(x, p, &set) == FAULT)
		return FAULT;
	*out = jwks_find(set, s->kid, s->alg);
	return *out ? CONTINUE : jwt_fail(x, JWT_NO_MATCHING_KEY, STR_NONE);
}

enum verdict jwt_checking_key(const struct jwt_run *r, const struct jwt_keyring *k,
                              const struct jws *s, const struct jose_key **out)
{
	const struct jwt_public *p = k->public;
	enum verdict v = CONTINUE;
	if (k->secret)
		v = secret_key(r->x, k->secret, out);
	else if (p->jwks)
		v = key_of_set(r->x, p, s, out);
	else if (p->key && !(p->value ? p->value : p->certificate)->ref)
		*out = p->key;
	else
		v = pem_key(r->x, p->value ? p->value : p->certificate, NULL, false, out);
	return v == CONTINUE ? fit(r->x, *out, s->alg) : v;
}
