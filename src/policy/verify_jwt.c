/* SPDX-License-Identifier: Apache-2.0 */
/* VerifyJWT: lets a call through whose token is signed by the configured key and says what it must.
 * Invariant: the algorithm is the configuration's; times, audience and claims are looked at each time,
 * also of a token whose signature is remembered.
 * Source: Apigee, "VerifyJWT policy"; RFC 7519 §7.2, RFC 8725. */
#include <jansson.h>

#include "policy/jwt.h"

struct verify_lifespan {
	str text;
	bool by_issue_time;
};

struct verify_jwt {
	int type;
	str algorithm;
	struct flowvar *source;
	bool lenient, ignore_critical, ignore_issued_at;
	struct jwt_keyring keys;
	struct jwt_text *id, *issuer, *subject, *audience, *known_headers;
	struct jwt_claims *claims, *headers;
	str allowance;
	struct verify_lifespan *lifespan;
	bool takes[JOSE_ALGS];
	size_t n_takes;
	int64_t allowance_s, lifespan_s;
	struct strs audiences; /* of a literal Audience */
	str prefix;            /* "jwt.{name}." */
	unsigned line;
};

static const char *const types[] = { "Signed", NULL };
static const struct field lifespan_fields[] = {
	FIELD(verify_lifespan, text, ".", T_STR, .required = true),
	FIELD(verify_lifespan, by_issue_time, "@useIssueTime", T_BOOL, .dflt = "false",
	      .doc = "counted from iat; else from nbf, or from iat without one"),
	FIELDS_END,
};

