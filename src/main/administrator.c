/* SPDX-License-Identifier: Apache-2.0 */
/* The first administrator of main/administrator.h.
 * Killed anywhere here, the next start makes a new password, and says that one.
 * Source: house ("bootstrap"). */
#include "main/administrator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rand.h"
#include "sso/seed.h"

enum { PASSWORD_LENGTH = 20, SECRET_LENGTH = 32 };

static str environment_text(const char *name)
{
	str s = str_from_z(getenv(name));
	return s.n ? s : STR_NONE;
}

str administrator_name(struct arena *a)
{
	str given = environment_text("GATEHOUSE_ADMIN_USER");
	return identity_user_name(a, given.n ? given : S("admin@example.com"));
}

str administrator_file(struct arena *a, str data)
{
	return str_fmt(a, "%.*s/admin-password", STR(data));
}

static err write_secret(struct seed *s, str path, str secret)
{
	err e = file_put(str_z(s->arena, path), str_fmt(s->arena, "%.*s\n", STR(secret)));
	return e.code ? diag_add(s->diag, e.code, 0,
	                         "cannot write an administrator's secret to %.*s: %s", STR(path),
	                         strerror(errno))
	              : DONE;
}

static err tell(struct seed *s, str data, str password, bool *shown)
{
	*shown = isatty(STDOUT_FILENO);
	if (!*shown)
		return write_secret(s, administrator_file(s->arena, data), password);
	printf("The first administrator, with a password that is not shown "
	       "again:\n\nADMIN='%.*s:%.*s'\n",
	       STR(s->by), STR(password));
	fflush(stdout);
	return DONE;
}

err administrator_make(struct seed *s, struct identity *id, str data, bool *shown)
{
	struct user user = { .key = { USER_ZONE, USER_ORIGIN, s->by },
		             .email = s->by,
		             .first_name = S("First"),
		             .last_name = S("Administrator"),
		             .active = true };
	str given = environment_text("GATEHOUSE_ADMIN_PASSWORD");
	str password = given.n ? given : rand_alnum(s->arena, PASSWORD_LENGTH);
	TRY(seed_made(user_create(s->store, &user)));
	TRY(identity_set_password(s->arena, id, &user.key, password));
	TRY(user_role_grant(s->store, s->org, &user.key, S("orgadmin")));
	if (!given.n)
		TRY(tell(s, data, password, shown));
	return DONE;
}

/* The file comes before the mark that it was made: killed between them, the next start makes another. */
static err client_make(void *arg)
{
	struct administrator_client *c = arg;
	str given = environment_text("GATEHOUSE_SSO_ADMIN_SECRET");
	str secret = given.n ? given : rand_alnum(c->seed->arena, SECRET_LENGTH);
	TRY(sso_seed_admin(c->seed->store, USER_ZONE, secret));
	return given.n ? DONE
	               : write_secret(
				 c->seed,
				 str_fmt(c->seed->arena, "%.*s/sso-admin-secret", STR(c->data)),
				 secret);
}

err administrator_client_make(struct administrator_client *c)
{
	return seed_once(c->seed, S("ssoadmin"), client_make, c);
}
