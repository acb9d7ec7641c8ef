/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of the OAuth2 service: their names are the scopes that their members may have.
 * A member is a user or a group; membership through groups counts.
 * Source: oauth2-service reference, "SCIM groups". */
#pragma once

#include "model/group.h"
#include "store/store.h"

/* The names of the groups that the user is in, directly or through groups, each once. */
err group_names_of(struct arena *, struct store *, str zone, str user_id,
                   struct strs *names) MUST_CHECK;
struct membership {
	str id, name; /* of the group */
	bool direct;
};
err memberships_of(struct arena *, struct store *, str zone, str user_id,
                   struct list *out) MUST_CHECK; /* struct membership, the direct ones first */

enum { GROUP_MEMBERS_MAX = 10000 };
struct group_key {
	str zone, id;
};
/* Members: struct group_member, replaced as a whole.  ERR_CONFLICT: the name is taken, or a member twice. */
struct group_put {
	const struct group *group; /* id, name, description */
	struct list members;
	int64_t version; /* that it must have; -1: any */
};
err group_create(struct store *, str zone, const struct group_put *) MUST_CHECK;
/* ERR_DENIED: it has another version. */
err group_replace(struct store *, str zone, const struct group_put *) MUST_CHECK;
err group_get(struct arena *, struct store *, const struct group_key *,
              struct group *out) MUST_CHECK;
/* struct group in the order of names, those after `after` (absent: the first). */
struct group_page {
	str zone, after;
	int64_t count;
};
err group_list(struct arena *, struct store *, const struct group_page *,
               struct list *out) MUST_CHECK;
err group_delete(struct store *,
                 const struct group_key *) MUST_CHECK; /* also out of other groups */

err group_members(struct arena *, struct store *, const struct group_key *,
                  struct list *out) MUST_CHECK; /* struct group_member */
err group_member_get(struct arena *, struct store *, const struct group_key *, str member_id,
                     struct group_member *out) MUST_CHECK;
/* ERR_CONFLICT: is one; ERR_LIMIT: there are GROUP_MEMBERS_MAX. */
err group_member_add(struct store *, const struct group_key *,
                     const struct group_member *) MUST_CHECK;
err group_member_remove(struct store *, const struct group_key *, str member_id) MUST_CHECK;
