/* SPDX-License-Identifier: Apache-2.0 */
/* The server and its clients: slow ones, those that leave or do not read, too many, and how all of it ends.
 * What a client does to itself, no other feels.
 * Source: RFC 9112, http/server.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/http/composed.h"

/* ---- clocks ---- */

static void slow_heads(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct http_limits l = small();
	l.head_ms = 150;
	l.idle_ms = 100;
	l.io_ms = 500;
	start(l, 100);
	int part = dial(t.port), silent = dial(t.port), idle = dial(t.port), body = dial(t.port);
	say(part, S("GET / HT"));
	say(idle, S(GET("/")));
	say(body, S("POST /swallow HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhel"));
	assert_true(str_eq(hear(a, idle, strlen(OK(2, "hi"))).text, S(OK(2, "hi"))));
	struct heard h = hear(a, part, 1000);
	assert_true(str_starts(h.text, S("HTTP/1.1 408 Request Timeout\r\n")));
	assert_true(str_has(h.text, S("Connection: close\r\n")));
	assert_true(h.closed);
	assert_true(closed_soon(silent)); /* nothing was asked: nothing is answered */
	assert_true(closed_soon(idle));
	h = hear(a, body, 1000);
	assert_true(str_starts(h.text, S("HTTP/1.1 408 ")));
	assert_int_equal(seen.body_timeout, 1);
	close(part), close(silent), close(idle), close(body);
	stop();
	arena_destroy(&a);
}

/* A head that drips in within its time is served; the clock starts with its first byte. */
static void dripping(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct http_limits l = small();
	l.head_ms = 5000;
	l.idle_ms = 100;
	start(l, 100);
	int fd = dial(t.port);
	str in = S(GET("/"));
	for (size_t i = 0; i < in.n; i += 5) {
		say(fd, str_sub(in, i, i + 5));
		sleep_a_while(20);
	}
	assert_true(str_eq(hear(a, fd, strlen(OK(2, "hi"))).text, S(OK(2, "hi"))));
	close(fd);
	stop();
	arena_destroy(&a);
}

/* ---- clients that leave ---- */

static bool comes_true(const _Atomic int *what, int value)
{
	for (int i = 0; i < PATIENCE_MS / 5; i++) {
		if (*what == value)
			return true;
		sleep_a_while(5);
	}
	return false;
}

static void leaving(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	start(small(), 100);
	int fd = dial(t.port); /* gone while the handler waits: the handler is told */
	say(fd, S(GET("/long")));
	assert_true(comes_true(&seen.running, 1));
	close(fd);
	assert_true(comes_true(&seen.finished, 1));
	assert_int_equal(seen.canceled, 1);
	fd = dial(t.port); /* its half is closed, and it said that nothing more comes: it listens */
	say(fd, S("GET /slow HTTP/1.1\r\n" H "Connection: close\r\n\r\n"));
	shutdown(fd, SHUT_WR);
	assert_true(str_eq(hear(a, fd, 1000).text, S(OK_CLOSE(2, "hi"))));
	close(fd);
	fd = dial(t.port); /* gone in the middle of its body */
	say(fd, S("POST /swallow HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhel"));
	assert_true(comes_true(&seen.running, 1));
	close(fd);
	assert_true(comes_true(&seen.finished, 3));
	fd = dial(t.port); /* gone in the middle of an answer */
	say(fd, S(GET("/big")));
	assert_true(hear(a, fd, 100000).text.n >= 100000);
	close(fd);
	assert_true(comes_true(&seen.finished, 4));
	assert_int_equal(seen.running, 0);
	stop();
	arena_destroy(&a);
}

/* ---- limits ---- */

static void connections(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct http_limits l = small();
	l.max_connections = 2;
	start(l, 100);
	int fd[3];
	for (int i = 0; i < 3; i++) {
		fd[i] = dial(t.port);
		say(fd[i], S(GET("/")));
		if (i < 2)
			assert_true(str_eq(hear(a, fd[i], strlen(OK(2, "hi"))).text, S(OK(2, "hi"))));
	}
	assert_true(quiet(fd[2], 100));
	close(fd[0]);
	assert_true(str_eq(hear(a, fd[2], strlen(OK(2, "hi"))).text, S(OK(2, "hi"))));
	close(fd[1]), close(fd[2]);
	stop();
	arena_destroy(&a);
}

static void fibers(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	start(small(), 2);
	int fd[3];
	for (int i = 0; i < 2; i++) {
		fd[i] = dial(t.port);
		say(fd[i], S(GET("/long")));
		assert_true(comes_true(&seen.running, i + 1));
	}
	fd[2] = dial(t.port);
	say(fd[2], S(GET("/")));
	struct heard h = hear(a, fd[2], 1000);
	assert_true(str_starts(h.text, S("HTTP/1.1 503 Service Unavailable\r\n")));
	assert_true(h.closed);
	close(fd[0]), close(fd[1]), close(fd[2]);
	assert_true(comes_true(&seen.finished, 2));
	stop();
	arena_destroy(&a);
}

