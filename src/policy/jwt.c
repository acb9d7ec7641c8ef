/* SPDX-License-Identifier: Apache-2.0 */
/* Faults and values of the JWT policies.
 * Invariant: a text that stands in a fault names the policy, and never the token or a key.
 * Source: Apigee, "VerifyJWT policy": errors; "JWT policies troubleshooting". */
#include "policy/jwt.h"

#include <jansson.h>

#define FAULT_ROW(name, text)                \
	{                                    \
		"steps.jwt." name, 401, text \
	}
#define NAMES_POLICY ": policy(%.*s)"

const struct fault jwt_faults[] = {
	[JWT_ALGORITHM_NOT_CONFIGURED] =
		FAULT_ROW("AlgorithmInTokenNotPresentInConfiguration",
	                  "Algorithm in header did not match any algorithm specified in "
	                  "Configuration" NAMES_POLICY " algorithm(%.*s)"),
	[JWT_ALGORITHM_MISMATCH] = FAULT_ROW(
		"AlgorithmMismatch", "Algorithm in header did not match any algorithm specified in "
				     "Configuration" NAMES_POLICY " algorithm(%.*s)"),
	[JWT_FAILED_TO_DECODE] = FAULT_ROW("FailedToDecode", "Failed to Decode Token" NAMES_POLICY),
	[JWT_FAILED_TO_RESOLVE] =
		FAULT_ROW("FailedToResolveVariable",
	                  "Failed to Resolve Variable " NAMES_POLICY " variable(%.*s)"),
	[JWT_GENERATION_FAILED] =
		FAULT_ROW("GenerationFailed", "Generation Failed" NAMES_POLICY " claim(%.*s)"),
	[JWT_SHORT_KEY] = FAULT_ROW("InsufficientKeyLength",
	                            "Insufficient Key Length" NAMES_POLICY " algorithm(%.*s)"),
	[JWT_INVALID_CLAIM] =
		FAULT_ROW("InvalidClaim", "Invalid Claim" NAMES_POLICY " claim(%.*s)"),
	[JWT_INVALID_CURVE] =
		FAULT_ROW("InvalidCurve", "Invalid Curve" NAMES_POLICY " algorithm(%.*s)"),
	[JWT_INVALID_JSON] =
		FAULT_ROW("InvalidJsonFormat", "Invalid JSON Format" NAMES_POLICY " in(%.*s)"),
	[JWT_INVALID_TOKEN] = FAULT_ROW("InvalidToken", "Invalid token" NAMES_POLICY),
	[JWT_AUDIENCE_MISMATCH] =
		FAULT_ROW("JwtAudienceMismatch", "Audience Mismatch" NAMES_POLICY),
	[JWT_ISSUER_MISMATCH] = FAULT_ROW("JwtIssuerMismatch", "Issuer Mismatch" NAMES_POLICY),
	[JWT_SUBJECT_MISMATCH] = FAULT_ROW("JwtSubjectMismatch", "Subject Mismatch" NAMES_POLICY),
	[JWT_NO_KEY_ID] = FAULT_ROW("KeyIdMissing", "Key Id Missing" NAMES_POLICY),
	[JWT_BAD_KEY] = FAULT_ROW("KeyParsingFailed", "Key Parsing Failed" NAMES_POLICY),
	[JWT_NO_ALGORITHM] =
		FAULT_ROW("NoAlgorithmFoundInHeader", "No Algorithm Found in Header" NAMES_POLICY),
	[JWT_NO_MATCHING_KEY] =
		FAULT_ROW("NoMatchingPublicKey", "No Matching Public Key" NAMES_POLICY),
	[JWT_SIGNING_FAILED] = FAULT_ROW("SigningFailed", "Signing Failed" NAMES_POLICY),
	[JWT_EXPIRED] = FAULT_ROW("TokenExpired", "Token Expired" NAMES_POLICY),
	[JWT_NOT_YET] = FAULT_ROW("TokenNotYetValid", "Token Not Yet Valid" NAMES_POLICY),
	[JWT_UNKNOWN_CRITICAL] =
		FAULT_ROW("UnhandledCriticalHeader",
	                  "Unhandled Critical Header" NAMES_POLICY " header(%.*s)"),
	[JWT_WRONG_KEY_TYPE] =
		FAULT_ROW("WrongKeyType", "Wrong Key Type" NAMES_POLICY " algorithm(%.*s)"),
	{ 0 },
};

enum verdict jwt_fail(struct exchange *x, enum jwt_fault which, str what)
{
	enum verdict v = fault_raise(x, &jwt_faults[which], STR(x->step_name), STR(what));
	vars_put(x, S("jwt"), x->step_name, S("error"), VALUE_STR(x->raised.string));
	if (vars_set_named(x, S("JWT.failed"), VALUE_OF_BOOL(true)).code)
		x->vars_full = true;
	return v;
}

err jwt_refuse(const struct jwt_place *p, const char *code, const char *why)
{
	return diag_add(p->b->diag, ERR_SYNTAX, p->line, "%s %.*s: %s: %s", p->element,
	                STR(p->name), code, why);
}

const struct field jwt_text_fields[] = {
	FIELD(jwt_text, ref, "@ref", T_FLOWVAR, .doc = "a variable that holds it, and wins"),
	FIELD(jwt_text, text, ".", T_STR),
	FIELDS_END,
};

enum verdict jwt_value(const struct jwt_run *r, const struct jwt_text *t, str *out)
{
	*out = t->ref ? vars_text(r->x, t->ref) : STR_NONE;
	if (str_given(*out))
		return CONTINUE;
	*out = t->text.n ? t->text : S("");
	return t->ref && !t->text.n && !r->lenient
	               ? jwt_fail(r->x, JWT_FAILED_TO_RESOLVE, flowvar_name(t->ref))
	               : CONTINUE;
}

struct strs jwt_list(struct arena *a, str text)
{
	struct strs out = { 0 };
	for (str rest = text; str_given(rest);) {
		str one = str_trim(str_cut(&rest, ','));
		if (one.n)
			strs_add(a, &out, one);
	}
	return out;
}

bool jwt_duration(str text, int64_t *seconds)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	int64_t unit = 1;
	text = str_trim(text);
	for (size_t i = 0; text.n && i < sizeof units / sizeof *units; i++)
		if (text.p[text.n - 1] == units[i].letter) {
			unit = units[i].seconds;
			text = str_trim(str_sub(text, 0, text.n - 1));
			break;
		}
	if (!str_to_i64(text, seconds) || *seconds < 0 || *seconds > INT64_C(100000000000) / unit)
		return false;
	*seconds *= unit;
	return true;
}

enum verdict jwt_source(struct exchange *x, const struct flowvar *source, str *out)
{
	str text = str_trim(vars_text(x, source));
	if (!text.n)
		return jwt_fail(x, JWT_FAILED_TO_RESOLVE, flowvar_name(source));
	/* Apigee takes the scheme off the Authorization header; in a JWT there is no space */
	*out = str_istarts(text, S("Bearer ")) ? str_trim(str_sub(text, 7, STR_NPOS)) : text;
	return CONTINUE;
}
