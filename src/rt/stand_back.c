/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that let the others go first, by a long turn and by nice.
 * Whoever of the program wakes up cuts in, whatever such a thread is at.
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
void thread_stand_back(int nicer)
{
	enum { TURN_NS = 100000000 };
	int nice = getpriority(PRIO_PROCESS, 0) + nicer;
	struct attributes a = { .size = sizeof a,
		                .nice = nice < 19 ? nice : 19,
		                .runtime_ns = TURN_NS };
	if (syscall(SYS_sched_setattr, 0, &a, 0)) /* a sandbox may not let it */
		setpriority(PRIO_PROCESS, 0, nice);
}
