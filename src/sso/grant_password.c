/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=password: a person by name, password and perhaps a code, or by a passcode got in a browser.
 * A wrong name and a wrong password are the same answer; a passcode is good once.
 * Source: RFC 6749 §4.3; oauth2-service reference, 1.4, 2.5. */
#include <jansson.h>

#include "sso/grant.h"
#include "store/codes.h"

enum sso_error_id login_error(enum login_verdict v)
{
	static const enum sso_error_id errors[] = {
		[LOGIN_GOOD] = SSO_FINE,
		[LOGIN_WRONG] = SSO_BAD_CREDENTIALS,
		[LOGIN_LOCKED] = SSO_ACCOUNT_LOCKED,
		[LOGIN_CODE] = SSO_MFA_CODE,
		[LOGIN_UNVERIFIED] = SSO_NOT_VERIFIED,
		[LOGIN_MUST_CHANGE] = SSO_PASSWORD_CHANGE,
		[LOGIN_MUST_ENROL] = SSO_MFA_REGISTER,
	};
	return errors[v];
}

/* In the query or in the body; empty means none. */
static str mfa_token(const struct sso_call *q)
{
	str body = sso_form(q, "mfa_token");
	return body.n ? body : sso_query(q, "mfa_token");
}

static struct message *by_password(struct sso_call *q, struct person *p)
{
	struct login_try t = { .zone = q->sso->settings.zone,
		               .name = sso_form(q, "username"),
		               .password = sso_form(q, "password"),
		               .code = mfa_token(q) };
	enum login_verdict verdict;
	if (!str_given(t.password))
		return sso_error(q, SSO_NO_PASSWORD);
	err e = identity_login(q->arena, q->sso->identity, &t, p, &verdict);
	if (e.code)
		return sso_trouble(q, e);
	enum sso_error_id wrong = login_error(verdict);
	return wrong ? sso_error(q, wrong) : NULL;
}

/* Who guesses is stopped by the address that it comes from: a wrong passcode belongs to nobody. */
static struct message *by_passcode(struct sso_call *q, str passcode, struct person *p)
{
	struct code_key key = { q->sso->settings.zone, "passcode", passcode };
	struct code code;
	str from = sock_peer_ip(q->call->sock);
	if (!passcode.n)
		return sso_error(q, SSO_PASSCODE_MISSING);
	if (identity_guesser_locked(q->sso->identity, "passcode", from))
		return sso_error(q, SSO_ACCOUNT_LOCKED);
	err e = code_take(q->arena, q->store, &key, CODE_WAITING, clock_ms(), &code);
	if (!e.code)
		e = identity_person(q->arena, q->sso->identity, key.zone, code.owner, p);
	if (e.code == ERR_NOT_FOUND || e.code == ERR_CONFLICT || e.code == ERR_SYNTAX) {
		identity_guess_failed(q->sso->identity, "passcode", from);
		return sso_error(q, SSO_PASSCODE_WRONG);
	}
	return e.code ? sso_trouble(q, e) : NULL;
}

static struct message *check(struct sso_call *q, struct issue *i)
{
	struct person *p = arena_new(q->arena, struct person);
	str passcode = sso_form(q, "passcode");
	struct message *m = str_given(passcode) ? by_passcode(q, passcode, p) : by_password(q, p);
	if (m)
		return m;
	i->person = p;
	i->grant_type = S("password");
	i->auth_time_s = clock_ms() / 1000;
	i->refresh = strs_have(&q->client.client->authorized_grant_types, S("refresh_token"));
	return scope_of_person(q, p, &i->scope);
}

const struct sso_grant sso_grant_password = { "password", check };
