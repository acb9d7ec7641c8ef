/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway on real sockets and loops, over a store and a compiler of the test's own: what is served,
 * what a change does while requests run, what is logged and counted, how it ends.
 * Source: house ("the walk of a request", "control plane"). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "unit/gateway/faked.h"

/* ---- a client ---- */

static unsigned port;

static int dial(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct timeval limit = { .tv_sec = 10 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return connect(fd, (struct sockaddr *)&a, sizeof a) ? -1 : fd;
}

/* Sends, reads one answer with a Content-Length; NULL when the connection ended. */
static const char *talk(int fd, const char *text, char *answer, size_t size)
{
	size_t n = 0;
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return NULL;
	for (;;) {
		ssize_t got = recv(fd, answer + n, size - 1 - n, 0);
		if (got <= 0)
			return NULL;
		answer[n += (size_t)got] = 0;
		char *end = strstr(answer, "\r\n\r\n"), *length = strcasestr(answer, "content-length: ");
		if (end && (!length || n >= (size_t)(end + 4 - answer) + strtoul(length + 16, NULL, 10)))
			return answer;
	}
}

static void expect(const char *host, const char *path, unsigned status, const char *body)
{
	char text[512], answer[4096], line[32];
	int fd = dial();
	assert_true(fd >= 0);
	snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host);
	assert_non_null(talk(fd, text, answer, sizeof answer));
	close(fd);
	snprintf(line, sizeof line, "HTTP/1.1 %u ", status);
	if (strncmp(answer, line, strlen(line)) != 0 || strcmp(strstr(answer, "\r\n\r\n") + 4, body) != 0)
		fail_msg("%s %s: %s", host, path, answer);
}

/* ---- the server ---- */

struct server {
	struct loop *loops[3]; /* two of the data plane, and control */
	pthread_t threads[3];
	struct gateway *gateway;
	char log[64];
	bool drained;
};

static void *run(void *loop)
{
	loop_run(loop);
	return NULL;
}

static unsigned free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static int setup(void **state)
{
	memset(&the, 0, sizeof the);
	pthread_mutex_init(&the.lock, NULL);
	struct server *s = *state = calloc(1, sizeof *s);
	offload_start(2);
	for (size_t i = 0; i < 3; i++) {
		s->loops[i] = loop_create(100);
		pthread_create(&s->threads[i], NULL, run, s->loops[i]);
	}
	return 0;
}

static void open_gateway(struct server *s)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	port = free_port();
	snprintf(s->log, sizeof s->log, "/tmp/gateway_test.%d.log", (int)getpid());
	char *address = arena_alloc(a, 32, 1);
	snprintf(address, 32, "127.0.0.1:%u", port);
	struct gateway_listener listener = { .name = S("default"), .address = str_from_z(address) };
	struct gateway_conf conf = {
		.loops = s->loops, .n_loops = 2, .control = s->loops[2], .listeners = &listener, .n_listeners = 1,
		.limits = http_limits_default(), .access_log = str_from_z(s->log),
	};
	if (gateway_open(&conf, &diag, &s->gateway).code)
		fail_msg("%.*s", STR(diag_text(a, &diag)));
	arena_destroy(&a);
}

static void close_gateway(struct server *s)
{
	if (s->gateway && !s->drained)
		gateway_drain(s->gateway, deadline_in(2000));
	s->drained = true;
}

static int teardown(void **state)
{
	struct server *s = *state;
	close_gateway(s); /* a test that failed has not */
	for (size_t i = 0; i < 3; i++) {
		loop_stop(s->loops[i]);
		pthread_join(s->threads[i], NULL);
	}
	gateway_close(&s->gateway);
	for (size_t i = 0; i < 3; i++)
		loop_destroy(&s->loops[i]);
	offload_stop();
	unlink(s->log);
	free(s);
	return atomic_load(&the.compiled) == atomic_load(&the.released) ? 0 : 1;
}

#define NO_PROXY(url) \
	"{\"fault\":{\"faultstring\":\"Unable to identify proxy for host: default and url: " url "\",\"detail\":{\"errorcode\":\"messaging.adaptors.http.flow.ApplicationNotFound\"}}}"

