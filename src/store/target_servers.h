/* SPDX-License-Identifier: Apache-2.0 */
/* Target servers of an environment.
 * Every change is in the feed: what is deployed there resolves its names anew.
 * Source: Apigee management API, targetservers. */
#pragma once

#include "model/target_server.h"
#include "store/organizations.h"

/* The key names organization, environment and target server, as of a virtual host. */
err target_server_create(struct store *, const struct vhost_key *,
                         const struct target_server *) MUST_CHECK; /* ERR_CONFLICT */
err target_server_get(struct arena *, struct store *, const struct vhost_key *,
                      struct target_server **out) MUST_CHECK;
err target_server_names(struct arena *, struct store *, str org, str env,
                        struct strs *names) MUST_CHECK;
/* For deploying: all of an environment, by name. */
err target_server_list(struct arena *, struct store *, str org, str env,
                       struct list *out) MUST_CHECK;
err target_server_change(struct arena *, struct store *, const struct vhost_key *, struct edit *,
                         struct target_server **out) MUST_CHECK;
/* ERR_CONFLICT: a deployed bundle names it. */
err target_server_delete(struct arena *, struct store *, const struct vhost_key *,
                         struct target_server **was) MUST_CHECK;
