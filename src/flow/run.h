/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine's files share: running steps, and the stations that are more than a loop.
 * Each answers a verdict; a raised fault that a policy kept quiet about still counts as FAULT.
 * Source: house ("the walk of a request"). */
#pragma once

#include "flow/exchange.h"

enum verdict run_steps(struct exchange *, const struct steps *);

enum verdict call_target(struct exchange *); /* call_target.c */
/* The error flow: fault rules, the default rule, and x->error as it goes out (faults.c). */
void run_fault_flow(struct exchange *);
/* x->error as the fault that was raised says it, before any rule. */
void make_error(struct exchange *);
