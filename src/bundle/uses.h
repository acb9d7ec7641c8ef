/* SPDX-License-Identifier: Apache-2.0 */
/* Which base paths of which virtual hosts a compiled proxy takes when it is deployed.
 * An endpoint that names no virtual host takes its path on all of them.
 * Source: Apigee, HTTPProxyConnection: "unique per environment and virtual host". */
#pragma once

#include "base/diag.h"
#include "flow/proxy.h"

struct base_path_taken {
	str virtual_host, path; /* the whole path: the call's prefix and the endpoint's */
};

/* prefix: "/" or absent for none.  A virtual host that the environment does not have is a finding;
 * so is a path that the proxy takes twice. */
err bundle_uses(struct arena *, const struct proxy *, str prefix, const struct strs *virtual_hosts,
                struct diag *, struct base_path_taken **out, size_t *n) MUST_CHECK;
