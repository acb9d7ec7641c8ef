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
bool name_listed(const struct strs *, str name);
struct headers retain_headers(struct arena *, const struct headers *, const struct retained *);
str retain_query(struct arena *, str query, const struct retained *);
/* compression.c: Content-Encoding off, so that the content can be read; false: a fault is pending */
bool content_decode(struct exchange *, struct message *);
/* The body in the coding that the endpoint wants for what goes to a target, or to the client. */
err compress_request(struct exchange *, struct message *) MUST_CHECK;
err compress_answer(struct exchange *, struct message *) MUST_CHECK;
/* exchange.c: why a body cannot be read */
enum verdict content_failed(struct exchange *, const struct message *, err);
size_t content_max(const struct exchange *, const struct message *);
/* hop.c: false, and an answer: the request ends here */
bool hop_passes(struct exchange *);
/* The same headers with what this hop says of itself. */
struct headers hop_headers(struct exchange *, const struct headers *);
/* The first field that says one thing, and says it twice; absent: all is well. */
str hop_repeated(const struct headers *, const struct strs *repeatable);
/* local_target.c: the answer comes as x->response, or a fault is pending. */
void call_local(struct exchange *);
/* engine.c: from its route, or the endpoint that is set, to its answer, which is not sent. */
void flow_run_chained(struct exchange *);
/* The error flow: fault rules, the default rule, and x->error as it goes out (faults.c). */
void run_fault_flow(struct exchange *);
/* x->error as the fault that was raised says it, before any rule. */
void make_error(struct exchange *);