/* ---- large bodies ---- */

static void *send_large(void *arg)
{
	int fd = *(int *)arg;
	static char block[65536];
	memset(block, 'y', sizeof block);
	say(fd, S("POST /swallow HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"));
	for (int i = 0; i < 320; i++) {
		say(fd, S("10000\r\n"));
		say(fd, str_from(block, sizeof block));
		say(fd, S("\r\n"));
	}
	say(fd, S("0\r\n\r\n" GET("/big")));
	return NULL;
}

static void large(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	start(small(), 100);
	int fd = dial(t.port);
	pthread_t sender;
	pthread_create(&sender, NULL, send_large, &fd);
	struct heard h = hear(a, fd, strlen(OK(8, "20971520")));
	assert_true(str_starts(h.text, S(OK(8, "20971520"))));
	static char block[1 << 16];
	size_t all = h.text.n, want = strlen(OK(8, "20971520")) + (20 << 20);
	sleep_a_while(50); /* the server has to wait for us */
	while (all < want) {
		ssize_t r = recv(fd, block, sizeof block, 0);
		assert_true(r > 0);
		all += (size_t)r;
	}
	pthread_join(sender, NULL);
	close(fd);
	stop();
	arena_destroy(&a);
}

/* Who takes nothing for io_ms is let go; who takes a little now and then is not. */
static void slow_readers(void **state)
{
	(void)state;
	struct http_limits l = small();
	l.io_ms = 500;
	start(l, 100);
	int fd = dial(t.port), little = dial(t.port), finished = seen.finished;
	static char block[1 << 20];
	say(fd, S(GET("/big")));
	assert_true(comes_true(&seen.finished, finished + 1));
	say(little, S(GET("/big")));
	for (int i = 0; i < 10; i++) {
		sleep_a_while(100); /* a busy machine may make four times that of it */
		assert_true(recv(little, block, sizeof block, MSG_WAITALL) == sizeof block);
	}
	assert_int_equal(seen.running, 1);
	close(fd), close(little);
	stop();
}

/* ---- the end ---- */

static void drain(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	start(small(), 100);
	int idle = dial(t.port), busy = dial(t.port), part = dial(t.port), kept = dial(t.port);
	say(idle, S(GET("/")));
	assert_true(str_eq(hear(a, idle, strlen(OK(2, "hi"))).text, S(OK(2, "hi"))));
	say(kept, S(GET("/")));
	assert_true(str_eq(hear(a, kept, strlen(OK(2, "hi"))).text, S(OK(2, "hi"))));
	say(busy, S(GET("/slow")));
	assert_true(comes_true(&seen.running, 1));
	say(part, S("GET / HTTP/1.1\r\n"));
	sleep_a_while(20);
	on_loop(t.thread.loop, false, drain_server, NULL);
	say(kept, S(GET("/"))); /* it may have been on its way when the drain began */
	assert_true(str_eq(hear(a, kept, 1000).text, S(OK_CLOSE(2, "hi"))));
	say(idle, S(GET("/")));
	assert_true(str_eq(hear(a, idle, 1000).text, S(OK_CLOSE(2, "hi"))));
	assert_true(str_eq(hear(a, busy, 1000).text, S(OK_CLOSE(2, "hi"))));
	say(part, S(H "\r\n"));
	assert_true(str_eq(hear(a, part, 1000).text, S(OK_CLOSE(2, "hi"))));
	close(idle), close(busy), close(part), close(kept);
	bool gone = false;
	for (int i = 0; i < 200 && !gone; i++) {
		on_loop(t.thread.loop, false, look_idle, &gone);
		sleep_a_while(5);
	}
	assert_true(gone);
	stop();
	arena_destroy(&a);
}

static void close_while_running(void **state)
{
	(void)state;
	start(small(), 100);
	int busy = dial(t.port), reading = dial(t.port);
	say(busy, S(GET("/long")));
	say(reading, S("POST /swallow HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhel"));
	assert_true(comes_true(&seen.running, 2));
	on_loop(t.thread.loop, false, close_server, NULL);
	assert_true(comes_true(&seen.finished, 2));
	assert_int_equal(seen.canceled, 1);
	stop();
	close(busy), close(reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_heads),
		cmocka_unit_test(dripping),
		cmocka_unit_test(leaving),
		cmocka_unit_test(connections),
		cmocka_unit_test(fibers),
		cmocka_unit_test(large),
		cmocka_unit_test(slow_readers),
		cmocka_unit_test(drain),
		cmocka_unit_test(close_while_running),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