#define TEXT(member, path, ...)                                           \
	FIELD(verify_jwt, member, path, T_GROUPP, .sub = jwt_text_fields, \
	      .sub_size = sizeof(struct jwt_text), ##__VA_ARGS__)

static const struct field fields[] = {
	FIELD(verify_jwt, type, "Type", T_ENUM, .names = types, .dflt = "Signed"),
	FIELD(verify_jwt, algorithm, "Algorithm", T_STR, .required = true,
	      .doc = "HS256, RS256, PS256, ES256 or their 384 and 512; a comma list of one key's"),
	FIELD(verify_jwt, source, "Source", T_FLOWVAR, .dflt = "request.header.authorization",
	      .doc = "holds the token; `Bearer ` before it is taken off"),
	FIELD(verify_jwt, lenient, "IgnoreUnresolvedVariables", T_BOOL, .dflt = "false",
	      .doc = "true: a variable without value counts as empty; never for keys"),
	FIELD(verify_jwt, keys.secret, "SecretKey", T_GROUPP, .sub = jwt_secret_fields,
	      .sub_size = sizeof(struct jwt_secret)),
	FIELD(verify_jwt, keys.public, "PublicKey", T_GROUPP, .sub = jwt_public_fields,
	      .sub_size = sizeof(struct jwt_public)),
	TEXT(id, "Id", .doc = "what jti must be; empty: anything"),
	TEXT(issuer, "Issuer", .doc = "what iss must be"),
	TEXT(subject, "Subject", .doc = "what sub must be"),
	TEXT(audience, "Audience", .doc = "a comma list; aud must hold one of them"),
	FIELD(verify_jwt, claims, "AdditionalClaims", T_GROUPP, .sub = jwt_claims_fields,
	      .sub_size = sizeof(struct jwt_claims), .doc = "claims that must be so"),
	FIELD(verify_jwt, headers, "AdditionalHeaders", T_GROUPP, .sub = jwt_claims_fields,
	      .sub_size = sizeof(struct jwt_claims), .doc = "headers that must be so"),
	TEXT(known_headers, "KnownHeaders", .doc = "a comma list of what crit may name"),
	FIELD(verify_jwt, ignore_critical, "IgnoreCriticalHeaders", T_BOOL, .dflt = "false",
	      .doc = "true: crit may name anything"),
	FIELD(verify_jwt, ignore_issued_at, "IgnoreIssuedAt", T_BOOL, .dflt = "false",
	      .doc = "true: iat may lie in the future"),
	FIELD(verify_jwt, allowance, "TimeAllowance", T_STR, .dflt = "0s",
	      .doc = "by how much clocks may differ: 30s, 5m, 1h"),
	FIELD(verify_jwt, lifespan, "MaxLifespan", T_GROUPP, .sub = lifespan_fields,
	      .sub_size = sizeof(struct verify_lifespan),
	      .doc = "how long before exp a token may have begun: 30m, 1h, 7d, 2w"),
	FIELD(verify_jwt, line, "", T_LINE),
	FIELD_BARE("CustomClaims", T_NOTE),
	FIELD_BARE("Algorithms", T_LATER, .doc = "it knows signed tokens"),
	FIELD_BARE("PrivateKey", T_LATER, .doc = "it knows signed tokens"),
	FIELD_BARE("PasswordKey", T_LATER, .doc = "it knows signed tokens"),
	FIELD_BARE("DirectKey", T_LATER, .doc = "it knows signed tokens"),
	FIELDS_END,
};

/* ---- deploy time ---- */

static err check_algorithms(struct verify_jwt *c, const struct jwt_place *at)
{
	struct strs list = jwt_list(at->b->arena, c->algorithm);
	enum jose_family family = JOSE_HS;
	for (size_t i = 0; i < list.n; i++) {
		enum jose_alg alg = jose_alg_read(list.v[i]);
		if (alg == JOSE_ALGS || c->takes[alg])
			return jwt_refuse(at, "InvalidValueForElement",
			                  "<Algorithm> lists HS256, RS256, PS256, ES256 or their "
			                  "384 and 512, each once");
		/* one key checks them all: RS and PS share theirs */
		enum jose_family of = jose_family(alg) == JOSE_PS ? JOSE_RS : jose_family(alg);
		if (i && of != family)
			return jwt_refuse(at, "InvalidValueForElement",
			                  "<Algorithm> mixes kinds of keys");
		family = of;
		c->takes[alg] = true;
		c->n_takes++;
	}
	if (!list.n)
		return jwt_refuse(at, "MissingConfigurationElement", "<Algorithm> is empty");
	return jwt_keyring_check(at, &c->keys, family, false);
}

static err check(void *conf, str name, struct binder *b)
{
	struct verify_jwt *c = conf;
	struct jwt_place at = { b, "VerifyJWT", name, c->line };
	c->prefix = str_fmt(b->arena, "jwt.%.*s.", STR(name));
	c->audiences = c->audience ? jwt_list(b->arena, c->audience->text) : (struct strs){ 0 };
	TRY(check_algorithms(c, &at));
	TRY(jwt_claims_check(b, c->claims, name, JWT_OF_PAYLOAD));
	TRY(jwt_claims_check(b, c->headers, name, JWT_OF_HEADER));
	if (!jwt_duration(c->allowance, &c->allowance_s))
		return jwt_refuse(&at, "InvalidTimeFormat",
		                  "<TimeAllowance> is a number with s, m, h, d or w");
	if (c->lifespan && !jwt_duration(c->lifespan->text, &c->lifespan_s))
		return jwt_refuse(&at, "InvalidTimeFormat",
		                  "<MaxLifespan> is a number with s, m, h, d or w");
	return DONE;
}

/* ---- run time ---- */

static enum verdict bad_claim(struct exchange *x, const char *name)
{
	return jwt_fail(x, JWT_INVALID_CLAIM, str_from_z(name));
}

static enum verdict check_times(const struct verify_jwt *c, struct exchange *x,
                                const struct jwt_token *t)
{
	int64_t now = loop_utc_ms(x->loop) / 1000;
	if (t->bad_time)
		return bad_claim(x, t->bad_time);
	if (t->exp != JWT_NEVER && now >= t->exp + c->allowance_s)
		return jwt_fail(x, JWT_EXPIRED, STR_NONE);
	if (t->nbf != JWT_NEVER && now < t->nbf - c->allowance_s)
		return jwt_fail(x, JWT_NOT_YET, STR_NONE);
	if (!c->ignore_issued_at && t->iat != JWT_NEVER && now < t->iat - c->allowance_s)
		return jwt_fail(x, JWT_NOT_YET, STR_NONE);
	if (!c->lifespan)
		return CONTINUE;
	int64_t from = c->lifespan->by_issue_time || t->nbf == JWT_NEVER ? t->iat : t->nbf;
	if (t->exp != JWT_NEVER && from == JWT_NEVER)
		return bad_claim(x, "iat");
	return t->exp == JWT_NEVER || t->exp - from > c->lifespan_s ? bad_claim(x, "exp")
	                                                            : CONTINUE;
}

static enum verdict check_text(const struct jwt_run *r, const struct jwt_text *t, str said,
                               const char *name, enum jwt_fault mismatch)
{
	str wanted;
	if (!t)
		return CONTINUE;
	if (jwt_value(r, t, &wanted) == FAULT)
		return FAULT;
	if (!str_given(said))
		return bad_claim(r->x, name);
	return str_eq(said, wanted) ? CONTINUE : jwt_fail(r->x, mismatch, str_from_z(name));
}

static enum verdict check_audience(const struct verify_jwt *c, const struct jwt_run *r,
                                   const struct strs *said)
{
	str text;
	struct strs wanted = c->audiences;
	if (!c->audience)
		return CONTINUE;
	if (c->audience->ref) {
		if (jwt_value(r, c->audience, &text) == FAULT)
			return FAULT;
		wanted = jwt_list(r->x->arena, text);
	}
	if (!said->n)
		return bad_claim(r->x, "aud");
	for (size_t i = 0; i < said->n; i++)
		if (strs_have(&wanted, said->v[i]))
			return CONTINUE;
	return jwt_fail(r->x, JWT_AUDIENCE_MISMATCH, STR_NONE);
}

static bool same(const json_t *said, const json_t *wanted)
{
	if (json_is_number(said) && json_is_number(wanted))
		return !(json_number_value(said) < json_number_value(wanted)) &&
		       !(json_number_value(said) > json_number_value(wanted));
	return json_equal(said, wanted);
}

static enum verdict check_more(const struct jwt_run *r, const struct jwt_claims *claims,
                               const json_t *said)
{
	json_t *wanted, *v;
	const char *name;
	if (!claims)
		return CONTINUE;
	if (jwt_claims_make(r, claims, &wanted) == FAULT)
		return FAULT;
	json_object_foreach(wanted, name, v)
	{
		if (!same(json_object_get(said, name), v))
			return bad_claim(r->x, name);
	}
	return CONTINUE;
}

static enum verdict check_header(const struct verify_jwt *c, const struct jwt_run *r,
                                 const struct jws *s)
{
	if (!str_given(s->alg_name))
		return jwt_fail(r->x, JWT_NO_ALGORITHM, STR_NONE);
	if (s->alg == JOSE_ALGS || !c->takes[s->alg])
		return jwt_fail(r->x,
		                c->n_takes > 1 ? JWT_ALGORITHM_NOT_CONFIGURED
		                               : JWT_ALGORITHM_MISMATCH,
		                s->alg_name);
	if (c->ignore_critical || !s->has_critical)
		return CONTINUE;
	str known = STR_NONE;
	if (c->known_headers && jwt_value(r, c->known_headers, &known) == FAULT)
		return FAULT;
	struct strs list = jwt_list(r->x->arena, known);
	str unknown = jws_unknown_critical(s, list.v, list.n);
	return str_given(unknown) ? jwt_fail(r->x, JWT_UNKNOWN_CRITICAL, unknown) : CONTINUE;
}

static enum verdict check_signature(const struct verify_jwt *c, const struct jwt_run *r,
                                    struct jwt_token *t)
{
	const struct jose_key *key;
	if (jwt_checking_key(r, &c->keys, &t->jws, &key) == FAULT)
		return FAULT;
	return jwt_token_good(r->x, t, key) ? CONTINUE
	                                    : jwt_fail(r->x, JWT_INVALID_TOKEN, STR_NONE);
}

static enum verdict verify(const struct verify_jwt *c, const struct jwt_run *r, struct jwt_token *t)
{
	const struct jwt_text *id = c->id && (c->id->ref || c->id->text.n) ? c->id : NULL;
	str jti = id ? json_member_str(t->claims, "jti") : STR_NONE;
	if (check_header(c, r, &t->jws) == FAULT || check_signature(c, r, t) == FAULT ||
	    check_times(c, r->x, t) == FAULT ||
	    check_text(r, c->issuer, t->iss, "iss", JWT_ISSUER_MISMATCH) == FAULT ||
	    check_text(r, c->subject, t->sub, "sub", JWT_SUBJECT_MISMATCH) == FAULT ||
	    check_audience(c, r, &t->aud) == FAULT ||
	    check_text(r, id, jti, "jti", JWT_INVALID_CLAIM) == FAULT ||
	    check_more(r, c->claims, t->claims) == FAULT)
		return FAULT;
	return check_more(r, c->headers, t->jws.header);
}

static enum verdict run(const void *conf, struct exchange *x)
{
	const struct verify_jwt *c = conf;
	struct jwt_run r = { x, c->lenient };
	struct jwt_token *token;
	str text;
	if (jwt_source(x, c->source, &text) == FAULT)
		return FAULT;
	if (jwt_token_read(x, text, &token).code)
		return jwt_fail(x, JWT_INVALID_TOKEN, STR_NONE);
	struct jwt_view *view = jwt_view_provide(x, c->prefix, token);
	enum verdict v = verify(c, &r, token);
	view->valid = v == CONTINUE ? JWT_VALID_YES : JWT_VALID_NO;
	if (v == CONTINUE)
		x->tally.tokens_good++;
	else
		x->tally.tokens_refused++;
	return v;
}

const struct policy policy_verify_jwt = {
	.element = "VerifyJWT",
	.size = sizeof(struct verify_jwt),
	.fields = fields,
	.faults = jwt_faults,
	.fault_prefix = "JWT",
	.check = check,
	.run = run,
};
