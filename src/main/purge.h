/* SPDX-License-Identifier: Apache-2.0 */
/* What is over leaves the store: tokens, codes, sessions, counters, audit records of long ago, keys that
 * nothing is signed with any more.
 * Only the loop that it was started on touches a struct purge.
 * Source: house ("no index on expiry: old rows go by key range"). */
#pragma once

#include "sso/sso.h"

struct purge {
	struct store *store;
	const struct sso *sso;
	int64_t audit_keep_days; /* 0: for ever */
	bool stop;               /* set by its owner: it ends after the piece at hand */
};

/* In a fiber of this loop, from now on; the struct must outlive the loop. */
void purge_start(struct purge *, struct loop *);
