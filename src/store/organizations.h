/* SPDX-License-Identifier: Apache-2.0 */
/* Organizations, environments, virtual hosts.
 * An environment or virtual host exists only under its owner; created_at and last_modified_at are set here.
 * Source: Apigee management API, organizations, environments, virtualhosts. */
#pragma once

#include "model/organization.h"
#include "store/store.h"

err organization_create(struct store *, const struct organization *) MUST_CHECK;
err organization_get(struct arena *, struct store *, str org, struct organization **out) MUST_CHECK;
err organization_list(struct arena *, struct store *, struct strs *names) MUST_CHECK;

err environment_create(struct store *, str org, const struct environment *) MUST_CHECK;
err environment_get(struct arena *, struct store *, str org, str env,
                    struct environment **out) MUST_CHECK;
err environment_list(struct arena *, struct store *, str org, struct strs *names) MUST_CHECK;

struct vhost_key {
	str org, env, name;
};
/* ERR_CONFLICT: the name, or a host alias on the same port, is taken. */
err virtual_host_create(struct store *, const struct vhost_key *,
                        const struct virtual_host *) MUST_CHECK;
err virtual_host_get(struct arena *, struct store *, const struct vhost_key *,
                     struct virtual_host **out) MUST_CHECK;
err virtual_host_list(struct arena *, struct store *, str org, str env,
                      struct strs *names) MUST_CHECK;
err virtual_host_change(struct arena *, struct store *, const struct vhost_key *, struct edit *,
                        struct virtual_host **out) MUST_CHECK;
err virtual_host_delete(struct arena *, struct store *, const struct vhost_key *,
                        struct virtual_host **was) MUST_CHECK;

/* For the gateway: every virtual host of every organization, by (org, env, name). */
struct vhost_entry {
	struct vhost_key key;
	struct virtual_host *vhost;
	str label; /* of its TLS terms: "org/env/name" */
};
err virtual_host_all(struct arena *, struct store *, struct list *entries) MUST_CHECK;
