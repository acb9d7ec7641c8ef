/* SPDX-License-Identifier: Apache-2.0 */
/* One fiber of the control loop, for both ends of a hand-over.
 * The one before lets go of the sockets only when its successor accepts, takes up again when that one dies, and
 * is not the service any more only when nothing is left for it to do.
 * Source: house ("operations"). */
#include "main/handover.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "main/node.h"

enum { START_MS = 120000, LOOK_MS = 20 };

int handover_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	must(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	must(fd >= 0);
	return fd;
}

static bool stopping(struct handover *h) { return atomic_load(&h->stopping); }

/* What the other end says by then; WORD_NONE also when this end stops. */
static enum word hear(struct handover *h, int channel, deadline d)
{
	for (;;) {
		struct wait w[] = { { .fd = channel, .ready = READY_READ }, { .waker = &h->due } };
		err e = wait_any(w, 2, d);
		enum word word = channel < 0 ? WORD_NONE : channel_hear(channel);
		if (word != WORD_NONE || e.code || stopping(h) || channel < 0)
			return word;
	}
}

/* ---- handing over ---- */

static err start_successor(struct handover *h, struct successor *next, const char **why)
{
	struct arena *a = arena_create(0, 0);
	struct bequest b = { .text.arena = a };
	bequest_add(&b, S("lock"), STR_NONE, store_lock(h->store));
	for (int i = 0; i < LISTENERS; i++)
		bequest_add(&b, listener_name((enum listener)i),
		            listener_setting(h->settings, (enum listener)i),
		            node_socket(h->node, (enum listener)i));
	err e = successor_start(&b, next, why);
	arena_destroy(&a);
	return e;
}

static void failed(struct successor *next, const char *why)
{
	int pid = next->pid, status = successor_end(next);
	log_error("handover_failed", LOG_Z("why", why), LOG_INT("pid", pid),
	          LOG_INT("exit_status", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
	          LOG_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
}

static bool becomes_ready(struct handover *h, struct successor *next)
{
	enum word w = hear(h, next->channel, deadline_in(START_MS));
	if (w == WORD_READY)
		return true;
	if (stopping(h))
		kill(next->pid, SIGTERM); /* who asked this one to end means both */
	else
		failed(next, w == WORD_END ? "the successor did not start"
		                           : "the successor was not ready in time");
	return false;
}

/* False: the successor died, and this process serves as before. */
static bool drained(struct handover *h, struct successor *next)
{
	deadline until = deadline_in(h->settings->drain_timeout_s * 1000);
	node_rest(h->node);
	channel_say(next->channel, WORD_YOURS);
	while (!node_is_idle(h->node) && !deadline_passed(until) && !stopping(h)) {
		if (hear(h, next->channel, deadline_min(until, deadline_in(LOOK_MS))) != WORD_END)
			continue;
		node_accept(h->node);
		failed(next, "the successor died; this process serves again");
		return false;
	}
	return true;
}

/* The channel stays open: its end tells the successor that this process has ended. */
static void hand_over(struct handover *h)
{
	struct successor next;
	const char *why;
	if (start_successor(h, &next, &why).code) {
		log_error("handover_failed", LOG_Z("why", why));
		return;
	}
	log_info("handover_started", LOG_INT("pid", next.pid));
	if (!becomes_ready(h, &next) || !drained(h, &next))
		return;
	log_info("handed_over", LOG_INT("pid", next.pid));
	notify_successor(next.pid);
	h->over = true;
	node_end(h->node);
}

/* ---- taking over ---- */

/* Whoever came to the queue while the other let go of it made no edge here. */
static void look_before(struct handover *h)
{
	enum word w = channel_hear(h->before);
	if (w == WORD_NONE)
		return;
	node_accept(h->node);
	if (w != WORD_END)
		return;
	log_info("taken_over");
	notify_ready(); /* a service manager listens to the main process, which this is by now */
	close(h->before);
	h->before = -1;
}

/* ---- the fiber ---- */

static void signal_came(struct watch *w, unsigned ready)
{
	struct handover *h = (struct handover *)((char *)w - offsetof(struct handover, watch));
	struct signalfd_siginfo info;
	if (!(ready & READY_READ))
		return;
	while (read(w->fd, &info, sizeof info) > 0)
		;
	atomic_store(&h->asked, true);
	wake(&h->due);
}

/* Three on one store are one too many: who is asked before the one before has ended waits for that. */
static void run(void *arg)
{
	struct handover *h = arg;
	err e = DONE;
	if (h->before >= 0)
		channel_say(h->before, WORD_READY);
	while (!stopping(h) && !h->over && e.code != ERR_CANCELED) {
		if (h->before >= 0)
			look_before(h);
		if (h->before < 0 && atomic_exchange(&h->asked, false)) {
			hand_over(h);
			continue;
		}
		struct wait w[] = { { .fd = h->before, .ready = READY_READ },
			            { .waker = &h->due } };
		e = wait_any(w, 2, NEVER);
	}
	watch_remove(&h->watch);
	wake(&h->done);
}

void handover_start(struct handover *h, struct loop *loop, struct node *n)
{
	h->node = n;
	h->watch = (struct watch){ .fd = h->signals, .fn = signal_came };
	must(!watch_add(loop, &h->watch).code);
	must(!fiber_start(loop, run, h).code); /* the first of this loop, or nearly */
	h->started = true;
}

void handover_stop(struct handover *h)
{
	if (h->started) {
		atomic_store(&h->stopping, true);
		wake(&h->due);
		wait_end(&h->done);
	}
	h->started = false;
	if (h->signals >= 0)
		close(h->signals);
	h->signals = -1;
}

bool handover_is_over(const struct handover *h) { return h->over; }
