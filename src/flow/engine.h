/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: one loop over the table of steps, from route to post_client.
 * A fault leaves the normal pipeline for good; every exchange is answered exactly once.
 * Source: Apigee, "Controlling flow", "Handling faults"; house ("the walk of a request"). */
#pragma once

#include "flow/exchange.h"

/* Runs one call to its end: answers it, then runs PostClientFlow.  The caller has set call, arena,
 * loop, snapshot, virtual_host, services and message_id. */
void flow_run(struct exchange *);
/* Runs the steps of a shared flow in the current segment. */
enum verdict flow_call(struct exchange *, const struct proxy *shared_flow);

/* A call of another proxy of the environment. */
struct local_call {
	const struct local_target *to;
	struct message *request; /* the other proxy's own; its path and query follow the target's */
	deadline until;
	struct interim *interim; /* as of http_call */
};
/* Its answer, also when that is a fault of its own; NULL: it was not called, and a fault is pending. */
struct message *flow_call_local(struct exchange *, const struct local_call *);
