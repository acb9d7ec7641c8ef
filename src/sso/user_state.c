/* SPDX-License-Identifier: Apache-2.0 */
/* A user's password, lock, verification and second factor.
 * One's own password is changed by who knows it, anybody's by an administrator.
 * Source: oauth2-service reference, 3.5, 3.9, 4.2. */
#include <jansson.h>

#include "model/json.h"
#include "sso/endpoints.h"
#include "sso/scim_user.h"

/* ---- password ---- */
struct password_body {
	str old, password;
};
static const struct field password_fields[] = {
	FIELD(password_body, old, "oldPassword", T_TEXT),
	FIELD(password_body, password, "password", T_TEXT, .required = true),
	FIELD_BARE("schemas", T_IGNORED),
	FIELDS_END,
};

/* Under the same lock-out as a login. */
static struct message *old_check(struct sso_call *q, const struct person *p, str old)
{
	struct person proved;
	enum login_verdict v;
	struct login_try t = { .zone = q->sso->settings.zone,
		               .name = p->user.key.name,
		               .password = str_given(old) ? old : S("") };
	err e = identity_prove(q->arena, q->sso->identity, &t, PROVE_PASSWORD, &proved, &v);
	if (e.code)
		return sso_trouble(q, e);
	if (v == LOGIN_LOCKED)
		return sso_scim_error(q, SSO_ACCOUNT_LOCKED, STR_NONE);
	return v ? sso_scim_error(q, SSO_PASSWORD_OLD, STR_NONE) : NULL;
}

static struct message *new_check(struct sso_call *q, const struct person *p, str password)
{
	str why = password_policy_refusal(q->arena, &q->sso->settings.password, password);
	if (str_given(why))
		return sso_scim_error(q, SSO_PASSWORD_INVALID, why);
	err e = identity_is_password(q->arena, q->sso->identity, &p->user.key, password);
	if (e.code == ERR_DENIED || e.code == ERR_NOT_FOUND)
		return NULL;
	if (e.code)
		return sso_trouble(q, e);
	return sso_scim_error(q, SSO_PASSWORD_INVALID,
	                      S("Your new password cannot be the same as the old password."));
}

struct message *endpoint_user_password(struct sso_call *q)
{
	struct password_body b = { 0 };
	struct diag d = { .arena = q->arena };
	struct person p;
	bool own = scim_user_is_self(q) && sso_may(q, "password.write");
	bool admin = sso_may(q, "uaa.admin");
	if (!own && !admin)
		return sso_may_not(q);
	if (model_read_tree(q->arena, password_fields, q->json, MODEL_CREATE, &d, &b).code)
		return sso_scim_error(q, SSO_SCIM_INVALID, sso_told(diag_text(q->arena, &d)));
	struct message *m = scim_user_find(q, &p);
	if (!m && own) /* an administrator's own, too */
		m = old_check(q, &p, b.old);
	if (!m)
		m = new_check(q, &p, b.password);
	if (m)
		return m;
	err e = identity_change_password(q->arena, q->sso->identity, &p.user, b.password);
	if (e.code)
		return scim_user_trouble(q, e, p.user.id);
	sso_log(q, "password_changed", "user", p.user.key.name);
	return sso_json(q, 200, S("{\"status\":\"ok\",\"message\":\"password updated\"}"));
}

/* ---- status ---- */
static err status_apply(struct sso_call *q, const struct user_key *k, bool unlock, bool must_change)
{
	struct login_flags flags = { -1, -1, 1 };
	if (unlock)
		TRY(login_unlock(q->store, k));
	return must_change ? login_flags_set(q->store, k, &flags) : DONE;
}

struct message *endpoint_user_status(struct sso_call *q)
{
	json_t *locked = json_object_get(q->json, "locked"),
	       *change = json_object_get(q->json, "passwordChangeRequired");
	size_t known = (locked != NULL) + (change != NULL);
	struct person p;
	if (!known || json_object_size(q->json) != known || (locked && !json_is_boolean(locked)) ||
	    (change && !json_is_boolean(change)))
		return sso_scim_error(q, SSO_SCIM_INVALID,
		                      S("The status has locked and passwordChangeRequired"));
	if (json_is_true(locked))
		return sso_scim_error(q, SSO_SCIM_INVALID,
		                      S("Cannot set user account to locked. User accounts only "
		                        "become locked through exceeding the allowed failed login "
		                        "attempts."));
	if (json_is_false(change))
		return sso_scim_error(q, SSO_SCIM_INVALID,
		                      S("The requirement that this user change their password "
		                        "cannot be removed via API."));
	struct message *m = scim_user_find(q, &p);
	if (m)
		return m;
	err e = status_apply(q, &p.user.key, locked != NULL, change != NULL);
	if (e.code)
		return scim_user_trouble(q, e, p.user.id);
	sso_log(q, "user_status_changed", "user", p.user.key.name);
	return sso_json(q, 200,
	                str_fmt(q->arena, "{%s%s%s}", locked ? "\"locked\":false" : "",
	                        locked && change ? "," : "",
	                        change ? "\"passwordChangeRequired\":true" : ""));
}

/* ---- verification, second factor ---- */
struct message *endpoint_user_verify(struct sso_call *q)
{
	struct person p;
	struct login_flags flags = { 1, -1, -1 };
	struct message *m = scim_user_find(q, &p);
	if (m)
		return m;
	err e = login_flags_set(q->store, &p.user.key, &flags);
	return e.code ? scim_user_trouble(q, e, p.user.id) : scim_user_now(q, 200, p.user.id);
}

struct message *endpoint_user_mfa(struct sso_call *q)
{
	struct person p;
	struct message *m = scim_user_find(q, &p);
	if (m)
		return m;
	err e = login_totp_set(q->store, &p.user.key, STR_NONE, clock_ms());
	if (e.code)
		return scim_user_trouble(q, e, p.user.id);
	sso_log(q, "second_factor_removed", "user", p.user.key.name);
	return scim_user_now(q, 200, p.user.id);
}
