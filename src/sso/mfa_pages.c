/* SPDX-License-Identifier: Apache-2.0 */
/* The second factor: set up with a QR code and a first code, removed with a fresh one.
 * Between the two steps the secret rests sealed under the session it was shown to, and is in no address.
 * Source: oauth2-service reference, 3.9 (/login/mfa/register); RFC 6238; the key URI format of authenticators. */
#include "base/rand.h"
#include "identity/totp.h"
#include "sso/endpoints.h"
#include "sso/half_login.h"
#include "sso/page.h"
#include "sso/qr.h"
#include "store/codes.h"
#include "store/mfa_providers.h"

enum { OFFER_MS = 15 * 60 * 1000 };

/* Who is logged in; or whose login waits for it, because everybody in the zone has a second factor. */
struct enrolling {
	const struct person *person;
	const struct half_login *half; /* NULL: logged in */
	str text; /* what the cookie says: the secret is offered to this browser */
};

static bool has_factor(const struct person *p) { return str_given(p->state.totp_secret); }

static struct message *who(struct sso_call *q, struct enrolling *out)
{
	struct half_login *half;
	err e = half_login_find(q, STEP_ENROL, &half);
	if (e.code)
		return page_trouble(q, e);
	struct message *m = half ? NULL : need_session(q);
	if (m)
		return m;
	*out = half ? (struct enrolling){ &half->person, half, half->text }
	            : (struct enrolling){ &q->session->person, NULL, q->session->text };
	return half && has_factor(out->person) ? sso_redirect(q, S("/login")) : NULL;
}

static struct code_key offer_key(const struct sso_call *q, const struct enrolling *w)
{
	return (struct code_key){ q->sso->settings.zone, "mfa", w->text };
}

/* The secret that this browser was shown.  ERR_NOT_FOUND: none, or too long ago. */
static err offered(struct sso_call *q, const struct enrolling *w, str *secret)
{
	struct code code;
	struct code_key key = offer_key(q, w);
	TRY(code_get(q->arena, q->store, &key, clock_ms(), &code));
	if (code.state != CODE_WAITING)
		return FAIL(ERR_NOT_FOUND);
	return code_unseal(q->arena, q->store, &key, code.doc, secret);
}

static err offer(struct sso_call *q, const struct enrolling *w, str *secret)
{
	struct code_key key = offer_key(q, w);
	err e = offered(q, w, secret);
	if (e.code != ERR_NOT_FOUND)
		return e;
	*secret = totp_secret_make(q->arena);
	struct code code = { .owner = w->person->user.id,
		             .doc = code_seal(q->arena, q->store, &key, *secret),
		             .state = CODE_WAITING,
		             .expires_at_ms = clock_ms() + OFFER_MS };
	return code_put(q->store, &key, &code, true);
}

static struct message *register_page(struct sso_call *q, const struct enrolling *w, str error)
{
	struct mfa_provider provider = { .issuer = S(MFA_ISSUER) };
	str secret = STR_NONE, svg = STR_NONE;
	err e = mfa_provider_active(q->arena, q->store, q->sso->settings.zone, &provider);
	if (!e.code || e.code == ERR_NOT_FOUND)
		e = offer(q, w, &secret);
	if (!e.code)
		e = qr_svg(q->arena,
		           totp_uri(q->arena, provider.issuer, w->person->user.key.name, secret),
		           "QR code of the key below", &svg);
	if (e.code)
		return page_trouble(q, e);
	struct page_value v[] = {
		{ "error", error, NULL },
		{ "secret", secret, NULL },
		{ "qr", svg, NULL },
		{ "description", provider.description, NULL },
		{ "required", w->half ? S("yes") : STR_NONE, NULL },
	};
	return page_answer(q, &(struct web_page){ "mfa_register.html", error.n ? 422 : 200,
	                                          w->half != NULL, v, sizeof v / sizeof *v });
}

