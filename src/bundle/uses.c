/* SPDX-License-Identifier: Apache-2.0 */
/* Base paths of a compiled proxy, spelled out per virtual host.
 * The same computation answers a deploy call and a first start.
 * Source: Apigee, "API proxy configuration reference". */
#include "bundle/uses.h"

enum {
	SHOWN = 60,
	BASE_PATH_MAX = 2048
}; /* with what it stands beside, no more than an index of PostgreSQL takes */

static bool named(const struct strs *names, str name)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_eq(names->v[i], name))
			return true;
	return false;
}

const char *base_path_fault(str path)
{
	if (!path.n || path.p[0] != '/')
		return "it starts with a slash";
	if (path.n > BASE_PATH_MAX)
		return "it is longer than 2,048 bytes";
	unsigned part = 0;
	for (str rest = str_sub(path, 1, STR_NPOS), one; str_given(rest); part++) {
		one = str_cut(&rest, '/');
		if (str_find_char(one, '*') == STR_NPOS)
			continue;
		if (one.n > 1)
			return "a * stands for one whole part between slashes";
		if (part == 0)
			return "its first part is no *";
	}
	for (size_t i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] <= ' ' || strchr("?#\x7f", path.p[i]))
			return "it holds no space, control character, ? or #";
	return NULL;
}

static str whole_path(struct arena *a, str prefix, str base)
{
	if (!prefix.n || str_eq(prefix, S("/")))
		return base;
	return str_eq(base, S("/")) ? prefix : str_fmt(a, "%.*s%.*s", STR(prefix), STR(base));
}

static err take(struct arena *a, struct diag *d, struct base_paths *all, struct base_path_use one)
{
	VEC_EACH(const struct base_path_use, t, all)
		if (str_eq(t->virtual_host, one.virtual_host) && str_eq(t->path, one.path))
			return diag_add(
				d, ERR_SYNTAX, 0,
				"Two proxy endpoints have the base path %.*s on virtual host %.*s",
				STR(one.path), STR(one.virtual_host));
	VEC_PUSH(a, all, one);
	return DONE;
}

static err virtual_hosts_there(const struct proxy *p, const struct proxy_endpoint *e,
                               const struct strs *virtual_hosts, struct diag *d)
{
	for (size_t i = 0; i < e->virtual_hosts.n; i++)
		if (!named(virtual_hosts, e->virtual_hosts.v[i]))
			return diag_add(
				d, ERR_SYNTAX, 0,
				"Virtual host %.*s of proxy endpoint %.*s does not exist in "
				"environment %.*s",
				STR(e->virtual_hosts.v[i]), STR(e->ep.name), STR(p->environment));
	return DONE;
}

struct strs bundle_names(struct arena *a, const struct proxy *p)
{
	struct strs out = { arena_array(a, str, p->named.n + 1), 0 };
	for (; out.n < p->named.n; out.n++)
		out.v[out.n] = str_dup(a, p->named.v[out.n]);
	return out;
}

err bundle_uses(struct arena *a, const struct proxy *p, str prefix,
                const struct strs *virtual_hosts, struct diag *d, struct base_paths *out)
{
	for (size_t i = 0; i < p->n_endpoints; i++) {
		const struct proxy_endpoint *e = &p->endpoints[i];
		str path = whole_path(a, prefix, e->base_path);
		const char *fault = base_path_fault(path);
		if (fault)
			return diag_add(d, ERR_SYNTAX, 0, "The base path \"%.*s\": %s",
			                STR(str_sub(path, 0, SHOWN)), fault);
		TRY(virtual_hosts_there(p, e, virtual_hosts, d));
		for (size_t k = 0; k < virtual_hosts->n; k++) {
			str host = virtual_hosts->v[k];
			if (e->virtual_hosts.n && !named(&e->virtual_hosts, host))
				continue;
			TRY(take(a, d, out,
			         (struct base_path_use){ str_dup(a, host), str_dup(a, path) }));
		}
	}
	return DONE;
}
