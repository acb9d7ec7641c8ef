/* SPDX-License-Identifier: Apache-2.0 */
/* The change feed: every change (all but token traffic) has a number, and numbers are commit order.
 * A change call returns after its commit; feed_settle() then waits until this node has applied it.
 * Source: house ("a change"). */
#pragma once

#include "store/store.h"

/* What changed.  The names are the feed's, e.g. for logs. */
#define FEED_KINDS(_)    \
	_(organization)  \
	_(environment)   \
	_(virtual_host)  \
	_(keypair)       \
	_(user)          \
	_(developer)     \
	_(app)           \
	_(product)       \
	_(api)           \
	_(revision)      \
	_(deployment)    \
	_(token)         \
	_(target_server) \
	_(reference)     \
	_(oauth_client)  \
	_(signing_key)   \
	_(mfa_provider)
#define FEED_ENUM(k) FEED_##k,
enum feed_kind { FEED_KINDS(FEED_ENUM) FEED_N };

struct change {
	int64_t seq, at_ms;
	enum feed_kind kind;
	str org, env; /* absent where they do not apply */
	str name;     /* of what changed; of a deployment or revision "kind/name/number" */
};

/* One consumer on this node: the gateway's snapshots, a cache.  wake() is called on any thread when there
 * may be more; it only wakes a fiber.  Starts after what is committed now. */
struct feed_reader;
struct feed_reader *feed_attach(struct store *, void (*wake)(void *arg), void *arg);
void feed_detach(struct feed_reader **);

/* The next changes in order, at most 1,000; none when up to date.  *lost: some were dropped before they
 * could be read (the node was away too long): load everything anew. */
err feed_next(struct arena *, struct feed_reader *, struct list *changes, bool *lost) MUST_CHECK;
/* This consumer has applied all up to seq. */
void feed_done(struct feed_reader *, int64_t seq);

int64_t feed_head(struct store *); /* the last number that this node knows of */
/* Waits until all consumers have applied seq; ERR_TIMEOUT. */
err feed_wait(struct store *, int64_t seq, deadline) MUST_CHECK;
/* The same for all that this process committed before the call: after a change, before the answer. */
err feed_settle(struct store *, deadline) MUST_CHECK;