static void serves(void **state)
{
	struct server *s = *state;
	put(S("test"), "a", 1);
	open_gateway(s);
	expect("test.localhost", "/a", 200, "test/a 1");
	expect("Test.localhost:80", "/a/x?y", 200, "test/a 1");
	expect("test.localhost", "/b/c", 404, NO_PROXY("\\/b\\/c"));
	expect("stranger", "/a", 404, NO_PROXY("\\/a"));
	expect("prod.localhost", "/a", 404, NO_PROXY("\\/a"));
	expect("test.localhost", "/a/fault", 418,
	       "{\"fault\":{\"faultstring\":\"a \\\"fault\\\"\",\"detail\":{\"errorcode\":\"steps.test.Fault\"}}}");
	struct gateway_totals t = gateway_totals(s->gateway);
	for (int i = 0; t.active && i < 1000; i++, t = gateway_totals(s->gateway))
		usleep(1000); /* the client has its answer before it is counted */
	assert_int_equal(t.by_class[2], 2);
	assert_int_equal(t.by_class[4], 4);
	assert_int_equal(t.no_proxy, 3);
	assert_int_equal(t.faults, 4);
	assert_int_equal(t.active, 0);
	close_gateway(s);
}

static void follows_changes(void **state)
{
	struct server *s = *state;
	put(S("test"), "a", 1);
	open_gateway(s);
	put(S("test"), "b", 1);
	settle();
	expect("test.localhost", "/b", 200, "test/b 1");
	int compiled = atomic_load(&the.compiled);
	put(S("test"), "a", 2);
	settle();
	expect("test.localhost", "/a", 200, "test/a 2");
	expect("test.localhost", "/b", 200, "test/b 1");
	assert_int_equal(atomic_load(&the.compiled), compiled + 1); /* b was not compiled again */
	put(S("test"), "broken", 1);
	settle();
	assert_non_null(strstr(the.note, "it is broken"));
	expect("test.localhost", "/broken", 404, NO_PROXY("\\/broken"));
	expect("test.localhost", "/a", 200, "test/a 2");
	change(FEED_revision, S(""), S("proxy/a/2")); /* its files were edited */
	settle();
	assert_int_equal(atomic_load(&the.compiled), compiled + 2);
	pthread_mutex_lock(&the.lock);
	the.n = 0;
	pthread_mutex_unlock(&the.lock);
	change(FEED_deployment, S("test"), S("proxy/a/2"));
	settle();
	expect("test.localhost", "/a", 404, NO_PROXY("\\/a"));
	close_gateway(s);
}

static void environments_come_and_go(void **state)
{
	struct server *s = *state;
	put(S("prod"), "a", 3);
	open_gateway(s);
	expect("prod.localhost", "/a", 404, NO_PROXY("\\/a"));
	the.with_prod = true;
	change(FEED_environment, S("prod"), S("prod"));
	settle();
	expect("prod.localhost", "/a", 200, "prod/a 3");
	the.with_prod = false;
	change(FEED_environment, S("prod"), S("prod"));
	settle();
	expect("prod.localhost", "/a", 404, NO_PROXY("\\/a"));
	close_gateway(s);
}

static void a_store_that_is_away_comes_back(void **state)
{
	struct server *s = *state;
	open_gateway(s);
	atomic_store(&the.away, 1);
	put(S("test"), "a", 1);
	usleep(50000);
	assert_true(atomic_load(&the.done) < the.seq);
	atomic_store(&the.away, 0);
	settle();
	expect("test.localhost", "/a", 200, "test/a 1");
	close_gateway(s);
}

/* Keep-alive clients that never stop, while what they call is deployed over and over. */
static _Atomic(bool) enough;
static _Atomic(long) asked, wrong;

static void *ask(void *unused)
{
	(void)unused;
	char answer[1024];
	int fd = dial();
	while (!atomic_load(&enough)) {
		if (!talk(fd, "GET /a HTTP/1.1\r\nHost: test.localhost\r\n\r\n", answer, sizeof answer) ||
		    !strstr(answer, "test/a ") || strncmp(answer, "HTTP/1.1 200", 12) != 0)
			atomic_fetch_add(&wrong, 1);
		atomic_fetch_add(&asked, 1);
	}
	close(fd);
	return NULL;
}

