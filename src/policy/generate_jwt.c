/* SPDX-License-Identifier: Apache-2.0 */
/* GenerateJWT: a signed token from the configuration and the call's variables.
 * Invariant: the claims stand in Apigee's order, compact; what no variable gives is a fault, not a token.
 * Source: Apigee, "GenerateJWT policy"; RFC 7519. */
#include <jansson.h>
#include <time.h>

#include "base/rand.h"
#include "policy/jwt.h"

struct generate_jwt {
	int type;
	str algorithm;
	bool lenient;
	struct jwt_keyring keys;
	struct jwt_text *subject, *issuer, *audience, *id, *expires_in, *not_before,
		*critical_headers;
	struct jwt_claims *claims, *headers;
	str output;
	struct flowvar *output_var;
	enum jose_alg alg;
	unsigned line;
};

static const char *const types[] = { "Signed", NULL };

#define TEXT(member, path, ...)                                             \
	FIELD(generate_jwt, member, path, T_GROUPP, .sub = jwt_text_fields, \
	      .sub_size = sizeof(struct jwt_text), ##__VA_ARGS__)

static const struct field fields[] = {
	FIELD(generate_jwt, type, "Type", T_ENUM, .names = types, .dflt = "Signed"),
	FIELD(generate_jwt, algorithm, "Algorithm", T_STR, .required = true,
	      .doc = "HS256, RS256, PS256, ES256 or their 384 and 512"),
	FIELD(generate_jwt, lenient, "IgnoreUnresolvedVariables", T_BOOL, .dflt = "false",
	      .doc = "true: a variable without value counts as empty; never for keys"),
	FIELD(generate_jwt, keys.secret, "SecretKey", T_GROUPP, .sub = jwt_secret_fields,
	      .sub_size = sizeof(struct jwt_secret)),
	FIELD(generate_jwt, keys.private, "PrivateKey", T_GROUPP, .sub = jwt_private_fields,
	      .sub_size = sizeof(struct jwt_private)),
	TEXT(subject, "Subject", .doc = "sub"),
	TEXT(issuer, "Issuer", .doc = "iss"),
	TEXT(audience, "Audience", .doc = "aud; a comma list makes an array"),
	TEXT(id, "Id", .doc = "jti; empty: a new UUID"),
	TEXT(expires_in, "ExpiresIn", .doc = "30s, 5m, 1h, 2d, 1w; absent: the token has no exp"),
	TEXT(not_before, "NotBefore",
	     .doc = "the same, or a date such as 2026-08-14T11:00:21.269-0700 or Mon, 14 Aug 2026 "
	            "11:00:21 GMT"),
	FIELD(generate_jwt, claims, "AdditionalClaims", T_GROUPP, .sub = jwt_claims_fields,
	      .sub_size = sizeof(struct jwt_claims)),
	FIELD(generate_jwt, headers, "AdditionalHeaders", T_GROUPP, .sub = jwt_claims_fields,
	      .sub_size = sizeof(struct jwt_claims)),
	TEXT(critical_headers, "CriticalHeaders", .doc = "crit: a comma list of header names"),
	FIELD(generate_jwt, output, "OutputVariable", T_STR,
	      .doc = "where it goes; jwt.NAME.generated_jwt if not given"),
	FIELD(generate_jwt, line, "", T_LINE),
	FIELD_BARE("CustomClaims", T_NOTE),
	FIELD_BARE("Algorithms", T_LATER, .doc = "it knows signed tokens"),
	FIELD_BARE("PublicKey", T_LATER, .doc = "it knows signed tokens"),
	FIELD_BARE("PasswordKey", T_LATER, .doc = "it knows signed tokens"),
	FIELD_BARE("DirectKey", T_LATER, .doc = "it knows signed tokens"),
	FIELD_BARE("Compress", T_LATER, .doc = "it knows signed tokens"),
	FIELDS_END,
};

/* ---- times ---- */

/* Apigee's four forms of dates; a zone is GMT, UTC or an offset. */
static bool read_date(struct arena *a, str text, int64_t *at)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%a, %d %b %Y %H:%M:%S",
		                             "%A, %d-%b-%y %H:%M:%S", "%a %b %d %H:%M:%S %Y" };
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct tm tm = { 0 };
		const char *rest = strptime(str_z(a, text), forms[i], &tm);
		if (!rest)
			continue;
		if (*rest == '.')
			while (*++rest >= '0' && *rest <= '9')
				;
		str zone = str_trim(str_from_z(rest));
		int64_t minutes = 0, offset;
		bool by_number = zone.n == 5 && (*zone.p == '+' || *zone.p == '-') &&
		                 str_to_i64(str_sub(zone, 1, 5), &offset) && offset >= 0;
		if (by_number)
			minutes = (offset / 100 * 60 + offset % 100) * (*zone.p == '-' ? -1 : 1);
		else if (zone.n && !str_eq(zone, S("Z")) && !str_eq(zone, S("GMT")) &&
		         !str_eq(zone, S("UTC")))
			return false;
		*at = (int64_t)timegm(&tm) - minutes * 60;
		return *at >= 0;
	}
	return false;
}

