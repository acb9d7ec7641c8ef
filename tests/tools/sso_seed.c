/* SPDX-License-Identifier: Apache-2.0 */
/* sso_seed STORE KEY_FILE: puts into a store what a test of the OAuth2 service starts from, a line of input each.
 * Invariant: it goes through the calls that the program itself makes; no server has the SQLite folder meanwhile.
 * Source: house (black-box tests, with what no page or API is asked for). */
#include <stdio.h>
#include <stdlib.h>

#include "identity/attempts.h"
#include "identity/identity.h"
#include "identity/password_policy.h"
#include "model/json.h"
#include "store/codes.h"
#include "store/logins.h"
#include "store/oauth_clients.h"

enum { PASSCODE_MS = 300000 };

struct seeding {
	struct arena *arena;
	struct store *store;
	struct identity *identity;
	struct diag *diag;
};

static struct user_key user_key_of(str name) { return (struct user_key){ USER_ZONE, USER_ORIGIN, name }; }

/* user NAME PASSWORD */
static err seed_user(struct seeding *s, str name, str password)
{
	struct user_key key = user_key_of(name);
	TRY(user_create(s->store, &(struct user){ .key = key, .email = name, .active = true }));
	return identity_set_password(s->arena, s->identity, &key, password);
}

/* passcode NAME CODE: the user's other codes stay, so that many can be spent at once. */
static err seed_passcode(struct seeding *s, str name, str text)
{
	struct user_key key = user_key_of(name);
	struct code_key code = { USER_ZONE, "passcode", text };
	struct user *user;
	TRY(user_get(s->arena, s->store, &key, &user));
	return code_put(s->store, &code,
	                &(struct code){ .owner = user->id, .doc = S("{}"), .expires_at_ms = clock_ms() + PASSCODE_MS },
	                false);
}

/* totp NAME SECRET */
static err seed_totp(struct seeding *s, str name, str secret)
{
	struct user_key key = user_key_of(name);
	return login_totp_set(s->store, &key, secret, clock_ms());
}

/* flag NAME unverified|must_change|machine */
static err seed_flag(struct seeding *s, str name, str which)
{
	struct user_key key = user_key_of(name);
	struct login_flags f = { .verified = str_eq(which, S("unverified")) ? 0 : -1,
		                 .machine = str_eq(which, S("machine")) ? 1 : -1,
		                 .must_change = str_eq(which, S("must_change")) ? 1 : -1 };
	return login_flags_set(s->store, &key, &f);
}

/* role NAME ROLE: of the organization that a first start makes. */
static err seed_role(struct seeding *s, str name, str role)
{
	struct user_key key = user_key_of(name);
	return user_role_grant(s->store, S("acme"), &key, role);
}

/* gone NAME -: the user is deleted. */
static err seed_gone(struct seeding *s, str name, str nothing)
{
	struct user_key key = user_key_of(name);
	(void)nothing;
	return user_delete(s->store, &key);
}

/* client SECRET JSON, as the service shows a client; the secret "-": a public one. */
static err seed_client(struct seeding *s, str secret, str json)
{
	struct oauth_client c = { 0 };
	TRY(model_read_json(s->arena, &oauth_client_noun, json, MODEL_CREATE, s->diag, &c));
	struct client_key key = { USER_ZONE, c.client_id };
	return oauth_client_create(s->store, &key, &c, str_eq(secret, S("-")) ? STR_NONE : secret);
}

static err seed_line(struct seeding *s, str line)
{
	static const struct {
		const char *verb;
		err (*fn)(struct seeding *, str, str);
	} verbs[] = { { "user", seed_user }, { "passcode", seed_passcode }, { "totp", seed_totp },
		      { "flag", seed_flag }, { "gone", seed_gone },         { "role", seed_role },
		      { "client", seed_client } };
	str verb = str_cut(&line, ' '), first = str_cut(&line, ' ');
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (str_eq(verb, str_from_z(verbs[i].verb)))
			return verbs[i].fn(s, first, line);
	return FAIL(ERR_SYNTAX);
}

int main(int argc, char **argv)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	struct seeding s = { .arena = a, .diag = &diag };
	char line[8192];
	must(argc == 3);
	struct store_options o = { .location = str_from_z(argv[1]), .secret_key_file = str_from_z(argv[2]) };
	err e = store_open(&o, &diag, &s.store);
	if (!e.code)
		s.identity = identity_create(s.store, &(struct lockout_policy){ 0 }, &(struct password_policy){ 0 });
	while (!e.code && fgets(line, sizeof line, stdin)) {
		e = seed_line(&s, str_trim(str_from_z(line)));
		if (e.code)
			fprintf(stderr, "error %d: %s", (int)e.code, line);
	}
	if (e.code)
		fprintf(stderr, "%.*s\n", STR(diag_text(a, &diag)));
	identity_destroy(&s.identity);
	if (s.store)
		store_close(&s.store);
	arena_destroy(&a);
	return e.code ? 1 : 0;
}