static struct message *remove_page(struct sso_call *q, const struct person *p, str error)
{
	str since = clock_format(q->arena, "%Y-%m-%d", p->state.totp_since_ms);
	struct page_value v[] = { { "error", error, NULL }, { "factor", since, NULL } };
	return page_answer(q, &(struct web_page){ "mfa_remove.html", error.n ? 422 : 200, false, v,
	                                          sizeof v / sizeof *v });
}

struct message *endpoint_mfa_register(struct sso_call *q)
{
	struct person nobody = { 0 };
	struct enrolling w = { .person = &nobody };
	struct message *m = who(q, &w);
	if (m)
		return m;
	return has_factor(w.person) ? remove_page(q, w.person, STR_NONE)
	                            : register_page(q, &w, STR_NONE);
}

/* The code that confirmed it is spent with it. */
static err turn_on(struct sso_call *q, const struct enrolling *w, str secret, int64_t step)
{
	const struct user_key *user = &w->person->user.key;
	struct code_key key = offer_key(q, w);
	struct code was;
	TRY(code_take(q->arena, q->store, &key, CODE_WAITING, clock_ms(), &was));
	TRY(login_totp_set(q->store, user, secret, clock_ms()));
	return login_totp_spend(q->store, user, step);
}

/* Nothing is missing from the login that waited. */
static struct message *login_goes_on(struct sso_call *q, const struct half_login *half)
{
	struct person p;
	enum login_verdict v;
	struct login_try t = { .zone = q->sso->settings.zone, .name = half->person.user.key.name };
	err e = identity_prove(q->arena, q->sso->identity, &t, PROVE_LOGIN, &p, &v);
	if (e.code || v)
		return e.code ? page_trouble(q, e) : sso_redirect(q, S("/login"));
	p.used_code = true;
	return login_finish(q, half, &p, half->return_to);
}

struct message *endpoint_mfa_register_do(struct sso_call *q)
{
	struct person nobody = { 0 };
	struct enrolling w = { .person = &nobody };
	str secret, code = str_trim(sso_form(q, "code"));
	struct message *m = who(q, &w);
	if (!m)
		m = need_csrf(q);
	if (m)
		return m;
	if (has_factor(w.person))
		return remove_page(q, w.person, S("The second factor is on already."));
	err e = offered(q, &w, &secret);
	if (e.code == ERR_NOT_FOUND)
		return register_page(q, &w, S("That took too long. Here is a new key."));
	if (e.code)
		return page_trouble(q, e);
	int64_t step = totp_step_of(secret, code, clock_ms());
	if (step < 0)
		return register_page(q, &w, S("That code does not fit the key. Try the next one."));
	e = turn_on(q, &w, secret, step);
	if (e.code == ERR_NOT_FOUND || e.code == ERR_CONFLICT) /* another window was faster */
		return sso_redirect(q, S("/login/mfa/register"));
	if (e.code)
		return page_trouble(q, e);
	return w.half ? login_goes_on(q, w.half) : sso_redirect(q, S("/?success=mfa_on"));
}

struct message *endpoint_mfa_remove_do(struct sso_call *q)
{
	struct person p;
	enum login_verdict v;
	str code = str_trim(sso_form(q, "code"));
	struct login_try t = { .zone = q->sso->settings.zone,
		               .name = q->session->person.user.key.name,
		               .code = code };
	if (!has_factor(&q->session->person))
		return sso_redirect(q, S("/login/mfa/register"));
	err e = identity_prove(q->arena, q->sso->identity, &t, PROVE_CODE, &p, &v);
	if (e.code)
		return page_trouble(q, e);
	if (v == LOGIN_LOCKED)
		return remove_page(q, &q->session->person,
		                   sso_error_text(q->arena, SSO_ACCOUNT_LOCKED, STR_NONE));
	if (v)
		return remove_page(q, &q->session->person,
		                   S("That code is wrong, or was used before."));
	e = login_totp_set(q->store, &p.user.key, STR_NONE, 0);
	return e.code ? page_trouble(q, e) : sso_redirect(q, S("/?success=mfa_off"));
}
