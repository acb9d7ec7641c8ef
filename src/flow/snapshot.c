/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots: built once, swapped loop by loop, freed when the last loop lets go.
 * A loop touches only its own cell and its own count; the one atomic is the number of loops that still
 * have something to do with a snapshot, which changes once a loop and publication.
 * Source: house ("snapshots"); docs/why/snapshots.md. */
#include "flow/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "flow/route.h"
#include "rt/fiber.h"

enum { LINE = 64 }; /* a cache line: loops must not share one */

struct holders { /* of one loop; only its thread looks */
	_Alignas(LINE) size_t n;
	bool retired; /* no longer this loop's current one */
};

struct snapshot {
	struct arena *arena;
	str organization, environment;
	struct router *router;
	struct map shared_flows; /* name -> const struct proxy * */
	struct map named;        /* name -> const struct snapshot_part *, of API proxies */
	const struct proxy **proxies;
	size_t n_proxies;
	struct holders *holders; /* one per loop, from the publication on */
	atomic_size_t loops;     /* that hold it or have it as current */
	struct lane_job end;
};

static str whole_path(struct arena *arena, str prefix, str base_path)
{
	if (!prefix.n || str_eq(prefix, S("/")))
		return base_path;
	while (str_ends(prefix, S("/")))
		prefix.n--;
	const char *slash = str_starts(base_path, S("/")) ? "" : "/";
	return str_fmt(arena, "%.*s%s%.*s", STR(prefix), slash, STR(base_path));
}

static void add_endpoint(struct snapshot *s, const struct snapshot_part *part,
                         const struct proxy_endpoint *ep)
{
	str path = whole_path(s->arena, part->prefix, ep->base_path);
	if (!ep->virtual_hosts.n)
		router_add(s->router, STR_NONE, path, part->proxy, ep);
	for (size_t i = 0; i < ep->virtual_hosts.n; i++)
		router_add(s->router, ep->virtual_hosts.v[i], path, part->proxy, ep);
}

static void add_named(struct snapshot *s, const struct snapshot_part *part)
{
	struct snapshot_part *own = arena_new(s->arena, struct snapshot_part);
	*own = (struct snapshot_part){ part->proxy, str_dup(s->arena, part->prefix) };
	map_put(&s->named, part->proxy->name, own);
}

struct snapshot *snapshot_create(const struct snapshot_parts *parts)
{
	struct arena *arena = arena_create(0, 0);
	struct snapshot *s = arena_new(arena, struct snapshot);
	s->arena = arena;
	s->organization = str_dup(arena, parts->organization);
	s->environment = str_dup(arena, parts->environment);
	s->router = router_create(arena, parts->n);
	s->shared_flows = map_in(arena);
	s->named = map_in(arena);
	s->proxies = arena_array(arena, const struct proxy *, parts->n + 1);
	for (size_t i = 0; i < parts->n; i++) {
		const struct proxy *proxy = parts->v[i].proxy;
		proxy_hold(proxy);
		s->proxies[s->n_proxies++] = proxy;
		if (proxy->is_shared_flow)
			map_put(&s->shared_flows, proxy->name, (void *)proxy);
		else if (!map_has(&s->named, proxy->name))
			add_named(s, &parts->v[i]);
		for (size_t k = 0; k < proxy->n_endpoints; k++)
			add_endpoint(s, &parts->v[i], &proxy->endpoints[k]);
	}
	return s;
}

void snapshot_discard(struct snapshot **sp)
{
	struct snapshot *s = *sp;
	*sp = NULL;
	if (!s)
		return;
	for (size_t i = 0; i < s->n_proxies; i++)
		proxy_release(s->proxies[i]);
	free(s->holders);
	arena_destroy(&s->arena);
}

const struct proxy *snapshot_shared_flow(const struct snapshot *s, str name)
{
	return map_get(&s->shared_flows, name);
}

str snapshot_organization(const struct snapshot *s) { return s->organization; }
str snapshot_environment(const struct snapshot *s) { return s->environment; }

const struct proxy_endpoint *snapshot_route(const struct snapshot *s, str virtual_host, str path,
                                            const struct proxy **proxy, str *base, str *suffix)
{
	struct routed found;
	if (!router_find(s->router, virtual_host, path, &found))
		return NULL;
	*proxy = found.proxy;
	*base = found.base ? str_sub(path, 0, found.base) : S("/");
	*suffix = str_sub(path, found.base, STR_NPOS);
	return found.endpoint;
}

