/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in with a browser: /login as a page, /login.do, and the code of the second factor.
 * What went wrong is a word in the address, never a text; where to go on is a path of ours or nothing.
 * Source: oauth2-service reference, 3.9, 4.3. */
#include "sso/endpoints.h"
#include "sso/half_login.h"
#include "sso/page.h"

static const struct {
	const char *word, *text;
	bool of_fields; /* what was typed is wrong */
} errors[] = {
	{ "login_failure", "Unable to verify email or password. Please try again.", true },
	{ "account_locked", "Your account has been locked because of too many failed attempts to login.",
	  false },
	{ "account_not_verified", "Your account is not verified yet. Ask your administrator.", false },
	{ "invalid_login_request",
	  "Invalid login attempt, request does not meet our security standards, please try again.",
	  false },
	{ 0 },
}, successes[] = {
	{ "password_reset", "Your password is changed. Log in with the new one.", false },
	{ "logout", "You are logged out.", false },
	{ 0 },
};

struct message *endpoint_login(struct sso_call *q)
{
	str error = sso_query(q, "error"), success = sso_query(q, "success");
	struct page_value v[] = {
		{ "return_to", local_path(sso_query(q, "return_to")), NULL },
		{ "error", STR_NONE, NULL },
		{ "field_error", STR_NONE, NULL },
		{ "done", STR_NONE, NULL },
	};
	if (!sso_wants_html(q))
		return endpoint_info(q);
	for (size_t i = 0; errors[i].word; i++)
		if (str_eq(error, str_from_z(errors[i].word))) {
			v[1].text = str_from_z(errors[i].text);
			v[2].text = errors[i].of_fields ? v[1].text : STR_NONE;
		}
	for (size_t i = 0; successes[i].word; i++)
		if (str_eq(success, str_from_z(successes[i].word)))
			v[3].text = str_from_z(successes[i].text);
	return page_answer(q, &(struct web_page){ "login.html", 0, true, v, sizeof v / sizeof *v });
}

static struct message *back(struct sso_call *q, const char *word, str return_to)
{
	return sso_redirect(q, str_given(return_to)
	                               ? str_fmt(q->arena, "/login?error=%s&return_to=%.*s", word,
	                                         STR(percent_encode(q->arena, return_to)))
	                               : str_fmt(q->arena, "/login?error=%s", word));
}

/* After a step: on to the next one, to the session, or back. */
static struct message *go_on(struct sso_call *q, const struct half_login *half,
                             struct half_login *next, enum login_verdict v)
{
	switch (v) {
	case LOGIN_GOOD:
		return login_finish(q, half, &next->person, next->return_to);
	case LOGIN_CODE:
		next->step = STEP_CODE;
		return half ? sso_redirect(q, S("/login/mfa/verify?error=invalid_code"))
		            : half_login_start(q, next);
	case LOGIN_MUST_CHANGE:
		next->step = STEP_PASSWORD;
		next->used_code = next->person.used_code;
		return half_login_start(q, next);
	case LOGIN_MUST_ENROL:
		next->step = STEP_ENROL;
		return half_login_start(q, next);
	case LOGIN_LOCKED:
		return back(q, "account_locked", next->return_to);
	case LOGIN_UNVERIFIED:
		return back(q, "account_not_verified", next->return_to);
	case LOGIN_WRONG:
		break;
	}
	return back(q, "login_failure", next->return_to);
}

struct message *endpoint_login_do(struct sso_call *q)
{
	struct half_login next = { .return_to = local_path(sso_form(q, "return_to")) };
	struct login_try t = { .zone = q->sso->settings.zone,
		               .name = sso_form(q, "username"),
		               .password = sso_form(q, "password") };
	enum login_verdict v;
	err e = identity_login(q->arena, q->sso->identity, &t, &next.person, &v);
	return e.code ? page_trouble(q, e) : go_on(q, NULL, &next, v);
}

struct message *endpoint_mfa_verify(struct sso_call *q)
{
	struct half_login *half;
	bool wrong = str_eq(sso_query(q, "error"), S("invalid_code"));
	struct page_value v[] = {
		{ "error", wrong ? S("That code is wrong, or was used before.") : STR_NONE, NULL },
	};
	err e = half_login_find(q, STEP_CODE, &half);
	if (e.code)
		return page_trouble(q, e);
	if (!half)
		return sso_redirect(q, S("/login"));
	return page_answer(
		q, &(struct web_page){ "mfa_verify.html", 0, true, v, sizeof v / sizeof *v });
}

struct message *endpoint_mfa_verify_do(struct sso_call *q)
{
	struct half_login *half;
	enum login_verdict v;
	err e = half_login_find(q, STEP_CODE, &half);
	if (e.code)
		return page_trouble(q, e);
	if (!half)
		return sso_redirect(q, S("/login"));
	struct half_login next = { .return_to = half->return_to };
	struct login_try t = { .zone = q->sso->settings.zone,
		               .name = half->person.user.key.name,
		               .code = str_trim(sso_form(q, "code")) };
	e = identity_prove(q->arena, q->sso->identity, &t, PROVE_CODE | PROVE_LOGIN, &next.person,
	                   &v);
	return e.code ? page_trouble(q, e) : go_on(q, half, &next, v);
}
