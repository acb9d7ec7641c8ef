/* SPDX-License-Identifier: Apache-2.0 */
/* A trie of path segments in one hash table: a step costs one probe, however many proxies there are.
 * Node 0 is "nowhere"; each virtual host has a root of its own.
 * Source: Apigee, "API proxy configuration reference": BasePath; house. */
#include "flow/route.h"

#include "base/err.h"
#include "base/vec.h"

struct node {
	struct routed here;
	uint32_t star;  /* the child that '*' leads to */
	uint32_t named; /* how many other children it has */
};

struct edge {
	uint32_t from, to;
	uint64_t hash;
	str segment;
};

struct root {
	str virtual_host;
	uint32_t node;
};

struct router {
	struct arena *arena;
	VEC(struct node) nodes;
	VEC(struct root) roots;
	uint32_t any;       /* the root of all virtual hosts; 0: none */
	struct edge *edges; /* a hash table; to == 0: free */
	size_t n_edges, mask;
};

static uint64_t edge_hash(uint32_t from, str segment)
{
	return str_hash(segment) ^ from * UINT64_C(0x9e3779b97f4a7c15);
}

static uint32_t new_node(struct router *r)
{
	VEC_PUSH(r->arena, &r->nodes, (struct node){ 0 });
	return (uint32_t)(r->nodes.n - 1);
}

struct router *router_create(struct arena *arena, size_t expected)
{
	struct router *r = arena_new(arena, struct router);
	r->arena = arena;
	r->mask = 63;
	while (r->mask < expected * 4)
		r->mask = r->mask * 2 + 1;
	r->edges = arena_array(arena, struct edge, r->mask + 1);
	new_node(r);
	return r;
}

static struct edge *edge_place(const struct router *r, uint32_t from, str segment, uint64_t hash)
{
	size_t i = hash & r->mask;
	for (; r->edges[i].to; i = (i + 1) & r->mask)
		if (r->edges[i].hash == hash && r->edges[i].from == from &&
		    str_eq(r->edges[i].segment, segment))
			break;
	return &r->edges[i];
}

static void grow(struct router *r)
{
	struct edge *old = r->edges;
	size_t n = r->mask + 1;
	r->mask = r->mask * 2 + 1;
	r->edges = arena_array(r->arena, struct edge, r->mask + 1);
	for (size_t i = 0; i < n; i++)
		if (old[i].to)
			*edge_place(r, old[i].from, old[i].segment, old[i].hash) = old[i];
}

static uint32_t child_made(struct router *r, uint32_t from, str segment)
{
	if (str_eq(segment, S("*"))) {
		if (!r->nodes.v[from].star) {
			uint32_t made = new_node(r);
			r->nodes.v[from].star = made;
		}
		return r->nodes.v[from].star;
	}
	if (r->n_edges * 2 > r->mask)
		grow(r);
	uint64_t hash = edge_hash(from, segment);
	struct edge *e = edge_place(r, from, segment, hash);
	if (!e->to) {
		*e = (struct edge){ from, new_node(r), hash, segment };
		r->nodes.v[from].named++;
		r->n_edges++;
	}
	return e->to;
}

static uint32_t root_find(const struct router *r, str virtual_host)
{
	for (size_t i = 0; i < r->roots.n; i++)
		if (str_eq(r->roots.v[i].virtual_host, virtual_host))
			return r->roots.v[i].node;
	return 0;
}

static uint32_t root_made(struct router *r, str virtual_host)
{
	if (!str_given(virtual_host))
		return r->any = r->any ? r->any : new_node(r);
	uint32_t at = root_find(r, virtual_host);
	if (!at) {
		at = new_node(r);
		VEC_PUSH(r->arena, &r->roots, (struct root){ virtual_host, at });
	}
	return at;
}

bool router_add(struct router *r, str virtual_host, str base_path, const struct proxy *proxy,
                const struct proxy_endpoint *endpoint)
{
	uint32_t at = root_made(r, virtual_host);
	for (str rest = base_path; str_given(rest);) {
		str segment = str_cut(&rest, '/');
		if (segment.n)
			at = child_made(r, at, segment);
	}
	if (r->nodes.v[at].here.endpoint)
		return false;
	r->nodes.v[at].here = (struct routed){ proxy, endpoint, 0 };
	return true;
}

/* path + from stands at a '/' or at the end.  Goes deeper first, by name before by star: what is found
 * last on the way down is longest; of two as long the named one was seen first. */
static void walk(const struct router *r, uint32_t at, str path, size_t from, struct routed *best)
{
	const struct node *node = &r->nodes.v[at];
	if (node->here.endpoint && (!best->endpoint || from > best->base)) {
		*best = node->here;
		best->base = from;
	}
	if (from >= path.n)
		return;
	size_t end = from + 1;
	while (end < path.n && path.p[end] != '/')
		end++;
	str segment = str_sub(path, from + 1, end);
	if (!segment.n)
		return;
	uint32_t next = node->named ? edge_place(r, at, segment, edge_hash(at, segment))->to : 0;
	if (next)
		walk(r, next, path, end, best);
	if (node->star)
		walk(r, node->star, path, end, best);
}

bool router_find(const struct router *r, str virtual_host, str path, struct routed *out)
{
	*out = (struct routed){ 0 };
	uint32_t named = root_find(r, virtual_host);
	if (named)
		walk(r, named, path, 0, out);
	if (r->any)
		walk(r, r->any, path, 0, out);
	return out->endpoint != NULL;
}
