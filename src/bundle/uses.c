/* SPDX-License-Identifier: Apache-2.0 */
/* Base paths of a compiled proxy, spelled out per virtual host.
 * The same computation answers a deploy call and a first start.
 * Source: Apigee, "API proxy configuration reference". */
#include "bundle/uses.h"

static bool named(const struct strs *names, str name)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_eq(names->v[i], name))
			return true;
	return false;
}

static str whole_path(struct arena *a, str prefix, str base)
{
	if (!prefix.n || str_eq(prefix, S("/")))
		return base;
	return str_eq(base, S("/")) ? prefix : str_fmt(a, "%.*s%.*s", STR(prefix), STR(base));
}

static err take(struct diag *d, struct base_path_taken *all, size_t *n, struct base_path_taken one)
{
	for (size_t i = 0; i < *n; i++)
		if (str_eq(all[i].virtual_host, one.virtual_host) && str_eq(all[i].path, one.path))
			return diag_add(
				d, ERR_SYNTAX, 0,
				"Two proxy endpoints have the base path %.*s on virtual host %.*s",
				STR(one.path), STR(one.virtual_host));
	all[(*n)++] = one;
	return DONE;
}

err bundle_uses(struct arena *a, const struct proxy *p, str prefix,
                const struct strs *virtual_hosts, struct diag *d, struct base_path_taken **out,
                size_t *n)
{
	*n = 0;
	*out = arena_array(a, struct base_path_taken, p->n_endpoints * (virtual_hosts->n + 1) + 1);
	for (size_t i = 0; i < p->n_endpoints; i++) {
		const struct proxy_endpoint *e = &p->endpoints[i];
		str path = whole_path(a, prefix, e->base_path);
		for (size_t k = 0; k < e->virtual_hosts.n; k++)
			if (!named(virtual_hosts, e->virtual_hosts.v[k]))
				return diag_add(d, ERR_SYNTAX, 0,
				                "Virtual host %.*s of proxy endpoint %.*s does not "
				                "exist in environment %.*s",
				                STR(e->virtual_hosts.v[k]), STR(e->ep.name),
				                STR(p->environment));
		for (size_t k = 0; k < virtual_hosts->n; k++) {
			struct base_path_taken one = { virtual_hosts->v[k], path };
			if (!e->virtual_hosts.n || named(&e->virtual_hosts, one.virtual_host))
				TRY(take(d, *out, n, one));
		}
	}
	return DONE;
}
