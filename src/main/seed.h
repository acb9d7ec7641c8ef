/* SPDX-License-Identifier: Apache-2.0 */
/* What the first start and --demo have in common: putting things into a store that may hold them already,
 * because the start before was killed half-way.
 * Each call is safe to repeat: what is there stays as it is.
 * Source: house ("bootstrap"). */
#pragma once

#include "base/diag.h"
#include "bundle/bundle.h"
#include "store/store.h"

struct seed {
	struct arena *arena;
	struct store *store;
	str org, by; /* by: the administrator, who appears as creator */
	policy_finder policy_find;
	struct diag *diag; /* why it cannot go on */
};

/* DONE also when it was there. */
err seed_made(err) MUST_CHECK;
/* fn(arg), if no start has finished it on this store; other servers that start now wait for it. */
err seed_once(struct seed *, str mark, err (*fn)(void *arg), void *arg) MUST_CHECK;
/* The bundle below bundles/NAME, as revision 1 of the proxy NAME. */
err seed_import(struct seed *, const char *name) MUST_CHECK;
/* Revision 1 of the proxy, to every virtual host that it names. */
err seed_deploy(struct seed *, const char *name, const char *env) MUST_CHECK;
