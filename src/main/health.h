/* SPDX-License-Identifier: Apache-2.0 */
/* What this process tells those who watch it: whether it is ready, and its numbers.
 * Ready means: everything deployed is loaded, the store answers, and no end has begun.
 * Source: Prometheus, "Writing client libraries: process metrics"; house. */
#pragma once

#include <stdatomic.h>

#include "management/api.h"

struct gateway;

struct health {
	struct store *store;
	struct gateway *gateway; /* loaded; NULL: not yet, or no more */
	_Atomic(bool) draining;
	int64_t started_ms;
};

/* For the management listener; health must outlive it. */
struct operations health_operations(struct health *, bool metrics_public);
