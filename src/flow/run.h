/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine's files share: running steps, and the stations that are more than a loop.
 * Each answers a verdict; a raised fault that a policy kept quiet about still counts as FAULT.
 * Source: house ("the walk of a request"). */
#pragma once

#include "flow/exchange.h"

enum verdict run_steps(struct exchange *, const struct steps *);

enum verdict call_target(struct exchange *); /* call_target.c */
/* The request as a target gets it: a copy, so that request.* stays what it was. */
struct message request_for_target(struct exchange *, str path, str query);
str target_join_path(struct arena *, str base, str suffix);
str target_join_query(struct arena *, str own, str client);
/* retain.c: what the endpoint's properties let through; the same array when that is all */
struct headers retain_headers(struct arena *, const struct headers *, const struct retained *);
str retain_query(struct arena *, str query, const struct retained *);
/* local_target.c: the answer comes as x->response, or a fault is pending. */
void call_local(struct exchange *);
/* engine.c: from its route, or the endpoint that is set, to its answer, which is not sent. */
void flow_run_chained(struct exchange *);
/* The error flow: fault rules, the default rule, and x->error as it goes out (faults.c). */
void run_fault_flow(struct exchange *);
/* x->error as the fault that was raised says it, before any rule. */
void make_error(struct exchange *);
