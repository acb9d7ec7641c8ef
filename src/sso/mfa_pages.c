/* SPDX-License-Identifier: Apache-2.0 */
/* The second factor: set up with a QR code and a first code, removed with a fresh one.
 * Between the two steps the secret rests sealed under the session it was shown to, and is in no address.
 * Source: oauth2-service reference, 3.9 (/login/mfa/register); RFC 6238; the key URI format of authenticators. */
#include "base/rand.h"
#include "identity/totp.h"
#include "sso/endpoints.h"
#include "sso/page.h"
#include "sso/qr.h"
#include "sso/session.h"
#include "store/codes.h"

#define ISSUER S("gatehouse")

enum { OFFER_MS = 15 * 60 * 1000 };

static bool has_factor(const struct sso_call *q)
{
	return str_given(q->session->person.state.totp_secret);
}

static struct code_key offer_key(const struct sso_call *q)
{
	return (struct code_key){ q->sso->settings.zone, "mfa", q->session->text };
}

/* The secret that this session was shown.  ERR_NOT_FOUND: none, or too long ago. */
static err offered(struct sso_call *q, str *secret)
{
	struct code code;
	struct code_key key = offer_key(q);
	TRY(code_get(q->arena, q->store, &key, clock_ms(), &code));
	if (code.state != CODE_WAITING)
		return FAIL(ERR_NOT_FOUND);
	return code_unseal(q->arena, q->store, &key, code.doc, secret);
}

static err offer(struct sso_call *q, str *secret)
{
	struct code_key key = offer_key(q);
	err e = offered(q, secret);
	if (e.code != ERR_NOT_FOUND)
		return e;
	*secret = totp_secret_make(q->arena);
	struct code code = { .owner = q->session->person.user.id,
		             .doc = code_seal(q->arena, q->store, &key, *secret),
		             .state = CODE_WAITING,
		             .expires_at_ms = clock_ms() + OFFER_MS };
	return code_put(q->store, &key, &code, true);
}

static struct message *register_page(struct sso_call *q, str error)
{
	str secret, svg;
	err e = offer(q, &secret);
	if (!e.code)
		e = qr_svg(q->arena,
		           totp_uri(q->arena, ISSUER, q->session->person.user.key.name, secret),
		           "QR code of the key below", &svg);
	if (e.code)
		return page_trouble(q, e);
	struct page_value v[] = {
		{ "error", error, NULL },
		{ "secret", secret, NULL },
		{ "qr", svg, NULL },
	};
	return page_answer(q, &(struct web_page){ "mfa_register.html", error.n ? 422 : 200, false,
	                                          v, sizeof v / sizeof *v });
}

static struct message *remove_page(struct sso_call *q, str error)
{
	str since = clock_format(q->arena, "%Y-%m-%d", q->session->person.state.totp_since_ms);
	struct page_value v[] = { { "error", error, NULL }, { "factor", since, NULL } };
	return page_answer(q, &(struct web_page){ "mfa_remove.html", error.n ? 422 : 200, false, v,
	                                          sizeof v / sizeof *v });
}

struct message *endpoint_mfa_register(struct sso_call *q)
{
	return has_factor(q) ? remove_page(q, STR_NONE) : register_page(q, STR_NONE);
}

/* The code that confirmed it is spent with it. */
static err turn_on(struct sso_call *q, str secret, int64_t step)
{
	const struct user_key *who = &q->session->person.user.key;
	struct code_key key = offer_key(q);
	struct code was;
	TRY(code_take(q->arena, q->store, &key, CODE_WAITING, clock_ms(), &was));
	TRY(login_totp_set(q->store, who, secret, clock_ms()));
	return login_totp_spend(q->store, who, step);
}

struct message *endpoint_mfa_register_do(struct sso_call *q)
{
	str secret, code = str_trim(sso_form(q, "code"));
	if (has_factor(q))
		return remove_page(q, S("The second factor is on already."));
	err e = offered(q, &secret);
	if (e.code == ERR_NOT_FOUND)
		return register_page(q, S("That took too long. Here is a new key."));
	if (e.code)
		return page_trouble(q, e);
	int64_t step = totp_step_of(secret, code, clock_ms());
	if (step < 0)
		return register_page(q, S("That code does not fit the key. Try the next one."));
	e = turn_on(q, secret, step);
	if (e.code == ERR_NOT_FOUND || e.code == ERR_CONFLICT) /* another window was faster */
		return sso_redirect(q, S("/login/mfa/register"));
	return e.code ? page_trouble(q, e) : sso_redirect(q, S("/?success=mfa_on"));
}

struct message *endpoint_mfa_remove_do(struct sso_call *q)
{
	struct person p;
	enum login_verdict v;
	str code = str_trim(sso_form(q, "code"));
	struct login_try t = { .zone = q->sso->settings.zone,
		               .name = q->session->person.user.key.name,
		               .code = code };
	if (!has_factor(q))
		return sso_redirect(q, S("/login/mfa/register"));
	err e = identity_prove(q->arena, q->sso->identity, &t, PROVE_CODE, &p, &v);
	if (e.code)
		return page_trouble(q, e);
	if (v == LOGIN_LOCKED)
		return remove_page(q, S("Your account has been locked because of too many failed "
		                        "attempts to login."));
	if (v)
		return remove_page(q, S("That code is wrong, or was used before."));
	e = login_totp_set(q->store, &p.user.key, STR_NONE, 0);
	return e.code ? page_trouble(q, e) : sso_redirect(q, S("/?success=mfa_off"));
}
