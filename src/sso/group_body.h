/* SPDX-License-Identifier: Apache-2.0 */
/* What /Groups reads and shows.
 * What was read lives as long as the call.
 * Source: oauth2-service reference, 3.6. */
#pragma once

#include "sso/scim.h"
#include "store/groups.h"

/* The body as a group, put->version left alone, or as a member; the answer to give when it is none. */
struct message *group_take(struct sso_call *, struct group *, struct group_put *);
struct message *member_take(struct sso_call *, struct group_member *out);
struct message *group_full(struct sso_call *); /* what is over GROUP_MEMBERS_MAX is told */

/* Of a group the keys that `only` names, all if it names none. */
err group_write(struct sso_call *, struct json_writer *, const struct strs *only,
                const struct group *) MUST_CHECK;
void member_write(struct json_writer *, const struct group_member *);
void members_write(struct json_writer *, const struct list *members); /* struct group_member */
