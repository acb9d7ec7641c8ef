/* SPDX-License-Identifier: Apache-2.0 */
/* The access log: a JSON object a line, buffered per loop, written by a worker thread.
 * The loop never waits for the disk: while both buffers are full, lines are dropped and counted.
 * Source: house. */
#pragma once

#include <stdatomic.h>

#include "flow/exchange.h"

struct access_log {              /* of one loop */
	int fd;                  /* -1: no log */
	char *filling, *writing; /* two buffers of ACCESS_LOG_BYTES; NULL: it was not started */
	size_t filled, to_write;
	bool started, busy; /* busy: a job writes */
	struct waker due;
	struct waker *stop; /* woken when all is written; NULL: it goes on */
	_Atomic(bool) *failing;
	_Atomic(uint64_t) dropped;
	int64_t begins_s; /* the second that a line begins with: */
	char begins[sizeof "{\"time\":\"2026-11-21T21:51:00."];
};

/* fd is shared by loops: each write is whole lines, appended.  -1: no log.  So is failing: the last write did. */
void access_log_init(struct access_log *, struct arena *, int fd, _Atomic(bool) *failing);
err access_log_start(struct access_log *, struct loop *) MUST_CHECK; /* on the loop */
void access_log_names(struct proxy *); /* at deploy time: what lines will say of it */
void access_log_add(struct access_log *, const struct exchange *, unsigned status);
/* On the loop: writes what is left, then wakes done. */
void access_log_stop(struct access_log *, struct waker *done);
