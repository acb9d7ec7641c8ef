/* SPDX-License-Identifier: Apache-2.0 */
/* Worker threads in lanes: what blocks, computes long or needs a deep stack runs here.
 * A lane has its own threads and its own bounded queue, so one that is stuck holds up no other.
 * Source: house; nice(2) applies to a thread on Linux (docs/why/loop.md). */
#include "rt/inside.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* KEPT_MS: under load the next job comes at once; a login now and then pays some milliseconds for new pages. */
enum { STACK_BYTES = 8 << 20, NICE = 10, KEPT_MS = 100 };

static const struct {
	const char *name;
	unsigned threads; /* 0: one per core, */
	unsigned most;    /* of those: a password's hash takes 19 MiB */
	unsigned queue;
	bool nice;
	bool abandoned; /* at the end: getaddrinfo() knows no deadline, and nobody waits for it */
} kinds[LANES] = {
	[LANE_STORE_READ] = { "store-read", 2, 2, 4096, false, false },
	[LANE_DNS] = { "dns", 4, 4, 256, false, true },
	[LANE_LDAP] = { "ldap", 8, 8, 256, false, false },
	[LANE_PASSWORD] = { "password", 0, 16, 256, true, false },
	[LANE_CPU] = { "cpu", 0, 64, 1024, true, false },
};

struct lane_state {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct lane_job *head, *tail;
	unsigned queued, busy, n_threads;
	bool stop, abandoned, nice;
	const char *name;
	pthread_t *threads;
};
static struct lane_state *lanes[LANES];
static _Atomic(bool) started;

bool lanes_running(void) { return started; }

/* Waits for a job; what the last one left is given back when none comes for a while, and not under the lock,
 * which loops want. */
static void rest(struct lane_state *lane)
{
	struct timespec until;
	if (!scratch_kept()) {
		pthread_cond_wait(&lane->more, &lane->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += KEPT_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (pthread_cond_timedwait(&lane->more, &lane->lock, &until) != ETIMEDOUT)
		return;
	pthread_mutex_unlock(&lane->lock);
	scratch_drop();
	pthread_mutex_lock(&lane->lock);
}

static void *work(void *arg)
{
	struct lane_state *lane = arg;
	pthread_setname_np(pthread_self(), lane->name);
	scratch_lane();
	if (lane->nice)
		thread_stand_back(NICE);
	pthread_mutex_lock(&lane->lock);
	for (;;) {
		struct lane_job *job = lane->head;
		if (lane->abandoned || (!job && lane->stop))
			break;
		if (!job) {
			rest(lane);
			continue;
		}
		lane->head = job->next;
		lane->queued--;
		lane->busy++;
		pthread_mutex_unlock(&lane->lock);
		job->fn(job->arg); /* the job may be gone after this */
		pthread_mutex_lock(&lane->lock);
		lane->busy--;
	}
	pthread_mutex_unlock(&lane->lock);
	scratch_drop();
	return NULL;
}

static void lane_start(enum lane which, unsigned cores)
{
	struct lane_state *lane = rt_alloc(sizeof *lane);
	pthread_attr_t attr;
	pthread_condattr_t clock;
	lanes[which] = lane;
	lane->name = kinds[which].name;
	lane->nice = kinds[which].nice;
	lane->n_threads = kinds[which].threads        ? kinds[which].threads
	                  : cores < kinds[which].most ? cores
	                                              : kinds[which].most;
	lane->threads = rt_alloc(sizeof *lane->threads * lane->n_threads);
	pthread_mutex_init(&lane->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&lane->more, &clock);
	pthread_condattr_destroy(&clock);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (unsigned i = 0; i < lane->n_threads; i++)
		must(pthread_create(&lane->threads[i], &attr, work, lane) == 0);
	pthread_attr_destroy(&attr);
}

static unsigned usable_cores(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) ? 1 : (unsigned)CPU_COUNT(&set);
}

void offload_start(unsigned cores)
{
	sigset_t all, before; /* signals are for the thread that asked for them */
	must(!started);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (int i = 0; i < LANES; i++)
		lane_start((enum lane)i, cores ? cores : usable_cores());
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	started = true;
}

static void lane_stop(enum lane which)
{
	struct lane_state *lane = lanes[which];
	pthread_mutex_lock(&lane->lock);
	lane->stop = true;
	lane->abandoned = kinds[which].abandoned && lane->busy;
	bool abandoned = lane->abandoned;
	pthread_cond_broadcast(&lane->more);
	pthread_mutex_unlock(&lane->lock);
	for (unsigned t = 0; t < lane->n_threads; t++) {
		if (abandoned)
			pthread_detach(lane->threads[t]);
		else
			pthread_join(lane->threads[t], NULL);
	}
	free(lane->threads);
	if (abandoned) /* its threads still look at it: the process's end frees it */
		return;
	pthread_cond_destroy(&lane->more);
	pthread_mutex_destroy(&lane->lock);
	free(lane);
}

void offload_stop(void)
{
	if (!started)
		return;
	started = false;
	for (int i = 0; i < LANES; i++)
		lane_stop((enum lane)i);
}

bool lane_submit(enum lane which, struct lane_job *job)
{
	struct lane_state *lane = lanes[which];
	if (!started)
		return false;
	job->next = NULL;
	pthread_mutex_lock(&lane->lock);
	bool room = lane->queued < kinds[which].queue && !lane->stop;
	if (room) {
		if (lane->head)
			lane->tail->next = job;
		else
			lane->head = job;
		lane->tail = job;
		lane->queued++;
		pthread_cond_signal(&lane->more);
	}
	pthread_mutex_unlock(&lane->lock);
	return room;
}

struct call {
	struct lane_job job;
	void (*fn)(void *);
	void *arg;
	struct waker done;
};

static void run_call(void *arg)
{
	struct call *c = arg;
	c->fn(c->arg);
	wake(&c->done);
}

err offload(enum lane which, void (*fn)(void *), void *arg)
{
	struct call c = { .job = { .fn = run_call, .arg = &c }, .fn = fn, .arg = arg };
	if (!started || !fiber_self()) {
		fn(arg);
		return DONE;
	}
	if (!lane_submit(which, &c.job))
		return FAIL(ERR_LIMIT);
	wait_end(&c.done);
	return DONE;
}

err offload_brief(enum lane which, void (*fn)(void *), void *arg)
{
	if (!started || lanes[which]->n_threads > 1)
		return offload(which, fn, arg);
	fn(arg);
	return DONE;
}
