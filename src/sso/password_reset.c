/* SPDX-License-Identifier: Apache-2.0 */
/* A forgotten password: there is no mail, so a program of whoever runs the service asks for the code of a link.
 * A code is good once, for half an hour, and a newer one ends it; a page that only shows spends nothing.
 * Source: oauth2-service reference, 3.9 (/password_resets, /password_change, /reset_password). */
#include "base/rand.h"
#include "sso/endpoints.h"
#include "sso/page.h"
#include "sso/password_ask.h"
#include "store/codes.h"

enum { CODE = 32, CODE_MS = 30 * 60 * 1000, BODY_MAX = 1024 };

static struct code_key key_of(const struct sso_call *q, str code)
{
	return (struct code_key){ q->sso->settings.zone, "password_reset",
		                  str_given(code) ? code : S("") };
}

struct message *endpoint_forgot_password(struct sso_call *q)
{
	return page_answer(q, &(struct web_page){ "forgot_password.html", 0, false, NULL, 0 });
}

/* Whose the code is.  ERR_NOT_FOUND: it is none, or not any more. */
static err owner_of(struct sso_call *q, const struct code_key *k, struct person *p)
{
	struct code code;
	TRY(code_get(q->arena, q->store, k, clock_ms(), &code));
	if (code.state != CODE_WAITING)
		return FAIL(ERR_NOT_FOUND);
	return identity_person(q->arena, q->sso->identity, k->zone, code.owner, p);
}

/* Spends the code for a password that will do.  ERR_NOT_FOUND: the code is none, or not any more. */
static err reset(struct sso_call *q, const struct code_key *k, str password, struct person *p,
                 str *faults)
{
	struct code code;
	TRY(owner_of(q, k, p));
	*faults = password_policy_refusal(q->arena, &q->sso->settings.password,
	                                  str_given(password) ? password : S(""));
	if (str_given(*faults))
		return DONE;
	err e = code_take(q->arena, q->store, k, CODE_WAITING, clock_ms(), &code);
	if (e.code)
		return e.code == ERR_CONFLICT ? FAIL(ERR_NOT_FOUND) : e;
	e = password_replace(q, p, password, faults);
	if (e.code) { /* busy, say: the link is good again */
		code.state = CODE_WAITING;
		TRY(code_put(q->store, k, &code, true));
		return e;
	}
	return login_unlock(q->store, &p->user.key);
}

/* ---- the pages ---- */
static struct message *gone(struct sso_call *q)
{
	struct page_value v = {
		"error",
		S("It was used before, is older than 30 minutes, or a newer one was made. "
		  "Ask for another."),
		NULL
	};
	return page_answer(q, &(struct web_page){ "reset_gone.html", 422, false, &v, 1 });
}

struct message *endpoint_reset_password(struct sso_call *q)
{
	struct person p;
	struct password_ask k = { .action = "/reset_password.do", .code = sso_query(q, "code") };
	struct code_key key = key_of(q, k.code);
	err e = owner_of(q, &key, &p);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? gone(q) : page_trouble(q, e);
	return password_ask(q, &k);
}

struct message *endpoint_reset_password_do(struct sso_call *q)
{
	struct person p;
	struct password_ask k = { .action = "/reset_password.do", .code = sso_form(q, "code") };
	struct code_key key = key_of(q, k.code);
	k.new_wrong = password_typed_wrong(q, STR_NONE);
	if (str_given(k.new_wrong))
		return password_ask(q, &k);
	err e = reset(q, &key, sso_form(q, "new_password"), &p, &k.new_wrong);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? gone(q) : page_trouble(q, e);
	return str_given(k.new_wrong) ? password_ask(q, &k)
	                              : sso_redirect(q, S("/login?success=password_reset"));
}

/* ---- for programs ---- */
static struct message *code_answer(struct sso_call *q, const struct user *u)
{
	str text = rand_alnum(q->arena, CODE);
	struct code_key key = key_of(q, text);
	struct code code = { .owner = u->id,
		             .doc = S("{}"),
		             .state = CODE_WAITING,
		             .expires_at_ms = clock_ms() + CODE_MS };
	err e = code_put(q->store, &key, &code, true);
	if (e.code)
		return sso_trouble(q, e);
	return sso_json(q, 201,
	                str_fmt(q->arena, "{\"code\":\"%.*s\",\"user_id\":\"%.*s\"}", STR(text),
	                        STR(u->id)));
}

struct message *endpoint_password_resets(struct sso_call *q)
{
	str name;
	struct user *u;
	struct message *m = sso_body(q, BODY_MAX, &name);
	if (m)
		return m;
	struct user_key key = { q->sso->settings.zone, USER_ORIGIN,
		                identity_user_name(q->arena, name) };
	err e = user_get(q->arena, q->store, &key, &u);
	if (e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX)
		return sso_error(q, SSO_NO_USER);
	return e.code ? sso_trouble(q, e) : code_answer(q, u);
}

static struct message *changed(struct sso_call *q, const struct user *u)
{
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_pair_str(&w, "user_id", u->id);
	json_pair_str(&w, "username", u->key.name);
	json_pair_str(&w, "email", u->email);
	json_close(&w, '}');
	return sso_json(q, 200, buf_str(&b));
}

struct message *endpoint_password_change(struct sso_call *q)
{
	struct person p;
	str faults = STR_NONE;
	struct code_key key = key_of(q, json_member_str(q->json, "change_code"));
	err e = reset(q, &key, json_member_str(q->json, "new_password"), &p, &faults);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? sso_error(q, SSO_CHANGE_CODE) : sso_trouble(q, e);
	return str_given(faults) ? sso_error_about(q, SSO_NEW_PASSWORD, faults)
	                         : changed(q, &p.user);
}
