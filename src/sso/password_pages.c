/* SPDX-License-Identifier: Apache-2.0 */
/* Changing one's password by choice, or because one must before anything else.
 * The old one is proved first; what it had opened ends, save for the browser that changed it.
 * Source: oauth2-service reference, 3.9, 4.2. */
#include "sso/endpoints.h"
#include "sso/half_login.h"
#include "sso/page.h"
#include "sso/password_ask.h"

static const str same = S_INIT("Your new password cannot be the same as the old password.");

/* What the policy asks for, as a sentence. */
static str rules(struct arena *a, const struct password_policy *p)
{
	const struct {
		int64_t needs;
		const char *what;
	} all[] = {
		{ p->min_length, "characters" }, { p->upper, "uppercase" },
		{ p->lower, "lowercase" },       { p->digits, "digits" },
		{ p->special, "special" },
	};
	struct buf b = buf_in(a);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].needs)
			buf_fmt(&b, "%s%lld %s", b.n ? ", " : "At least ", (long long)all[i].needs,
			        all[i].what);
	return buf_str(&b);
}

struct message *password_ask(struct sso_call *q, const struct password_ask *k)
{
	str wrong = k->old_wrong.n ? k->old_wrong : k->new_wrong;
	struct page_value v[] = {
		{ "action", str_from_z(k->action), NULL },
		{ "why", str_from_z(k->why), NULL },
		{ "asks_old", k->old ? S("yes") : STR_NONE, NULL },
		{ "code", k->code, NULL },
		{ "error", wrong, NULL },
		{ "old_wrong", k->old_wrong, NULL },
		{ "new_wrong", k->new_wrong, NULL },
		{ "rules", rules(q->arena, &q->sso->settings.password), NULL },
	};
	return page_answer(q, &(struct web_page){ "change_password.html", wrong.n ? 422 : 200,
	                                          false, v, sizeof v / sizeof *v });
}

str password_typed_wrong(const struct sso_call *q, str old)
{
	str typed = sso_form(q, "new_password");
	if (!str_eq(typed, sso_form(q, "confirm_password")))
		return S("Passwords must match and not be empty.");
	if (str_given(old) && str_eq(typed, old))
		return same;
	return STR_NONE;
}

err password_replace(struct sso_call *q, const struct person *p, str password, str *faults)
{
	*faults = password_policy_refusal(q->arena, &q->sso->settings.password,
	                                  str_given(password) ? password : S(""));
	return str_given(*faults)
	               ? DONE
	               : identity_change_password(q->arena, q->sso->identity, &p->user, password);
}

/* Sets what was typed.  The answer when it does not come to that. */
static struct message *set_typed(struct sso_call *q, const struct person *p, struct password_ask *k,
                                 str old)
{
	k->new_wrong = password_typed_wrong(q, old);
	if (str_given(k->new_wrong))
		return password_ask(q, k);
	err e = password_replace(q, p, sso_form(q, "new_password"), &k->new_wrong);
	if (e.code)
		return page_trouble(q, e);
	return str_given(k->new_wrong) ? password_ask(q, k) : NULL;
}

/* ---- by choice ---- */
struct message *endpoint_change_password(struct sso_call *q)
{
	return password_ask(q,
	                    &(struct password_ask){ .action = "/change_password.do", .old = true });
}

struct message *endpoint_change_password_do(struct sso_call *q)
{
	struct password_ask k = { .action = "/change_password.do", .old = true };
	struct person p;
	enum login_verdict v;
	str old = sso_form(q, "current_password");
	struct login_try t = { .zone = q->sso->settings.zone,
		               .name = q->session->person.user.key.name,
		               .password = str_given(old) ? old : S("") };
	err e = identity_prove(q->arena, q->sso->identity, &t, PROVE_PASSWORD, &p, &v);
	if (e.code)
		return page_trouble(q, e);
	if (v == LOGIN_LOCKED)
		k.old_wrong = sso_error_text(q->arena, SSO_ACCOUNT_LOCKED, STR_NONE);
	else if (v)
		k.old_wrong = S("Incorrect password.");
	if (v)
		return password_ask(q, &k);
	struct message *m = set_typed(q, &p, &k, t.password);
	if (m)
		return m;
	p.used_code = q->session->used_code;
	m = sso_redirect(q, S("/?success=password_changed"));
	e = session_open(q, &p, m);
	return e.code ? page_trouble(q, e) : m;
}

/* ---- because one must ---- */
static const char must_change[] = "You have to choose a new password before you go on.";

struct message *endpoint_force_password_change(struct sso_call *q)
{
	struct half_login *half;
	err e = half_login_find(q, STEP_PASSWORD, &half);
	if (e.code)
		return page_trouble(q, e);
	if (!half)
		return sso_redirect(q, S("/login"));
	return password_ask(q, &(struct password_ask){ .action = "/force_password_change",
	                                               .why = must_change });
}

/* The one that must go is no new one. */
static err same_again(struct sso_call *q, const struct person *p, struct password_ask *k)
{
	str typed = sso_form(q, "new_password");
	err e = identity_is_password(q->arena, q->sso->identity, &p->user.key,
	                             str_given(typed) ? typed : S(""));
	if (e.code)
		return e.code == ERR_DENIED ? DONE : e;
	k->new_wrong = same;
	return DONE;
}

struct message *endpoint_force_password_change_do(struct sso_call *q)
{
	struct password_ask k = { .action = "/force_password_change", .why = must_change };
	struct half_login *half;
	enum login_verdict v;
	struct person p;
	err e = half_login_find(q, STEP_PASSWORD, &half);
	if (e.code)
		return page_trouble(q, e);
	if (!half)
		return sso_redirect(q, S("/login"));
	struct login_try t = { .zone = q->sso->settings.zone, .name = half->person.user.key.name };
	e = same_again(q, &half->person, &k);
	if (e.code)
		return page_trouble(q, e);
	if (str_given(k.new_wrong))
		return password_ask(q, &k);
	struct message *m = set_typed(q, &half->person, &k, STR_NONE);
	if (m)
		return m;
	e = identity_prove(q->arena, q->sso->identity, &t, PROVE_LOGIN, &p, &v);
	if (e.code)
		return page_trouble(q, e);
	if (v == LOGIN_MUST_ENROL)
		return half_login_start(q, &(struct half_login){ .person = p,
		                                                 .step = STEP_ENROL,
		                                                 .return_to = half->return_to });
	if (v)
		return sso_redirect(q, S("/login"));
	p.used_code = half->used_code;
	return login_finish(q, half, &p, half->return_to);
}