/* Seconds since 1970; a duration counts from now. */
static bool read_time(struct arena *a, str text, bool dates_too, int64_t now, int64_t *at)
{
	if (jwt_duration(text, at)) {
		*at += now;
		return true;
	}
	return dates_too && read_date(a, str_trim(text), at);
}

/* ---- deploy time ---- */

static err check_time(const struct jwt_place *at, const struct jwt_text *t, bool dates_too,
                      const char *why)
{
	int64_t when;
	if (!t || t->ref || read_time(at->b->arena, t->text, dates_too, 0, &when))
		return DONE;
	return jwt_refuse(at, "InvalidTimeFormat", why);
}

static err check(void *conf, str name, struct binder *b)
{
	struct generate_jwt *c = conf;
	struct jwt_place at = { b, "GenerateJWT", name, c->line };
	c->alg = jose_alg_read(c->algorithm);
	if (c->alg == JOSE_ALGS)
		return jwt_refuse(&at, "InvalidValueForElement",
		                  "<Algorithm> is HS256, RS256, PS256, ES256 or one of their 384 "
		                  "and 512");
	TRY(jwt_keyring_check(&at, &c->keys, jose_family(c->alg), true));
	TRY(jwt_claims_check(b, c->claims, name, JWT_OF_PAYLOAD));
	TRY(jwt_claims_check(b, c->headers, name, JWT_OF_HEADER));
	TRY(check_time(&at, c->expires_in, false, "<ExpiresIn> is a number with s, m, h, d or w"));
	TRY(check_time(&at, c->not_before, true,
	               "<NotBefore> is a number with s, m, h, d or w, or a date"));
	c->output_var =
		b->bind(b, c->output.n ? c->output
	                               : str_fmt(b->arena, "jwt.%.*s.generated_jwt", STR(name)));
	return DONE;
}

/* ---- run time ---- */

static enum verdict put_text(const struct jwt_run *r, struct json_writer *w, const char *name,
                             const struct jwt_text *t)
{
	str value;
	if (!t)
		return CONTINUE;
	if (jwt_value(r, t, &value) == FAULT)
		return FAULT;
	json_key(w, str_from_z(name));
	json_str(w, value);
	return CONTINUE;
}

static void put_list(struct json_writer *w, const char *name, const struct strs *list, bool always)
{
	json_key(w, str_from_z(name));
	if (list->n == 1 && !always) {
		json_str(w, list->v[0]);
		return;
	}
	json_open(w, '[');
	for (size_t i = 0; i < list->n; i++)
		json_str(w, list->v[i]);
	json_close(w, ']');
}

static enum verdict put_comma_list(const struct jwt_run *r, struct json_writer *w, const char *name,
                                   const struct jwt_text *t, bool always_array)
{
	str text;
	if (!t)
		return CONTINUE;
	if (jwt_value(r, t, &text) == FAULT)
		return FAULT;
	struct strs list = jwt_list(r->x->arena, text);
	if (list.n)
		put_list(w, name, &list, always_array);
	return CONTINUE;
}

static enum verdict put_time(const struct jwt_run *r, struct json_writer *w, const char *name,
                             const struct jwt_text *t, bool dates_too, int64_t now)
{
	str text;
	int64_t at;
	if (!t)
		return CONTINUE;
	if (jwt_value(r, t, &text) == FAULT)
		return FAULT;
	if (!read_time(r->x->arena, text, dates_too, now, &at))
		return jwt_fail(r->x, JWT_GENERATION_FAILED, str_from_z(name));
	json_key(w, str_from_z(name));
	json_int(w, at);
	return CONTINUE;
}

