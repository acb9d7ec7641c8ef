/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP Basic and roles.
 * What is remembered is only "this password matches this hash", under a MAC with a key of this process:
 * a changed password, status or role is seen at the next call, with nothing to forget.
 * Source: RFC 7617; an Argon2id check costs 21 ms, too much for every call of a client. */
#include "identity/identity.h"

#include <pthread.h>
#include <string.h>

#include "base/rand.h"
#include "base/secret.h"
#include "codec/base64.h"
#include "codec/digest.h"
#include "identity/password.h"

enum { REMEMBERED = 1024, REMEMBER_MS = 5 * 60 * 1000, MAC = 32 };

struct verdict_entry {
	unsigned char mac[MAC];
	int64_t until_ms; /* monotonic; 0: empty */
};

struct identity {
	struct arena *arena;
	struct store *store;
	unsigned char key[MAC];
	pthread_mutex_t lock;
	struct verdict_entry
		good[REMEMBERED]; /* by the first bytes of the MAC; a newer one replaces */
};

static const struct {
	str name;
	bool write;
} roles[] = {
	{ S_INIT("orgadmin"), true },
	{ S_INIT("readonlyadmin"), false },
};

struct identity *identity_create(struct store *store)
{
	struct arena *a = arena_create(sizeof(struct identity) + 64, 0);
	struct identity *id = arena_new(a, struct identity);
	id->arena = a;
	id->store = store;
	rand_bytes(id->key, sizeof id->key);
	pthread_mutex_init(&id->lock, NULL);
	return id;
}

void identity_destroy(struct identity **id)
{
	struct arena *a = *id ? (*id)->arena : NULL;
	if (*id)
		pthread_mutex_destroy(&(*id)->lock);
	*id = NULL;
	arena_destroy(&a);
}

str identity_user_name(struct arena *a, str name) { return str_lower(a, str_trim(name)); }

static struct verdict_entry *place(struct identity *id, const unsigned char mac[MAC])
{
	return &id->good[(mac[0] | mac[1] << 8) % REMEMBERED];
}

/* Not the calendar's, which may be set back. */
static int64_t now_ms(void) { return clock_mono_ns() / 1000000; }

static bool remembered(struct identity *id, const unsigned char mac[MAC])
{
	pthread_mutex_lock(&id->lock);
	const struct verdict_entry *e = place(id, mac);
	bool good = e->until_ms > now_ms() && memcmp(e->mac, mac, MAC) == 0;
	pthread_mutex_unlock(&id->lock);
	return good;
}

static void remember(struct identity *id, const unsigned char mac[MAC])
{
	pthread_mutex_lock(&id->lock);
	struct verdict_entry *e = place(id, mac);
	memcpy(e->mac, mac, MAC);
	e->until_ms = now_ms() + REMEMBER_MS;
	pthread_mutex_unlock(&id->lock);
}

/* The MAC binds the password to the very hash it was checked against. */
static void pair_mac(struct arena *a, struct identity *id, str hash, str password,
                     unsigned char mac[MAC])
{
	str pair = str_fmt(a, "%.*s%c%.*s", STR(hash), 0, STR(password));
	hmac_sha256(str_from(id->key, sizeof id->key), pair, mac);
	wipe((char *)pair.p, pair.n);
}

static err check_pair(struct arena *a, struct identity *id, const struct user_key *key,
                      str password)
{
	str hash;
	bool active;
	unsigned char mac[MAC];
	err e = user_password(a, id->store, key, &hash, &active);
	if (e.code == ERR_NOT_FOUND)
		return password_check_nobody(a, password);
	TRY(e);
	pair_mac(a, id, hash, password, mac);
	if (!remembered(id, mac)) {
		TRY(password_check(a, password, hash));
		remember(id, mac);
	}
	return active ? DONE : FAIL(ERR_DENIED);
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
	str name = str_cut(&password, ':');
	who->key = (struct user_key){ USER_ZONE, USER_ORIGIN, identity_user_name(a, name) };
	return check_pair(a, id, &who->key, password);
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
