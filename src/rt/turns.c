/* SPDX-License-Identifier: Apache-2.0 */
/* How long a thread's turns on a core are, and with that who cuts in on whom when it wakes up.
 * A turn is no share: whoever asks for short ones gets as much of the core, in more pieces.
 * Source: sched_setattr(2); docs/why/loop.md. */
#include "rt/loop.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct attributes { /* linux/sched/types.h, which does not go with sched.h */
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

/* Nice takes of a thread's share, but one that slept and has begun its turn may end it, 3 ms: since Linux 6.12
 * only who asked for a shorter one cuts in.  Before that a turn's length is no attribute. */
static void ask(uint64_t turn_ns, int nicer)
{
	int nice = getpriority(PRIO_PROCESS, 0) + nicer;
	struct attributes a = { .size = sizeof a,
		                .nice = nice < 19 ? nice : 19,
		                .runtime_ns = turn_ns };
	if (syscall(SYS_sched_setattr, 0, &a, 0)) /* a sandbox may not let it */
		setpriority(PRIO_PROCESS, 0, nice);
}

/* The least and the most that Linux gives. */
void thread_cut_in(void) { ask(100000, 0); }
void thread_stand_back(int nicer) { ask(100000000, nicer); }