const struct proxy_endpoint *snapshot_endpoint(const struct snapshot *s, struct arena *arena,
                                               str proxy, str endpoint, const struct proxy **found,
                                               str *base)
{
	const struct snapshot_part *part = map_get(&s->named, proxy);
	for (size_t i = 0; part && i < part->proxy->n_endpoints; i++) {
		const struct proxy_endpoint *ep = &part->proxy->endpoints[i];
		if (endpoint.n && !str_eq(ep->ep.name, endpoint))
			continue;
		*found = part->proxy;
		*base = whole_path(arena, part->prefix, ep->base_path);
		return ep;
	}
	return NULL;
}

/* ---- slots ---- */

struct cell {
	_Alignas(LINE) struct snapshot *current;
	struct loop *loop;
};

struct snapshot_slot {
	size_t n;
	struct cell cells[];
};

struct snapshot_slot *snapshot_slot_create(struct loop *const *loops, size_t n)
{
	size_t size = sizeof(struct snapshot_slot) + n * sizeof(struct cell);
	struct snapshot_slot *slot = aligned_alloc(LINE, (size + LINE - 1) / LINE * LINE);
	must(slot);
	slot->n = n;
	for (size_t i = 0; i < n; i++)
		slot->cells[i] = (struct cell){ .loop = loops[i] };
	return slot;
}

static void discard_job(void *arg) { snapshot_discard(&(struct snapshot *){ arg }); }

/* This loop is done with it; the last loop has it freed, which takes longer the more is deployed. */
static void loop_is_done(struct snapshot *s)
{
	if (atomic_fetch_sub_explicit(&s->loops, 1, memory_order_acq_rel) != 1)
		return;
	s->end = (struct lane_job){ .fn = discard_job, .arg = s };
	if (!lane_submit(LANE_CPU, &s->end))
		snapshot_discard(&s);
}

static void retire(struct snapshot *s, size_t i)
{
	if (!s)
		return;
	s->holders[i].retired = true;
	if (!s->holders[i].n)
		loop_is_done(s);
}

void snapshot_slot_destroy(struct snapshot_slot **slotp)
{
	struct snapshot_slot *slot = *slotp;
	*slotp = NULL;
	for (size_t i = 0; slot && i < slot->n; i++)
		retire(slot->cells[i].current, i);
	free(slot);
}

struct publication {
	struct snapshot_slot *slot;
	struct snapshot *next;
	atomic_size_t left;
	struct waker done;
};

struct swap {
	struct publication *publication;
	size_t i;
};

static void swap_on_loop(void *arg)
{
	struct swap *swap = arg;
	struct publication *p = swap->publication;
	struct cell *cell = &p->slot->cells[swap->i];
	struct snapshot *before = cell->current;
	cell->current = p->next;
	retire(before, swap->i);
	/* the publisher goes on when the last swap says so; nothing of it is touched after */
	if (atomic_fetch_sub_explicit(&p->left, 1, memory_order_acq_rel) == 1)
		wake(&p->done);
}

void snapshot_publish(struct snapshot_slot *slot, struct snapshot *s)
{
	if (s) {
		s->holders = aligned_alloc(LINE, slot->n * sizeof *s->holders);
		must(s->holders);
		memset(s->holders, 0, slot->n * sizeof *s->holders);
		atomic_store(&s->loops, slot->n);
	}
	struct publication p = { .slot = slot, .next = s };
	atomic_store(&p.left, slot->n);
	struct swap *swaps = calloc(slot->n, sizeof *swaps);
	must(swaps);
	for (size_t i = 0; i < slot->n; i++) {
		swaps[i] = (struct swap){ &p, i };
		loop_post(slot->cells[i].loop, swap_on_loop, &swaps[i]);
	}
	wait_end(&p.done);
	free(swaps);
}

struct snapshot *snapshot_hold(struct snapshot_slot *slot, size_t i)
{
	struct snapshot *s = slot->cells[i].current;
	if (s)
		s->holders[i].n++;
	return s;
}

void snapshot_let_go(struct snapshot *s, size_t i)
{
	must(s->holders[i].n);
	if (!--s->holders[i].n && s->holders[i].retired)
		loop_is_done(s);
}
