/* SPDX-License-Identifier: Apache-2.0 */
/* Users of the management side, their password hashes and roles.
 * A hash is an opaque text of identity/; nothing here can check a password.
 * Source: Apigee management API, users, userroles; house ("tenants"). */
#pragma once

#include "model/user.h"
#include "store/store.h"

struct login_flags { /* of store/logins.h; -1: stays */
	int verified, machine, must_change;
};

err user_create(struct store *, const struct user *) MUST_CHECK; /* id is made if absent */
/* With what logging in knows of them, in one change.  hash: STR_NONE, no password yet. */
struct user_start {
	struct login_flags flags;
	str hash;
};
err user_create_with(struct store *, const struct user *, const struct user_start *) MUST_CHECK;
err user_get(struct arena *, struct store *, const struct user_key *, struct user **out) MUST_CHECK;
err user_by_id(struct arena *, struct store *, str zone, str id, struct user **out) MUST_CHECK;
err user_list(struct arena *, struct store *, str zone, const struct page *,
              struct strs *names) MUST_CHECK;
/* struct user in the order of names, those after after.name (absent: the first). */
struct user_page {
	struct user_key after;
	str email; /* theirs, whatever the case of its letters (ASCII); absent: any */
	int64_t count;
};
err user_rows(struct arena *, struct store *, const struct user_page *,
              struct list *out) MUST_CHECK;
/* The edit is given a struct user_edit.  Another key.name renames: ERR_CONFLICT if somebody has it. */
struct user_edit {
	struct user user;
	struct login_flags flags; /* all -1 */
};
err user_change(struct arena *, struct store *, const struct user_key *, struct edit *,
                struct user **out) MUST_CHECK;
err user_delete(struct store *, const struct user_key *)
	MUST_CHECK; /* with roles, password, memberships, tokens and sessions */

err user_password_set(struct store *, const struct user_key *, str hash) MUST_CHECK;
/* ERR_NOT_FOUND: no such user, or one without a password.  *active false: must not log in. */
err user_password(struct arena *, struct store *, const struct user_key *, str *hash,
                  bool *active) MUST_CHECK;

/* Roles hang on (user, organization): "orgadmin", ... */
err user_role_grant(struct store *, str org, const struct user_key *,
                    str role) MUST_CHECK; /* twice is fine */
err user_roles(struct arena *, struct store *, str org, const struct user_key *,
               struct strs *roles) MUST_CHECK;
err user_organizations(struct arena *, struct store *, const struct user_key *,
                       struct strs *orgs) MUST_CHECK;
