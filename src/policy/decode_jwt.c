/* SPDX-License-Identifier: Apache-2.0 */
/* DecodeJWT: takes a token apart, and says nothing of its signature.
 * Invariant: jwt.{policy}.valid is never set by it.
 * Source: Apigee, "DecodeJWT policy". */
#include "policy/jwt.h"

struct decode_jwt {
	struct flowvar *source;
	bool lenient;
	str prefix; /* "jwt.{name}." */
};

static const struct field fields[] = {
	FIELD(decode_jwt, source, "Source", T_FLOWVAR, .dflt = "request.header.authorization",
	      .doc = "holds the token; `Bearer ` before it is taken off"),
	FIELD(decode_jwt, lenient, "IgnoreUnresolvedVariables", T_BOOL, .dflt = "false",
	      .doc = "taken; without a token there is nothing to decode, and that is a fault"),
	FIELDS_END,
};

static err check(void *conf, str name, struct binder *b)
{
	struct decode_jwt *c = conf;
	c->prefix = str_fmt(b->arena, "jwt.%.*s.", STR(name));
	return DONE;
}

static enum verdict run(const void *conf, struct exchange *x)
{
	const struct decode_jwt *c = conf;
	struct jwt_token *token;
	str text;
	if (jwt_source(x, c->source, &text) == FAULT)
		return FAULT;
	if (jwt_token_read(x, text, &token).code)
		return jwt_fail(x, JWT_FAILED_TO_DECODE, STR_NONE);
	jwt_view_provide(x, c->prefix, token);
	return CONTINUE;
}

const struct policy policy_decode_jwt = {
	.element = "DecodeJWT",
	.size = sizeof(struct decode_jwt),
	.fields = fields,
	.faults = jwt_faults,
	.fault_prefix = "JWT",
	.check = check,
	.run = run,
};
