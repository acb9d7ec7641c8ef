/* SPDX-License-Identifier: Apache-2.0 */
/* A loop on a thread of its own.
 * Between runner_start() and runner_stop() only that thread runs it; others post to it.
 * Source: house ("one event loop per core"). */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "rt/loop.h"

struct runner {
	struct loop *loop;
	pthread_t thread;
	bool running;
};

void runner_start(struct runner *, unsigned max_fibers);
void runner_stop(struct runner *); /* its thread has ended; the loop stays until loop_destroy() */
/* fn(arg) on the loop, to its end; from a thread that runs none. */
void runner_do(struct runner *, void (*fn)(void *), void *arg);
