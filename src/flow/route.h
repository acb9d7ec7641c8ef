/* SPDX-License-Identifier: Apache-2.0 */
/* The router of a snapshot: base paths to proxy endpoints.
 * The longest base path wins; at one length what is spelled out wins over '*'.
 * Source: Apigee, "API proxy configuration reference": BasePath. */
#pragma once

#include "flow/proxy.h"

struct router;

struct routed {
	const struct proxy *proxy;
	const struct proxy_endpoint *endpoint;
	size_t base; /* bytes of the path that the base path took */
};

struct router *router_create(struct arena *, size_t expected);
/* virtual_host STR_NONE: any.  False: the base path is taken there. */
bool router_add(struct router *, str virtual_host, str base_path, const struct proxy *,
                const struct proxy_endpoint *);
bool router_find(const struct router *, str virtual_host, str path, struct routed *out);
