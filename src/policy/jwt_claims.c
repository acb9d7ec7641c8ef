/* SPDX-License-Identifier: Apache-2.0 */
/* AdditionalClaims and AdditionalHeaders: values of the configuration as JSON.
 * Invariant: a name that the token's standard has a meaning for is never among them.
 * Source: Apigee, "GenerateJWT policy": AdditionalClaims, AdditionalHeaders. */
#include <jansson.h>

#include "policy/jwt.h"

static const char *const types[] = { "string", "number", "boolean", "map", NULL };

const struct field jwt_claim_fields[] = {
	FIELD(jwt_claim, name, "@name", T_STR, .required = true),
	FIELD(jwt_claim, ref, "@ref", T_FLOWVAR, .doc = "a variable that holds it, and wins"),
	FIELD(jwt_claim, type, "@type", T_ENUM, .names = types, .dflt = "string",
	      .doc = "map: the text is a JSON object, as a message template"),
	FIELD(jwt_claim, array, "@array", T_BOOL, .dflt = "false",
	      .doc = "the value is a JSON array, or a comma list"),
	FIELD(jwt_claim, text, ".", T_STR),
	FIELD(jwt_claim, line, "", T_LINE),
	FIELDS_END,
};

const struct field jwt_claims_fields[] = {
	FIELD(jwt_claims, ref, "@ref", T_FLOWVAR, .doc = "a variable with a JSON object of them"),
	FIELD(jwt_claims, list, "Claim", T_LIST, .sub = jwt_claim_fields,
	      .sub_size = sizeof(struct jwt_claim)),
	FIELDS_END,
};

static bool is_reserved(str name, int which)
{
	static const str of_payload[] = { S_INIT("kid"), S_INIT("iss"), S_INIT("sub"),
		                          S_INIT("aud"), S_INIT("iat"), S_INIT("exp"),
		                          S_INIT("nbf"), S_INIT("jti"), { 0 } };
	static const str of_header[] = { S_INIT("alg"), S_INIT("typ"), S_INIT("crit"), { 0 } };
	for (const str *s = which == JWT_OF_HEADER ? of_header : of_payload; s->p; s++)
		if (str_eq(*s, name))
			return true;
	return false;
}

err jwt_claims_check(struct binder *b, struct jwt_claims *claims, str policy, int which)
{
	const char *what = which == JWT_OF_HEADER ? "Header" : "Claim";
	const char *word = which == JWT_OF_HEADER ? "header" : "claim";
	if (!claims)
		return DONE;
	LIST_EACH(struct jwt_claim, c, &claims->list) {
		if (is_reserved(c->name, which))
			return diag_add(b->diag, ERR_SYNTAX, c->line,
			                "InvalidNameForAdditional%s: Invalid name for additional "
			                "%s : policy(%.*s) claim(%.*s).",
			                what, word, STR(policy), STR(c->name));
		if (c->type == JWT_MAP && c->text.n)
			TRY(template_compile(b, c->text, '{', '}', c->line, &c->map));
	}
	return DONE;
}

static void release(void *tree) { json_decref(tree); }

json_t *jwt_tree(struct exchange *x, json_t *taken)
{
	if (taken)
		arena_defer(x->arena, release, taken);
	return taken;
}

/* The JSON value of a text, owned by the caller; NULL: it is none of the type. */
static json_t *typed(struct exchange *x, str text, int type)
{
	struct diag nobody = { .arena = x->arena };
	json_t *v;
	if (type == JWT_STRING)
		return json_stringn(text.p ? text.p : "", text.n);
	if (json_read(x->arena, text, &nobody, &v).code)
		return NULL;
	bool fits = type == JWT_NUMBER    ? json_is_number(v)
	            : type == JWT_BOOLEAN ? json_is_boolean(v)
	                                  : json_is_object(v);
	return fits ? json_incref(v) : NULL;
}

static bool is_of(const json_t *v, int type)
{
	return type == JWT_STRING    ? json_is_string(v)
	       : type == JWT_NUMBER  ? json_is_number(v)
	       : type == JWT_BOOLEAN ? json_is_boolean(v)
	                             : json_is_object(v);
}

static json_t *array(struct exchange *x, str text, int type)
{
	struct diag nobody = { .arena = x->arena };
	json_t *out = NULL;
	if (str_starts(str_trim(text), S("["))) {
		if (json_read(x->arena, text, &nobody, &out).code)
			return NULL;
		for (size_t i = 0; i < json_array_size(out); i++)
			if (!is_of(json_array_get(out, i), type))
				return NULL;
		return json_incref(out);
	}
	struct strs items = jwt_list(x->arena, text);
	out = json_array();
	for (size_t i = 0; i < items.n; i++) {
		json_t *item = typed(x, items.v[i], type);
		if (!item) {
			json_decref(out);
			return NULL;
		}
		json_array_append_new(out, item);
	}
	return out;
}

static enum verdict text_of(const struct jwt_run *r, const struct jwt_claim *c, str *out)
{
	struct jwt_text t = { c->text, c->ref };
	str unresolved = STR_NONE;
	*out = c->ref ? vars_text(r->x, c->ref) : STR_NONE;
	if (str_given(*out))
		return CONTINUE;
	if (!c->map)
		return jwt_value(r, &t, out);
	*out = template_render(c->map, &r->x->scope, &unresolved);
	return str_given(unresolved) && !r->lenient
	               ? jwt_fail(r->x, JWT_FAILED_TO_RESOLVE, unresolved)
	               : CONTINUE;
}

enum verdict jwt_claims_make(const struct jwt_run *r, const struct jwt_claims *claims, json_t **out)
{
	struct diag nobody = { .arena = r->x->arena };
	*out = jwt_tree(r->x, json_object());
	if (!claims)
		return CONTINUE;
	if (claims->ref) {
		struct jwt_text t = { STR_NONE, claims->ref };
		str text;
		json_t *more;
		if (jwt_value(r, &t, &text) == FAULT)
			return FAULT;
		if (text.n && (json_read(r->x->arena, text, &nobody, &more).code ||
		               json_object_update(*out, more)))
			return jwt_fail(r->x, JWT_INVALID_JSON, flowvar_name(claims->ref));
	}
	LIST_EACH(struct jwt_claim, c, &claims->list) {
		str text;
		if (text_of(r, c, &text) == FAULT)
			return FAULT;
		json_t *v = c->array ? array(r->x, text, c->type) : typed(r->x, text, c->type);
		if (!v)
			return jwt_fail(r->x, JWT_GENERATION_FAILED, c->name);
		json_object_setn_new(*out, c->name.p, c->name.n, v);
	}
	return CONTINUE;
}
