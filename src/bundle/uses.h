/* SPDX-License-Identifier: Apache-2.0 */
/* Which base paths of which virtual hosts a compiled proxy takes when it is deployed.
 * An endpoint that names no virtual host takes its path on all of them.
 * Source: Apigee, HTTPProxyConnection: "unique per environment and virtual host". */
#pragma once

#include "base/diag.h"
#include "flow/proxy.h"
#include "model/deployment.h"

struct base_paths {
	struct base_path_use *v;
	size_t n, cap;
};

/* What is wrong with a base path; NULL: nothing.  A * stands for one whole part, never for the first. */
const char *base_path_fault(str path);

/* What it names of its environment, to outlive it: "targetservers/NAME", ... */
struct strs bundle_names(struct arena *, const struct proxy *);

/* prefix: "/" or absent for none.  A virtual host that the environment does not have is a finding;
 * so is a path that the proxy takes twice.  What comes out outlives the proxy. */
err bundle_uses(struct arena *, const struct proxy *, str prefix, const struct strs *virtual_hosts,
                struct diag *, struct base_paths *out) MUST_CHECK;