static enum verdict put_more(const struct jwt_run *r, struct json_writer *w,
                             const struct jwt_claims *claims)
{
	json_t *all, *v;
	const char *name;
	if (jwt_claims_make(r, claims, &all) == FAULT)
		return FAULT;
	json_object_foreach(all, name, v)
	{
		json_key(w, str_from_z(name));
		json_tree(w, v);
	}
	return CONTINUE;
}

static enum verdict put_id(const struct jwt_run *r, struct json_writer *w, const struct jwt_text *t)
{
	struct jwt_text made = { .text = rand_uuid(r->x->arena) };
	return put_text(r, w, "jti", t && !t->ref && !t->text.n ? &made : t);
}

static enum verdict make_header(const struct generate_jwt *c, const struct jwt_run *r, str *out)
{
	const struct jwt_text *kid = c->keys.secret ? c->keys.secret->id : c->keys.private->id;
	struct buf text = buf_in(r->x->arena);
	struct json_writer w = json_to(&text, false);
	json_open(&w, '{');
	json_key(&w, S("typ"));
	json_str(&w, S("JWT"));
	json_key(&w, S("alg"));
	json_str(&w, jose_alg_name(c->alg));
	if (put_text(r, &w, "kid", kid) == FAULT || put_more(r, &w, c->headers) == FAULT ||
	    put_comma_list(r, &w, "crit", c->critical_headers, true) == FAULT)
		return FAULT;
	json_close(&w, '}');
	*out = buf_str(&text);
	return CONTINUE;
}

static enum verdict make_claims(const struct generate_jwt *c, const struct jwt_run *r, str *out)
{
	int64_t now = loop_utc_ms(r->x->loop) / 1000;
	struct buf text = buf_in(r->x->arena);
	struct json_writer w = json_to(&text, false);
	json_open(&w, '{');
	if (put_text(r, &w, "sub", c->subject) == FAULT ||
	    put_text(r, &w, "iss", c->issuer) == FAULT ||
	    put_comma_list(r, &w, "aud", c->audience, false) == FAULT)
		return FAULT;
	json_key(&w, S("iat"));
	json_int(&w, now);
	if (put_time(r, &w, "exp", c->expires_in, false, now) == FAULT ||
	    put_time(r, &w, "nbf", c->not_before, true, now) == FAULT ||
	    put_id(r, &w, c->id) == FAULT || put_more(r, &w, c->claims) == FAULT)
		return FAULT;
	json_close(&w, '}');
	*out = buf_str(&text);
	return CONTINUE;
}

struct signing {
	struct arena *arena;
	const struct jose_key *key;
	enum jose_alg alg;
	str header, claims, token;
	err trouble;
};

static void sign(void *arg)
{
	struct signing *s = arg;
	s->trouble = jws_sign(s->arena, s->key, s->alg, s->header, s->claims, &s->token);
}

static enum verdict run(const void *conf, struct exchange *x)
{
	const struct generate_jwt *c = conf;
	struct jwt_run r = { x, c->lenient };
	struct signing s = { .arena = x->arena, .alg = c->alg };
	if (jwt_signing_key(&r, &c->keys, c->alg, &s.key) == FAULT ||
	    make_header(c, &r, &s.header) == FAULT || make_claims(c, &r, &s.claims) == FAULT)
		return FAULT;
	err queued = DONE;
	if (!jws_is_slow(c->alg, true))
		sign(&s);
	else
		queued = offload(LANE_CPU, sign, &s);
	if (queued.code || s.trouble.code)
		return jwt_fail(x, JWT_SIGNING_FAILED, STR_NONE);
	if (vars_set(x, c->output_var, VALUE_STR(s.token)).code)
		return jwt_fail(x, JWT_GENERATION_FAILED, flowvar_name(c->output_var));
	return CONTINUE;
}

const struct policy policy_generate_jwt = {
	.element = "GenerateJWT",
	.size = sizeof(struct generate_jwt),
	.fields = fields,
	.faults = jwt_faults,
	.fault_prefix = "JWT",
	.check = check,
	.run = run,
};
