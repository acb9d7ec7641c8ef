/* SPDX-License-Identifier: Apache-2.0 */
/* For tests with sockets: a loop on a thread of its own, and blocking sockets with time limits here.
 * Asserts stay on the test's own stack; what a fiber saw is handed over in a struct.
 * Source: house. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/diag.h"
#include "http/client.h"
#include "http/server.h"

enum { PATIENCE_MS = 10000 };

struct loop_thread {
	struct loop *loop;
	pthread_t thread;
};

static inline void *loop_thread_main(void *arg)
{
	struct loop_thread *t = arg;
	loop_run(t->loop);
	return NULL;
}

static inline void loop_thread_start(struct loop_thread *t, unsigned max_fibers)
{
	signal(SIGPIPE, SIG_IGN);
	t->loop = loop_create(max_fibers);
	assert_int_equal(pthread_create(&t->thread, NULL, loop_thread_main, t), 0);
}

static inline void loop_thread_end(struct loop_thread *t)
{
	loop_stop(t->loop);
	pthread_join(t->thread, NULL);
	loop_destroy(&t->loop);
}

/* Runs fn(arg) on the loop, outside or in a fiber, and waits for it. */
struct errand {
	struct loop *loop;
	void (*fn)(void *);
	void *arg;
	sem_t done;
};
static inline void errand_run(void *arg)
{
	struct errand *e = arg;
	e->fn(e->arg);
	sem_post(&e->done);
}
static inline void errand_fiber(void *arg)
{
	struct errand *e = arg;
	if (fiber_start(e->loop, errand_run, e).code)
		abort();
}
static inline void on_loop(struct loop *l, bool fiber, void (*fn)(void *), void *arg)
{
	struct errand e = { .loop = l, .fn = fn, .arg = arg };
	sem_init(&e.done, 0, 0);
	loop_post(l, fiber ? errand_fiber : errand_run, &e);
	while (sem_wait(&e.done) < 0)
		assert_int_equal(errno, EINTR);
	sem_destroy(&e.done);
}

static inline int listen_any(unsigned *port)
{
	struct arena *a = arena_create(0, 0);
	struct diag d = { .arena = a };
	int fd;
	if (sock_listen(S("127.0.0.1:0"), &fd, &d).code)
		fail_msg("%.*s", STR(diag_text(a, &d)));
	*port = sock_listen_port(fd);
	arena_destroy(&a);
	return fd;
}

static inline int dial(unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = { .tv_sec = PATIENCE_MS / 1000 };
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	return fd;
}

static inline int accept_one(int listener)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	struct timeval limit = { .tv_sec = PATIENCE_MS / 1000 };
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	int flags = 0;
	ioctl(fd, FIONBIO, &flags);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	return fd;
}

/* All of it, unless the other side is gone. */
static inline bool say(int fd, str s)
{
	while (s.n) {
		ssize_t r = send(fd, s.p, s.n, MSG_NOSIGNAL);
		if (r <= 0)
			return false;
		s = str_sub(s, (size_t)r, STR_NPOS);
	}
	return true;
}

struct heard {
	str text;
	bool closed;
};

/* Date lines are left out. */
static inline str undated(struct arena *a, str s)
{
	struct buf b = buf_in(a);
	for (size_t at; (at = str_find(s, S("Date: "))) != STR_NPOS;) {
		buf_add(&b, str_sub(s, 0, at));
		s = str_sub(s, at, STR_NPOS);
		size_t end = str_find(s, S("\r\n"));
		s = end == STR_NPOS ? S("") : str_sub(s, end + 2, STR_NPOS);
	}
	buf_add(&b, s);
	return buf_str(&b);
}

/* Until n bytes (without dates) came, or the end. */
static inline struct heard hear(struct arena *a, int fd, size_t n)
{
	struct buf all = buf_in(a);
	struct heard h = { S(""), false };
	while (h.text.n < n && !h.closed) {
		ssize_t r = recv(fd, buf_room(&all, 65536), 65536, 0);
		if (r < 0 && errno == EAGAIN)
			break;
		h.closed = r <= 0;
		all.n += r > 0 ? (size_t)r : 0;
		h.text = undated(a, buf_str(&all));
	}
	return h;
}

static inline bool closed_soon(int fd)
{
	char byte;
	return recv(fd, &byte, 1, 0) == 0;
}

static inline bool quiet(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, ms) == 0;
}

static inline void sleep_a_while(int ms)
{
	poll(NULL, 0, ms);
}
