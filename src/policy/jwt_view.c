/* SPDX-License-Identifier: Apache-2.0 */
/* The variables that a JWT policy gives: jwt.{policy}.*, each made when it is asked for.
 * Invariant: claim.expiry and its kin are milliseconds, decoded.claim.* what the token says.
 * Source: Apigee, "VerifyJWT policy", "DecodeJWT policy": flow variables. */
#include <inttypes.h>
#include <jansson.h>

#include "policy/jwt.h"

static str tree_text(struct exchange *x, const json_t *v)
{
	struct buf out = buf_in(x->arena);
	struct json_writer w = json_to(&out, false);
	json_tree(&w, v);
	return buf_str(&out);
}

static struct value value_of(struct exchange *x, const json_t *v)
{
	if (!v)
		return (struct value){ 0 };
	switch (json_typeof(v)) {
	case JSON_STRING:
		return VALUE_STR(json_text(v));
	case JSON_INTEGER:
		return VALUE_OF_INT(json_integer_value(v));
	case JSON_REAL:
		return (struct value){ .kind = VALUE_DOUBLE, .d = json_real_value(v) };
	case JSON_TRUE:
	case JSON_FALSE:
		return VALUE_OF_BOOL(json_is_true(v));
	case JSON_ARRAY:
	case JSON_OBJECT:
	case JSON_NULL:
		break;
	}
	return VALUE_STR(tree_text(x, v));
}

static const json_t *member(const json_t *object, str name)
{
	return json_object_getn(object, name.p, name.n);
}

/* [A, B]: how Apigee prints lists in variables. */
static str names_of(struct exchange *x, const json_t *object)
{
	struct buf out = buf_in(x->arena);
	const char *name;
	json_t *v;
	buf_char(&out, '[');
	json_object_foreach((json_t *)(uintptr_t)object, name, v)
	{
		buf_fmt(&out, "%s%s", out.n > 1 ? ", " : "", name);
	}
	buf_char(&out, ']');
	return buf_str(&out);
}

/* ---- by name ---- */

static struct value of_header(struct exchange *x, const struct jwt_view *v, str name)
{
	const struct jws *s = &v->token->jws;
	if (str_eq(name, S("algorithm")))
		name = S("alg");
	else if (str_eq(name, S("type")))
		name = S("typ");
	return value_of(x, member(s->header, name));
}

static struct value of_time(int64_t seconds)
{
	return seconds == JWT_NEVER ? (struct value){ 0 } : VALUE_OF_INT(seconds * 1000);
}

static struct value of_claim(struct exchange *x, const struct jwt_view *v, str name)
{
	const struct jwt_token *t = v->token;
	if (str_eq(name, S("expiry")))
		return of_time(t->exp);
	if (str_eq(name, S("issuedat")))
		return of_time(t->iat);
	if (str_eq(name, S("notbefore")))
		return of_time(t->nbf);
	if (str_eq(name, S("subject")))
		name = S("sub");
	else if (str_eq(name, S("issuer")))
		name = S("iss");
	else if (str_eq(name, S("audience")))
		name = S("aud");
	return value_of(x, member(t->claims, name));
}

static struct value of_expiry(struct exchange *x, const struct jwt_view *v, str name)
{
	int64_t exp = v->token->exp;
	if (exp == JWT_NEVER)
		return (struct value){ 0 };
	int64_t left_ms = exp * 1000 - v->now_ms;
	if (str_eq(name, S("is_expired")))
		return VALUE_OF_BOOL(left_ms <= 0);
	if (str_eq(name, S("seconds_remaining")))
		return VALUE_OF_INT(left_ms / 1000);
	if (str_eq(name, S("expiry_formatted")))
		return VALUE_STR(clock_format(x->arena, "%Y-%m-%dT%H:%M:%S.000+0000", exp * 1000));
	uint64_t ms = (uint64_t)(left_ms < 0 ? -left_ms : left_ms);
	return VALUE_STR(str_fmt(x->arena, "%s%02" PRIu64 ":%02u:%02u.%03u", left_ms < 0 ? "-" : "",
	                         ms / 3600000, (unsigned)(ms / 60000 % 60),
	                         (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000)));
}

static bool cut(str *name, str prefix)
{
	if (!str_starts(*name, prefix))
		return false;
	*name = str_sub(*name, prefix.n, STR_NPOS);
	return true;
}

static struct value by_name(struct exchange *x, const void *ctx, str name)
{
	static const str of_exp[] = { S_INIT("is_expired"), S_INIT("seconds_remaining"),
		                      S_INIT("expiry_formatted"),
		                      S_INIT("time_remaining_formatted") };
	const struct jwt_view *v = ctx;
	name = str_sub(name, v->prefix.n, STR_NPOS);
	if (cut(&name, S("decoded.header.")))
		return value_of(x, member(v->token->jws.header, name));
	if (cut(&name, S("decoded.claim.")))
		return value_of(x, member(v->token->claims, name));
	if (cut(&name, S("header.")))
		return of_header(x, v, name);
	if (cut(&name, S("claim.")))
		return of_claim(x, v, name);
	if (str_eq(name, S("header-json")))
		return VALUE_STR(v->token->jws.header_text);
	if (str_eq(name, S("payload-json")))
		return VALUE_STR(v->token->jws.payload);
	if (str_eq(name, S("payload-claim-names")))
		return VALUE_STR(names_of(x, v->token->claims));
	if (str_eq(name, S("valid")) && v->valid != JWT_VALID_UNSAID)
		return VALUE_OF_BOOL(v->valid == JWT_VALID_YES);
	for (size_t i = 0; i < sizeof of_exp / sizeof *of_exp; i++)
		if (str_eq(name, of_exp[i]))
			return of_expiry(x, v, name);
	return (struct value){ 0 };
}

struct jwt_view *jwt_view_provide(struct exchange *x, str prefix, const struct jwt_token *token)
{
	struct jwt_view *v = arena_new(x->arena, struct jwt_view);
	*v = (struct jwt_view){ .token = token, .prefix = prefix, .now_ms = loop_utc_ms(x->loop) };
	vars_provide(x, prefix, by_name, v);
	return v;
}
