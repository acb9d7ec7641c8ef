/* SPDX-License-Identifier: Apache-2.0 */
/* A login from name to verdict.
 * What is not there is looked for all the same: whoever tries learns nothing from texts or from time.
 * Source: identity/login.h. */
#include "identity/login.h"

#include "identity/attempts.h"
#include "identity/inside.h"
#include "identity/password.h"
#include "identity/totp.h"

enum { WAIT_MS = 10000 };

struct trying {
	struct arena *arena;
	struct identity *identity;
	const struct login_try *what;
	struct user_key key;
	struct person *person;
	unsigned proofs; /* PROVE_... */
	bool known;      /* the account is there */
	int64_t now_ms;
};

static err look_up(struct trying *t)
{
	struct user *user;
	err e = user_get(t->arena, t->identity->store, &t->key, &user);
	if (!e.code)
		e = login_state_get(t->arena, t->identity->store, &t->key, &t->person->state);
	if (e.code)
		return e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX ? DONE : e;
	t->person->user = *user;
	t->known = true;
	return DONE;
}

static bool locked(struct trying *t)
{
	struct attempts *all = t->identity->attempts;
	const struct login_state *s = &t->person->state;
	return t->known ? attempts_locked(all, s->failures, s->failed_at_ms, t->now_ms)
	                : attempt_nobody_locked(all, &t->key, t->now_ms);
}

static err failed(struct trying *t)
{
	struct attempts *all = t->identity->attempts;
	if (t->known)
		return login_failed(t->identity->store, &t->key, t->now_ms,
		                    attempts_since_ms(all, t->now_ms));
	attempt_nobody_failed(all, &t->key, t->now_ms);
	return login_failed_nobody(t->identity->store, t->now_ms);
}

/* ERR_DENIED: wrong, and counted. */
static err check_password(struct trying *t)
{
	str hash;
	bool active = false;
	err e = t->known ? user_password(t->arena, t->identity->store, &t->key, &hash, &active)
	                 : FAIL(ERR_NOT_FOUND);
	e = e.code == ERR_NOT_FOUND ? password_check_nobody(t->arena, t->what->password)
	    : e.code                ? e
	                            : password_check(t->arena, t->what->password, hash);
	if (!e.code && !active)
		return FAIL(ERR_DENIED);
	if (e.code == ERR_DENIED)
		TRY(failed(t));
	return e;
}

/* ERR_DENIED: missing, or wrong and counted. */
static err check_code(struct trying *t)
{
	const struct login_state *s = &t->person->state;
	if (!str_given(s->totp_secret) || !login_needs_code(s))
		return DONE;
	if (!t->what->code.n)
		return FAIL(ERR_DENIED);
	int64_t step = totp_step_of(s->totp_secret, t->what->code, t->now_ms);
	err e = step < 0 ? FAIL(ERR_CONFLICT) : login_totp_spend(t->identity->store, &t->key, step);
	t->person->used_code = !e.code;
	if (e.code != ERR_CONFLICT)
		return e;
	TRY(failed(t));
	return FAIL(ERR_DENIED);
}

static err said(err e, enum login_verdict if_denied, enum login_verdict *v)
{
	if (e.code != ERR_DENIED)
		return e;
	*v = if_denied;
	return DONE;
}

bool login_must_change(const struct identity *id, const struct login_state *s, int64_t now_ms)
{
	int64_t set_at_ms = s->password_at_ms ? s->password_at_ms : s->account_at_ms;
	return s->must_change || password_expired(&id->passwords, set_at_ms, now_ms);
}

/* A password that was changed while the old one was looked at opens nothing. */
static err succeeded(struct trying *t, enum login_verdict *v)
{
	err e = login_succeeded(t->identity->store, &t->key, t->person->state.rev_salt, t->now_ms);
	if (e.code != ERR_CONFLICT)
		return e;
	*v = LOGIN_WRONG;
	return DONE;
}

static err judge(struct trying *t, enum login_verdict *v)
{
	*v = LOGIN_GOOD;
	TRY(look_up(t));
	if (locked(t)) {
		*v = LOGIN_LOCKED;
		return DONE;
	}
	if (t->proofs & PROVE_PASSWORD)
		TRY(said(check_password(t), LOGIN_WRONG, v));
	if (!*v && t->proofs & PROVE_CODE)
		TRY(said(check_code(t), LOGIN_CODE, v));
	if (*v || !(t->proofs & PROVE_LOGIN))
		return DONE;
	if (!t->person->state.verified)
		*v = LOGIN_UNVERIFIED;
	else if (login_must_change(t->identity, &t->person->state, t->now_ms))
		*v = LOGIN_MUST_CHANGE;
	else if (!str_given(t->person->state.totp_secret) && login_needs_code(&t->person->state))
		*v = LOGIN_MUST_ENROL;
	return *v ? DONE : succeeded(t, v);
}

err identity_prove(struct arena *a, struct identity *id, const struct login_try *what,
                   unsigned proofs, struct person *person, enum login_verdict *v)
{
	struct trying t = { .arena = a,
		            .identity = id,
		            .what = what,
		            .key = { what->zone, USER_ORIGIN, identity_user_name(a, what->name) },
		            .person = person,
		            .proofs = proofs,
		            .now_ms = clock_ms() };
	*person = (struct person){ 0 };
	TRY(attempt_begin(id->attempts, &t.key, deadline_in(WAIT_MS)));
	err e = judge(&t, v);
	attempt_end(id->attempts, &t.key);
	return e;
}

err identity_login(struct arena *a, struct identity *id, const struct login_try *what,
                   struct person *person, enum login_verdict *v)
{
	return identity_prove(a, id, what, PROVE_PASSWORD | PROVE_CODE | PROVE_LOGIN, person, v);
}

err identity_anybody(struct arena *a, struct identity *id, str zone, str user_id, struct person *p)
{
	struct user *user;
	*p = (struct person){ 0 };
	TRY(user_by_id(a, id->store, zone, user_id, &user));
	p->user = *user;
	return login_state_get(a, id->store, &user->key, &p->state);
}

err identity_person(struct arena *a, struct identity *id, str zone, str user_id, struct person *p)
{
	TRY(identity_anybody(a, id, zone, user_id, p));
	return p->user.active ? DONE : FAIL(ERR_NOT_FOUND);
}

static struct user_key guesser(const char *what, str from)
{
	return (struct user_key){ S("guesses"), str_from_z(what), from };
}

bool identity_guesser_locked(struct identity *id, const char *what, str from)
{
	struct user_key k = guesser(what, from);
	return attempt_nobody_locked(id->attempts, &k, clock_ms());
}

void identity_guess_failed(struct identity *id, const char *what, str from)
{
	struct user_key k = guesser(what, from);
	attempt_nobody_failed(id->attempts, &k, clock_ms());
}
