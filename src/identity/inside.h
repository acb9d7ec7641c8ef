/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share: who calls, what is remembered, who tries.
 * Nothing remembered outlives the process.
 * Source: house. */
#pragma once

#include <pthread.h>

#include "identity/attempts.h"
#include "identity/identity.h"
#include "identity/password_policy.h"

enum { PAIRS = 1024, PAIR_MAC = 32 };

struct good_pair { /* a name and password that fitted this very hash */
	unsigned char mac[PAIR_MAC];
	int64_t until_ms; /* monotonic; 0: empty */
};

/* Whether the password has to go before anything else. */
bool login_must_change(const struct identity *, const struct login_state *, int64_t now_ms);

struct identity {
	struct arena *arena;
	struct store *store;
	struct attempts *attempts;
	struct password_policy passwords;
	unsigned char key[PAIR_MAC];
	pthread_mutex_t lock;
	/* guarded; by the first bytes of the MAC, a newer one replaces */
	struct good_pair pairs[PAIRS];
};
