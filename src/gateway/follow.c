/* SPDX-License-Identifier: Apache-2.0 */
/* Following the change feed: what changed is marked, applied, and only then reported as done.
 * A change that cannot be applied yet (the store is away) is tried again; nothing is skipped.
 * Source: house ("a change is answered when this node has applied it"). */
#include "base/log.h"
#include "gateway/inside.h"

enum { AGAIN_MS = 1000 };

static void wake_follower(void *arg) { wake(&((struct gateway *)arg)->changed); }

void gateway_attach(struct gateway *g) { g->feed = feed_attach(g->conf.store, wake_follower, g); }

/* "kind/name/number" of a revision that is deployed makes its environments load it anew. */
static void mark_revision(struct gateway *g, const struct change *c)
{
	str rest = c->name;
	str_cut(&rest, '/');
	str name = str_cut(&rest, '/');
	int64_t number = 0;
	bool all = !str_to_i64(rest, &number);
	VEC_EACH(struct environment_state *, e, &g->environments) {
		if (!str_eq((*e)->organization, c->org))
			continue;
		for (size_t i = 0; i < (*e)->n_deployed; i++) {
			struct deployed *d = &(*e)->deployed[i];
			if (str_eq(d->name, name) && (all || d->revision == number))
				d->stale = (*e)->dirty = true;
		}
	}
}

static void mark_deployment(struct gateway *g, const struct change *c)
{
	bool found = false;
	VEC_EACH(struct environment_state *, e, &g->environments)
		if (str_eq((*e)->organization, c->org) && (!c->env.n || str_eq((*e)->name, c->env)))
			found = (*e)->dirty = true;
	if (!found)
		g->hosts_dirty = true; /* an environment that we have not seen yet */
}

/* Who names things of the environment is compiled anew, and who did not compile may do so now. */
static void mark_who_names(struct gateway *g, const struct change *c)
{
	VEC_EACH(struct environment_state *, e, &g->environments) {
		if (!str_eq((*e)->organization, c->org) || !str_eq((*e)->name, c->env))
			continue;
		for (size_t i = 0; i < (*e)->n_deployed; i++) {
			struct deployed *d = &(*e)->deployed[i];
			if (!d->proxy || d->proxy->named.n)
				d->stale = (*e)->dirty = true;
		}
	}
}

static void mark(struct gateway *g, const struct change *c)
{
	switch (c->kind) {
	case FEED_organization:
	case FEED_environment:
	case FEED_virtual_host:
		g->hosts_dirty = true;
		break;
	case FEED_deployment:
		mark_deployment(g, c);
		break;
	case FEED_revision:
		mark_revision(g, c);
		break;
	case FEED_target_server:
	case FEED_keypair:
	case FEED_reference:
		mark_who_names(g, c);
		break;
	default:
		break; /* not the gateway's: caches listen for themselves */
	}
}

static void mark_all(struct gateway *g)
{
	g->hosts_dirty = true;
	VEC_EACH(struct environment_state *, e, &g->environments) {
		(*e)->dirty = true;
		for (size_t i = 0; i < (*e)->n_deployed; i++)
			(*e)->deployed[i].stale = true;
	}
}

/* *any: something changed; *last: the last change's number, 0 when only "all of it" is known. */
static err take_changes(struct arena *arena, struct gateway *g, bool *any, int64_t *last)
{
	struct list changes;
	bool lost = false;
	*any = false;
	*last = 0;
	TRY(feed_next(arena, g->feed, &changes, &lost));
	*any = lost || changes.n;
	if (lost)
		mark_all(g);
	const struct change *c = changes.v;
	for (size_t i = 0; i < changes.n; i++) {
		mark(g, &c[i]);
		*last = c[i].seq;
	}
	return DONE;
}

static bool stopping(struct gateway *g) { return atomic_load(&g->stopping); }

static void apply_until_done(struct gateway *g)
{
	for (err e; (e = gateway_apply(g)).code && !stopping(g);) {
		log_warn("changes_not_applied_yet", LOG_Z("reason", err_word(e.code)));
		if (wait_waker(&g->changed, deadline_in(AGAIN_MS)).code == ERR_CANCELED)
			return;
	}
}

static void follow(struct gateway *g)
{
	while (!stopping(g)) {
		struct arena *arena = arena_create(0, 0);
		int64_t last;
		bool any;
		err e = take_changes(arena, g, &any, &last);
		arena_destroy(&arena);
		if (!e.code && any) {
			apply_until_done(g);
			if (last)
				feed_done(g->feed, last);
			continue;
		}
		e = wait_waker(&g->changed, e.code ? deadline_in(AGAIN_MS) : NEVER);
		if (e.code == ERR_CANCELED && !stopping(g))
			wait_end(&g->changed); /* the process ends: only unfollow is awaited */
	}
}

void gateway_follow(struct gateway *g)
{
	g->follows = true;
	wake(&g->changed); /* what came while all was loaded */
	gateway_in_fiber(g, follow, &g->following);
	gateway_watch_health(g);
}

void gateway_unfollow(struct gateway *g)
{
	atomic_store(&g->stopping, true);
	if (g->follows) {
		wake(&g->changed);
		wait_end(&g->following.done);
		wake(&g->deployed_anew);
		wait_end(&g->watching.done);
		g->follows = false;
	}
	feed_detach(&g->feed);
}
