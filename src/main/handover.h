/* SPDX-License-Identifier: Apache-2.0 */
/* The hand-over: at SIGUSR2 the program is started anew from its file, gets the listening sockets and the
 * folder's lock, and when it accepts, this process answers what it has and ends.
 * Until that end there is a way back: a successor that dies leaves this one serving.
 * Source: house ("operations"); docs/why/handover.md. */
#pragma once

#include <stdatomic.h>

#include "main/listeners.h"
#include "main/successor.h"
#include "rt/fiber.h"
#include "store/store.h"

struct node;

struct handover {
	const struct settings *settings;
	struct store *store;
	int before;  /* the channel to the process that hands over to this one, taken; -1: none */
	int signals; /* of handover_signals(); taken */

	struct node *node; /* all that follows is handover.c's */
	struct watch watch;
	struct waker due, done;
	_Atomic(bool) asked, stopping;
	bool started, over;
};

int handover_signals(void); /* a descriptor that SIGUSR2 makes readable; before any thread */
/* On the control loop, when the node accepts: the one before hears so. */
void handover_start(struct handover *, struct loop *, struct node *);
void handover_stop(struct handover *); /* from a plain thread; one that is under way is given up */
bool handover_is_over(const struct handover *); /* another process is the server now */
