/* SPDX-License-Identifier: Apache-2.0 */
/* All that is deployed in one environment at one moment: immutable, and held while in use.
 * Each loop has its own pointer and counts its own holders, so the hot path has no atomics; the last
 * loop to let go frees.
 * Source: house ("snapshots"). */
#pragma once

#include "flow/proxy.h"

struct loop;
struct snapshot;

struct snapshot_part { /* an API proxy or shared flow; it may stand in many snapshots */
	const struct proxy *proxy;
	str prefix; /* before its base paths, as the deploy call said; "", "/" or absent: nothing */
};

struct snapshot_parts {
	str organization, environment;
	const struct snapshot_part *v;
	size_t n;
};

/* Builds the router over all base paths.  Holds the proxies until it is freed itself; the caller keeps
 * his own hold.  Of two proxies with one base path on one virtual host the first wins. */
struct snapshot *snapshot_create(const struct snapshot_parts *);
void snapshot_discard(struct snapshot **); /* one that was never published */
const struct proxy *snapshot_shared_flow(const struct snapshot *, str name);
str snapshot_organization(const struct snapshot *);
str snapshot_environment(const struct snapshot *);

/* The longest base path wins; a '*' segment matches one.  NULL: no proxy. *base, *suffix are slices of path. */
const struct proxy_endpoint *snapshot_route(const struct snapshot *, str virtual_host, str path,
                                            const struct proxy **proxy, str *base, str *suffix);

/* By the names of the proxy and of its endpoint (absent: the first).  NULL: there is none.  *base: with
 * the deployment's prefix, in the arena. */
const struct proxy_endpoint *snapshot_endpoint(const struct snapshot *, struct arena *, str proxy,
                                               str endpoint, const struct proxy **found, str *base);

/* A slot is where an environment's current snapshot stands, once per loop. */
struct snapshot_slot;
struct snapshot_slot *snapshot_slot_create(struct loop *const *loops, size_t n);
/* Before the loops run, or after they ended: releases what stands there. */
void snapshot_slot_destroy(struct snapshot_slot **);
/* Takes the snapshot (NULL: the environment is gone), swaps on every loop, and returns when all have.
 * From a fiber of any loop, or from a plain thread while the loops run; one publisher at a time. */
void snapshot_publish(struct snapshot_slot *, struct snapshot *);
struct snapshot *snapshot_hold(struct snapshot_slot *,
                               size_t loop_index); /* on that loop's thread; NULL: none */
void snapshot_let_go(struct snapshot *, size_t loop_index);
