/* SPDX-License-Identifier: Apache-2.0 */
/* Two loops on one socket: whoever accepts, connections are spread evenly, and what waits in the queue is
 * taken up by who is told to look.
 * Source: http/server.h, http_servers_balance(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/http/loopback.h"

enum { LOOPS = 2 };

static struct {
	struct loop_thread threads[LOOPS];
	struct http_server *servers[LOOPS];
	struct http_connections seen[LOOPS];
	int fd;
	unsigned port;
} t;

static void handle(struct http_call *call)
{
	struct message *m = message_response(call->arena, 200);
	(void)!http_answer(call, m, NEVER).code;
}

static void each(void (*fn)(void *))
{
	static const size_t at[LOOPS] = { 0, 1 };
	for (size_t i = 0; i < LOOPS; i++)
		on_loop(t.threads[i].loop, false, fn, (void *)&at[i]);
}

static void make(void *at)
{
	struct http_server_conf conf = { .handle = handle, .limits = http_limits_default() };
	size_t i = *(const size_t *)at;
	t.servers[i] = http_serve(t.threads[i].loop, t.fd, NULL, &conf);
}
static void accept_all(void *at)
{
	if (http_server_accept(t.servers[*(const size_t *)at]).code)
		abort();
}
static void drain(void *at) { http_server_drain(t.servers[*(const size_t *)at]); }
static void look(void *at)
{
	t.seen[*(const size_t *)at] = http_server_connections(t.servers[*(const size_t *)at]);
}
static void end(void *at)
{
	http_server_close(&t.servers[*(const size_t *)at]);
	http_pool_drain(t.threads[*(const size_t *)at].loop);
}

static uint64_t open_now(void)
{
	each(look);
	return t.seen[0].open + t.seen[1].open;
}

static void wait_for(uint64_t n)
{
	for (int i = 0; i < PATIENCE_MS && open_now() != n; i++)
		sleep_a_while(1);
	assert_int_equal(open_now(), n);
}

/* So many clients; how far apart the two loops may be. */
static const struct { size_t clients, apart; } rows[] = { { 1, 1 }, { 2, 0 }, { 4, 0 }, { 5, 1 }, { 16, 2 }, { 100, 14 } };

static void spreads(void **state)
{
	int fds[100];
	(void)state;
	for (size_t r = 0; r < 20 * sizeof rows / sizeof *rows; r++) {
		size_t n = rows[r / 20].clients;
		for (size_t i = 0; i < n; i++)
			fds[i] = dial(t.port);
		wait_for(n);
		size_t apart = (size_t)llabs((long long)t.seen[0].open - (long long)t.seen[1].open);
		if (apart > rows[r / 20].apart)
			fail_msg("%zu clients: %zu and %zu", n, (size_t)t.seen[0].open, (size_t)t.seen[1].open);
		for (size_t i = 0; i < n; i++)
			close(fds[i]);
		wait_for(0);
	}
}

static void goes_on_after_a_drain(void **state)
{
	(void)state;
	int before = dial(t.port);
	wait_for(1);
	each(drain);
	int waiting = dial(t.port); /* the queue holds it */
	sleep_a_while(20);
	assert_int_equal(open_now(), 1);
	each(accept_all);
	wait_for(2);
	close(before);
	close(waiting);
	wait_for(0);
}

static int begin(void **state)
{
	(void)state;
	t.fd = listen_any(&t.port);
	for (size_t i = 0; i < LOOPS; i++)
		loop_thread_start(&t.threads[i], 100);
	each(make);
	http_servers_balance(t.servers, LOOPS);
	each(accept_all);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	each(drain);
	each(end);
	for (size_t i = 0; i < LOOPS; i++)
		loop_thread_end(&t.threads[i]);
	close(t.fd);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spreads),
		cmocka_unit_test(goes_on_after_a_drain),
	};
	return cmocka_run_group_tests(tests, begin, finish);
}
