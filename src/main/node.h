/* SPDX-License-Identifier: Apache-2.0 */
/* This process as a running server: loops on their threads, servers on the loops.
 * node_start() returns when every listener accepts; node_stop() drains, then ends all threads.
 * Source: house ("management runs on a loop of its own"). */
#pragma once

#include "main/listeners.h"
#include "main/reload.h"
#include "management/api.h"
#include "policy/services.h"
#include "sso/sso.h"

struct handover; /* main/handover.h */

struct node_conf {
	const struct settings *settings;
	struct management *management;
	struct services *services;
	struct sso *sso;
	struct tls_context *sso_tls; /* NULL: plain HTTP */
	struct tls_context *secure;  /* what gateway.secure.listen presents */
	str access_log;              /* STR_NONE: none */
	struct reload *reload;
	struct handover *handover;
	str data; /* the folder: the operator's socket is in it */
};

struct node;
err node_start(struct arena *, const struct node_conf *, struct listeners *, struct diag *,
               struct node **out) MUST_CHECK;
void node_wait(struct node *, int signals); /* until the descriptor of verb_signals() has one */
void node_stop(struct node **, int64_t drain_ms);

/* From a fiber of the control loop, for a hand-over. */
int node_socket(const struct node *, enum listener); /* stays the node's; -1: none */
/* Accepts no more, keeps the sockets, gives each connection one more answer; accepts again, or looks at once
 * who waits. */
void node_rest(struct node *);
void node_accept(struct node *);
bool node_is_idle(struct node *); /* no connection is left */
void node_end(struct node *);     /* node_wait() returns */
