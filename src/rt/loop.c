/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of rt/loop.h: a turn waits, then serves posts, timers, descriptors and ready fibers.
 * The bell (an eventfd) is rung only for a loop that sleeps, once a sleep, and is never read: it is
 * watched edge-triggered like everything else.
 * Source: epoll(7), eventfd(2). */
#include "rt/inside.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static _Thread_local struct loop *self;

/* Never inlined: a fiber of the thread back end has thread-locals of its own. */
__attribute__((noinline)) struct loop *loop_self(void) { return self; }
__attribute__((noinline)) void loop_set_self(struct loop *l) { self = l; }

int64_t loop_now_ms(const struct loop *l) { return l->now_ms; }
int64_t loop_utc_ms(const struct loop *l) { return l->utc_ms; }

void **loop_slot(struct loop *l, enum loop_slot slot) { return &l->slots[slot]; }

void *rt_alloc(size_t size)
{
	void *p = calloc(1, size);
	must(p);
	return p;
}

void *rt_grow(void *v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	*cap = *cap ? *cap * 2 : 64;
	v = realloc(v, *cap * size);
	must(v);
	return v;
}

static void read_clocks(struct loop *l)
{
	l->now_ms = clock_mono_ns() / 1000000;
	l->utc_ms = clock_ms();
}

struct loop *loop_create(unsigned max_fibers)
{
	struct loop *l = rt_alloc(sizeof *l);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	must(l->epoll >= 0 && l->bell >= 0);
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	must(epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->bell, &e) == 0);
	pthread_mutex_init(&l->lock, NULL);
	context_init(&l->own);
	pool_create(l, max_fibers);
	read_clocks(l);
	return l;
}

/* With the lock held, so that a loop which ends after the call cannot end during it. */
static void ring(struct loop *l)
{
	if (!l->asleep)
		return;
	l->asleep = false;
	uint64_t one = 1;
	must(write(l->bell, &one, sizeof one) == sizeof one);
}

void loop_post(struct loop *l, void (*fn)(void *), void *arg)
{
	pthread_mutex_lock(&l->lock);
	l->posts.v = rt_grow(l->posts.v, l->posts.n, &l->posts.cap, sizeof *l->posts.v);
	l->posts.v[l->posts.n++] = (struct post){ fn, arg };
	ring(l);
	pthread_mutex_unlock(&l->lock);
}

void loop_woken(struct loop *l, struct fiber *f)
{
	pthread_mutex_lock(&l->lock);
	if (!f->woken) {
		f->woken = true;
		f->next_woken = l->woken;
		l->woken = f;
		ring(l);
	}
	pthread_mutex_unlock(&l->lock);
}

static void stop(void *arg) { ((struct loop *)arg)->stopped = true; }
void loop_stop(struct loop *l) { loop_post(l, stop, l); }

/* Milliseconds to sleep.  Once asleep is set, whoever posts rings the bell. */
static int sleep_ms(struct loop *l)
{
	if (l->run_head)
		return 0;
	pthread_mutex_lock(&l->lock);
	l->asleep = !l->posts.n && !l->woken;
	bool asleep = l->asleep;
	pthread_mutex_unlock(&l->lock);
	if (!asleep)
		return 0;
	if (!l->n_timers)
		return -1;
	int64_t left = l->heap[0].key_ms - clock_mono_ns() / 1000000;
	return left <= 0 ? 0 : left < 3600000 ? (int)left : 3600000;
}

static void take_posts(struct loop *l)
{
	struct posts empty = l->running_posts;
	pthread_mutex_lock(&l->lock);
	l->asleep = false;
	l->running_posts = l->posts;
	l->posts = empty;
	for (struct fiber *f = l->woken; f; f = f->next_woken) {
		f->woken = false;
		fiber_ready(f);
	}
	l->woken = NULL;
	pthread_mutex_unlock(&l->lock);
	for (size_t i = 0; i < l->running_posts.n; i++)
		l->running_posts.v[i].fn(l->running_posts.v[i].arg);
	l->running_posts.n = 0;
}

static unsigned ready_of(uint32_t events)
{
	unsigned r = 0;
	if (events & EPOLLIN)
		r |= READY_READ;
	if (events & EPOLLOUT)
		r |= READY_WRITE;
	if (events & EPOLLRDHUP)
		r |= READY_READ | READY_HUP;
	if (events & (EPOLLHUP | EPOLLERR))
		r |= READY_READ | READY_WRITE | READY_HUP | READY_BROKEN;
	return r;
}

static void turn(struct loop *l)
{
	int n = epoll_wait(l->epoll, l->events, EVENTS, sleep_ms(l));
	l->n_events = n > 0 ? n : 0; /* posts and timers may remove watches, too */
	l->next_event = 0;
	read_clocks(l);
	take_posts(l);
	timers_run(l);
	while (l->next_event < l->n_events) {
		const struct epoll_event *e = &l->events[l->next_event++];
		struct watch *w = e->data.ptr;
		if (w)
			w->fn(w, ready_of(e->events));
	}
	l->n_events = 0;
	fibers_run(l);
}

void loop_run(struct loop *l)
{
	must(!self);
	loop_set_self(l);
	l->running = true;
	while (!l->stopped)
		turn(l);
	l->stopped = l->running = false;
	loop_set_self(NULL);
}

void loop_destroy(struct loop **loop)
{
	struct loop *l = *loop;
	if (!l)
		return;
	*loop = NULL;
	must(!self && !l->running);
	loop_set_self(l);
	l->running = l->ending = true;
	fibers_cancel(l);
	while (fibers_alive(l) || l->n_away)
		turn(l);
	loop_set_self(NULL);
	pthread_mutex_lock(&l->lock); /* whoever posted last is out of it */
	pthread_mutex_unlock(&l->lock);
	if (l->bio)
		l->free_bio(l);
	pool_destroy(l);
	context_destroy(&l->own);
	pthread_mutex_destroy(&l->lock);
	close(l->epoll);
	close(l->bell);
	free(l->heap);
	free(l->posts.v);
	free(l->running_posts.v);
	free(l);
}

err watch_add(struct loop *l, struct watch *w)
{
	uint32_t events = w->shared ? EPOLLIN | EPOLLET | EPOLLEXCLUSIVE
	                            : EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
	struct epoll_event e = { .events = events, .data.ptr = w };
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, w->fd, &e) < 0)
		return FAIL(ERR_IO);
	w->loop = l;
	return DONE;
}

/* Also forgets what this turn has still to tell about it.  (Closing alone would not do: a child that
 * has not yet called exec holds the descriptor and with it the registration.) */
void watch_remove(struct watch *w)
{
	struct loop *l = w->loop;
	if (!l)
		return;
	w->loop = NULL;
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, &(struct epoll_event){ 0 });
	for (int i = l->next_event; i < l->n_events; i++)
		if (l->events[i].data.ptr == w)
			l->events[i].data.ptr = NULL;
}