static void not_one_request_fails_while_it_is_deployed(void **state)
{
	struct server *s = *state;
	pthread_t clients[4];
	put(S("test"), "a", 1);
	open_gateway(s);
	atomic_store(&enough, false);
	for (size_t i = 0; i < COUNT(clients); i++)
		pthread_create(&clients[i], NULL, ask, NULL);
	for (int64_t revision = 2; revision < 120; revision++) {
		put(S("test"), "a", revision);
		settle();
		char want[32];
		snprintf(want, sizeof want, "test/a %d", (int)revision);
		expect("test.localhost", "/a", 200, want);
	}
	atomic_store(&enough, true);
	for (size_t i = 0; i < COUNT(clients); i++)
		pthread_join(clients[i], NULL);
	assert_int_equal(atomic_load(&wrong), 0);
	assert_true(atomic_load(&asked) > 100);
	close_gateway(s);
}

static void logs_a_line_a_request(void **state)
{
	struct server *s = *state;
	char line[2048];
	put(S("test"), "a", 1);
	open_gateway(s);
	expect("test.localhost", "/a/x?secret=1", 200, "test/a 1");

	expect("test.localhost", "/a/fault", 418,
	       "{\"fault\":{\"faultstring\":\"a \\\"fault\\\"\",\"detail\":{\"errorcode\":\"steps.test.Fault\"}}}");
	close_gateway(s);
	FILE *f = fopen(s->log, "r");
	assert_non_null(f);
	static const char *const parts[][3] = {
		{ "\"client\":\"127.0.0.1\",\"org\":\"acme\",\"env\":\"test\",\"vhost\":\"default\",\"proxy\":\"a\",\"revision\":\"1\"",
		  "\"verb\":\"GET\",\"path\":\"/a/x\",\"status\":200,\"bytes\":", "\"ms\":" },
		{ "\"status\":418", "\"fault\":\"steps.test.Fault\"", "\"time\":\"20" },
	};
	for (size_t i = 0; i < COUNT(parts); i++) {
		bool found = false;
		rewind(f);
		while (fgets(line, sizeof line, f)) {
			assert_null(strstr(line, "secret"));
			assert_memory_equal(line + strlen(line) - 2, "}\n", 2);
			found |= strstr(line, parts[i][0]) && strstr(line, parts[i][1]) && strstr(line, parts[i][2]);
		}
		assert_true(found);
	}
	fclose(f);
}

static void drains(void **state)
{
	struct server *s = *state;
	char answer[1024];
	put(S("test"), "a", 1);
	open_gateway(s);
	int idle = dial(), busy = dial();
	assert_non_null(talk(idle, "GET /a HTTP/1.1\r\nHost: test.localhost\r\n\r\n", answer, sizeof answer));
	static const char slow[] = "GET /a/wait HTTP/1.1\r\nHost: test.localhost\r\n\r\n";
	assert_int_equal(send(busy, slow, sizeof slow - 1, 0), sizeof slow - 1);
	usleep(50000);
	close_gateway(s);
	ssize_t n = recv(busy, answer, sizeof answer - 1, 0);
	assert_true(n > 0);
	answer[n] = 0;
	assert_non_null(strstr(answer, "test/a 1"));
	assert_non_null(strcasestr(answer, "connection: close"));
	assert_int_equal(recv(idle, answer, sizeof answer, 0), 0);
	close(idle);
	close(busy);
	assert_true(dial() < 0);
}

static void says_why_it_cannot_listen(void **state)
{
	struct server *s = *state;
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	struct gateway_listener listener = { .name = S("default"), .address = S("203.0.113.1:80") };
	struct gateway_conf conf = { .loops = s->loops, .n_loops = 2, .control = s->loops[2], .listeners = &listener,
		                     .n_listeners = 1, .limits = http_limits_default() };
	assert_int_equal(gateway_open(&conf, &diag, &s->gateway).code, ERR_IO);
	assert_true(str_has(diag_text(a, &diag), S("203.0.113.1")));
	close_gateway(s);
	arena_destroy(&a);
}

int main(void)
{
	log_set_level(LOG_ERROR);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(serves, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(environments_come_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(a_store_that_is_away_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(not_one_request_fails_while_it_is_deployed, setup, teardown),
		cmocka_unit_test_setup_teardown(logs_a_line_a_request, setup, teardown),
		cmocka_unit_test_setup_teardown(drains, setup, teardown),
		cmocka_unit_test_setup_teardown(says_why_it_cannot_listen, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
