/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP Basic and roles.
 * What is remembered is only "this password matches this hash", under a MAC with a key of this process:
 * a changed password, status or role is seen at the next call, with nothing to forget.
 * Source: RFC 7617; an Argon2id check costs 21 ms, too much for every call of a client. */
#include "identity/identity.h"

#include <string.h>

#include "base/rand.h"
#include "base/secret.h"
#include "codec/base64.h"
#include "codec/digest.h"
#include "identity/inside.h"
#include "identity/login.h"
#include "identity/password.h"

enum { REMEMBER_MS = 5 * 60 * 1000 };

static const struct {
	str name;
	bool write;
} roles[] = {
	{ S_INIT("orgadmin"), true },
	{ S_INIT("readonlyadmin"), false },
};

struct identity *identity_create(struct store *store, const struct lockout_policy *lockout,
                                 const struct password_policy *passwords)
{
	struct arena *a = arena_create(sizeof(struct identity) + 64, 0);
	struct identity *id = arena_new(a, struct identity);
	id->arena = a;
	id->store = store;
	id->attempts = attempts_create(lockout);
	id->passwords = *passwords;
	rand_bytes(id->key, sizeof id->key);
	pthread_mutex_init(&id->lock, NULL);
	return id;
}

void identity_destroy(struct identity **id)
{
	struct arena *a = *id ? (*id)->arena : NULL;
	if (*id) {
		attempts_destroy(&(*id)->attempts);
		pthread_mutex_destroy(&(*id)->lock);
	}
	*id = NULL;
	arena_destroy(&a);
}

str identity_user_name(struct arena *a, str name) { return str_lower(a, str_trim(name)); }

static struct good_pair *place(struct identity *id, const unsigned char mac[PAIR_MAC])
{
	return &id->pairs[(mac[0] | mac[1] << 8) % PAIRS];
}

/* Not the calendar's, which may be set back. */
static int64_t now_ms(void) { return clock_mono_ns() / 1000000; }

static bool remembered(struct identity *id, const unsigned char mac[PAIR_MAC])
{
	pthread_mutex_lock(&id->lock);
	const struct good_pair *e = place(id, mac);
	bool good = e->until_ms > now_ms() && memcmp(e->mac, mac, PAIR_MAC) == 0;
	pthread_mutex_unlock(&id->lock);
	return good;
}

static void remember(struct identity *id, const unsigned char mac[PAIR_MAC])
{
	pthread_mutex_lock(&id->lock);
	struct good_pair *e = place(id, mac);
	memcpy(e->mac, mac, PAIR_MAC);
	e->until_ms = now_ms() + REMEMBER_MS;
	pthread_mutex_unlock(&id->lock);
}

/* The MAC binds the password to the very hash it was checked against. */
static void pair_mac(struct arena *a, struct identity *id, str hash, str password,
                     unsigned char mac[PAIR_MAC])
{
	str pair = str_fmt(a, "%.*s%c%.*s", STR(hash), 0, STR(password));
	hmac_sha256(str_from(id->key, sizeof id->key), pair, mac);
	wipe((char *)pair.p, pair.n);
}

/* The pair was good lately, against the hash that the account has now. */
static err pair_known(struct arena *a, struct identity *id, const struct login_try *t,
                      const struct user_key *key, unsigned char mac[PAIR_MAC], bool *known)
{
	str hash;
	bool active;
	*known = false;
	err e = user_password(a, id->store, key, &hash, &active);
	if (e.code)
		return e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX ? DONE : e;
	pair_mac(a, id, hash, t->password, mac);
	*known = active && remembered(id, mac);
	return DONE;
}

/* A second factor has no place in HTTP Basic: who has one asks for a token. */
static err usable(struct arena *a, struct identity *id, const struct user_key *key)
{
	struct login_state s;
	TRY(login_state_get(a, id->store, key, &s));
	int64_t now_ms = clock_ms();
	bool locked = attempts_locked(id->attempts, s.failures, s.failed_at_ms, now_ms);
	return locked || login_needs_code(&s) || login_must_change(id, &s, now_ms) || !s.verified
	               ? FAIL(ERR_DENIED)
	               : DONE;
}

static err check_pair(struct arena *a, struct identity *id, const struct user_key *key,
                      const struct login_try *t)
{
	unsigned char mac[PAIR_MAC] = { 0 };
	struct person person;
	enum login_verdict verdict;
	bool known;
	TRY(pair_known(a, id, t, key, mac, &known));
	if (known)
		return usable(a, id, key);
	TRY(identity_login(a, id, t, &person, &verdict));
	if (verdict != LOGIN_GOOD)
		return FAIL(ERR_DENIED);
	remember(id, mac);
	return DONE;
}

err identity_basic(struct arena *a, struct identity *id, str authorization, struct principal *who)
{
	str pair;
	if (!str_istarts(authorization, S("Basic ")) ||
	    base64_read(a, str_trim(str_sub(authorization, 6, STR_NPOS)), &pair).code)
		return FAIL(ERR_DENIED);
	struct secret *kept = secret_new(a, pair);
	wipe((char *)pair.p, pair.n);
	str password = secret_bytes(kept);
	if (str_find_char(password, ':') == STR_NPOS)
		return FAIL(ERR_DENIED);
	str name = identity_user_name(a, str_cut(&password, ':'));
	struct login_try t = { .zone = USER_ZONE, .name = name, .password = password };
	who->key = (struct user_key){ USER_ZONE, USER_ORIGIN, name };
	return check_pair(a, id, &who->key, &t);
}

err identity_may(struct arena *a, struct identity *id, const struct principal *who, str org,
                 bool write)
{
	struct strs held = { 0 };
	TRY(user_roles(a, id->store, org, &who->key, &held));
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if ((roles[i].write || !write) && strs_have(&held, roles[i].name))
			return DONE;
	return FAIL(ERR_DENIED);
}

err identity_set_password(struct arena *a, struct identity *id, const struct user_key *key,
                          str password)
{
	str hash;
	TRY(password_hash(a, password, &hash));
	return user_password_set(id->store, key, hash);
}

err identity_create_user(struct arena *a, struct identity *id, const struct user *user,
                         const struct login_flags *flags, str password)
{
	struct user_start start = { .flags = *flags };
	if (str_given(password))
		TRY(password_hash(a, password, &start.hash));
	return user_create_with(id->store, user, &start);
}

err identity_is_password(struct arena *a, struct identity *id, const struct user_key *key,
                         str password)
{
	str hash;
	bool active;
	TRY(user_password(a, id->store, key, &hash, &active));
	return password_check(a, password, hash);
}
