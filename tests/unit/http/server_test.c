/* SPDX-License-Identifier: Apache-2.0 */
/* The server over loopback sockets: a row is what a client sends and what it must read.
 * Every row is also sent byte by byte: the answer is the same.
 * Source: RFC 9112, http/server.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/http/served.h"

/* ---- the handler: the path says what to do ---- */

static struct {
	_Atomic int canceled, body_failed, body_timeout, finished, running;
} seen;

static void note_body(err e)
{
	seen.body_failed += e.code == ERR_IO;
	seen.body_timeout += e.code == ERR_TIMEOUT;
}

/* Reads the body piece by piece and says how long it was. */
static void swallow(struct http_call *call, struct message *m)
{
	size_t all = 0;
	for (str piece = S("-"); piece.n;) {
		err e = body_read(&call->request->body, &piece, NEVER);
		note_body(e);
		if (e.code) {
			m->status = e.code == ERR_SYNTAX ? 400 : 408;
			break;
		}
		all += piece.n;
	}
	message_set_content(call->arena, m, str_fmt(call->arena, "%zu", all), STR_NONE);
}

static void echo(struct http_call *call, struct message *m)
{
	str all;
	err e = message_content(call->arena, call->request, 1 << 20, NEVER, &all);
	note_body(e);
	m->status = e.code == ERR_NONE ? 200 : e.code == ERR_LIMIT ? 413 : 400;
	message_set_content(call->arena, m, all, STR_NONE);
}

static void compose(struct http_call *call, struct message *m)
{
	struct arena *a = call->arena;
	str path = call->request->path;
	if (str_eq(path, S("/echo")))
		echo(call, m);
	else if (str_eq(path, S("/swallow")))
		swallow(call, m);
	else if (str_eq(path, S("/204")))
		m->status = 204;
	else if (str_eq(path, S("/304")))
		m->status = 304, headers_add(a, &m->headers, S("Content-Length"), S("77"));
	else if (str_eq(path, S("/stream")))
		m->body = counter(call, 5, 3, ERR_NONE, -1);
	else if (str_eq(path, S("/sized")))
		m->body = counter(call, 5, 3, ERR_NONE, 5);
	else if (str_eq(path, S("/breaks")))
		m->body = counter(call, 5, 3, ERR_IO, -1);
	else if (str_eq(path, S("/short")))
		m->body = counter(call, 5, 3, ERR_NONE, 6);
	else if (str_eq(path, S("/big")))
		m->body = counter(call, 20 << 20, 65536, ERR_NONE, -1);
	else if (str_eq(path, S("/close")))
		headers_add(a, &m->headers, S("Connection"), S("close"));
	else if (str_eq(path, S("/split")))
		headers_add(a, &m->headers, S("X"), S("a\r\nY: b"));
	else if (str_eq(path, S("/badname")))
		headers_add(a, &m->headers, S("X\r\n"), S("a"));
	else
		message_set_content(a, m, S("hi"), STR_NONE);
}

static void handle(struct http_call *call)
{
	struct message *m = message_response(call->arena, 200);
	seen.running++;
	if (str_eq(call->request->path, S("/slow"))) {
		err e = wait_until(deadline_in(300));
		seen.canceled += e.code == ERR_CANCELED;
	}
	if (str_eq(call->request->path, S("/long"))) {
		err e = wait_until(deadline_in(PATIENCE_MS));
		seen.canceled += e.code == ERR_CANCELED;
	}
	compose(call, m);
	m->reason = http_reason(m->status);
	if (!str_eq(call->request->path, S("/silent"))) {
		err e = http_answer(call, m, NEVER);
		(void)e;
	}
	seen.running--;
	seen.finished++;
}

static void look_idle(void *idle) { *(bool *)idle = http_server_idle(t.server); }

static void start(struct http_limits limits, unsigned max_fibers)
{
	memset(&seen, 0, sizeof seen);
	server_start(limits, max_fibers, false);
}

/* ---- rows ---- */

#define H "Host: a\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" H "\r\n"
#define OK(n, body) "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\n\r\n" body
#define OK_CLOSE(n, body) "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\nConnection: close\r\n\r\n" body
#define REFUSED(status, n, text) \
	"HTTP/1.1 " status "\r\nContent-Type: text/plain\r\nContent-Length: " #n "\r\nConnection: close\r\n\r\n" text "\n"

static const struct { const char *in, *out; bool closed; } rows[] = {
	{ GET("/"), OK(2, "hi"), false },
	{ "\r\n" GET("/"), OK(2, "hi"), false },
	{ GET("/") GET("/204") GET("/sized"), OK(2, "hi") "HTTP/1.1 204 No Content\r\n\r\n" OK(5, "xxxxx"), false },
	{ "HEAD / HTTP/1.1\r\n" H "\r\n" GET("/"), OK(2, "") OK(2, "hi"), false },
	{ "HEAD /stream HTTP/1.1\r\n" H "\r\n" GET("/"), "HTTP/1.1 200 OK\r\n\r\n" OK(2, "hi"), false },
	{ "HEAD /sized HTTP/1.1\r\n" H "\r\n" GET("/"), OK(5, "") OK(2, "hi"), false },
	{ GET("/304"), "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n", false },
	{ GET("/none"), OK(2, "hi"), false },
	{ "GET / HTTP/1.0\r\n\r\n", OK_CLOSE(2, "hi"), true },
	{ "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi", false },
	{ "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n", OK_CLOSE(2, "hi"), true },
	{ "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n" GET("/"), OK_CLOSE(2, "hi"), true },
	{ GET("/close") GET("/"), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", true },
	{ GET("/stream") GET("/"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxxx\r\n2\r\nxx\r\n0\r\n\r\n" OK(2, "hi"), false },
	{ "GET /stream HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nxxxxx", true },
	{ GET("/breaks") GET("/"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxxx\r\n2\r\nxx\r\n", true },
	{ GET("/short") GET("/"), "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nxxxxx", true },
	{ GET("/split"), "HTTP/1.1 200 OK\r\nX: a  Y: b\r\nContent-Length: 0\r\n\r\n", false },
	{ GET("/badname"), REFUSED("500 Internal Server Error", 29, "the request was not answered"), true },
	{ GET("/silent"), REFUSED("500 Internal Server Error", 29, "the request was not answered"), true },
	/* bodies */
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello", OK(5, "hello"), false },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n" GET("/"), OK(0, "") OK(2, "hi"), false },
	{ "POST /echo HTTP/1.1\r\n" H "\r\n" GET("/"), OK(0, "") OK(2, "hi"), false },
	{ "POST /swallow HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello" GET("/"), OK(1, "5") OK(2, "hi"), false },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nT: u\r\n\r\n" GET("/"), OK(6, "hello!") OK(2, "hi"), false },
	{ "POST /swallow HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n" GET("/"), OK(1, "6") OK(2, "hi"), false },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" GET("/"), OK(0, "") OK(2, "hi"), false },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nx\r\n", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", true },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", true },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello" GET("/"), OK(2, "hi") OK(2, "hi"), false }, /* unread */
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" GET("/"), OK(2, "hi") OK(2, "hi"), false },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 1000000\r\n\r\nhello", OK_CLOSE(2, "hi"), true },
	{ "POST / HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", OK_CLOSE(2, "hi"), true },
	{ "POST /echo HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n", OK(0, ""), false },
	/* refused by the server itself */
	{ "GET / HTTP/1.1\r\n\r\n", REFUSED("400 Bad Request", 16, "Host is missing"), true },
	{ GET("/") "x\r\n\r\n", OK(2, "hi") REFUSED("400 Bad Request", 24, "the method is malformed"), true },
	{ "GET / HTTP/1.1\r\n" H "Expect: x\r\n\r\n", REFUSED("417 Expectation Failed", 34, "Expect asks for something unknown"), true },
	{ "POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n", REFUSED("400 Bad Request", 28, "Content-Length is too large"), true },
	{ "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n", REFUSED("501 Not Implemented", 31, "Transfer-Encoding is not known"), true },
	{ "GET / HTTP/2.0\r\n\r\n", REFUSED("505 HTTP Version Not Supported", 34, "the HTTP version is not supported"), true },
#define T20 "aaaaaaaaaaaaaaaaaaaa"
#define T200 T20 T20 T20 T20 T20 T20 T20 T20 T20 T20
	{ "GET /" T200 " HTTP/1.1\r\n" H "\r\n", REFUSED("414 URI Too Long", 29, "the request line is too long"), true },
	{ "GET / HTTP/1.1\r\n" H "A: " T200 T200 T200 T200 T200 T200 T200 T200 T200 T200 "\r\n\r\n", REFUSED("431 Request Header Fields Too Large", 22, "the head is too large"), true },
};

static void check(size_t i, bool by_bytes)
{
	struct arena *a = arena_create(0, 0);
	str in = str_from_z(rows[i].in), want = str_from_z(rows[i].out);
	int fd = dial(t.port);
	for (size_t at = 0; by_bytes && at < in.n; at++)
		if (!say(fd, str_sub(in, at, at + 1))) /* a refusal may come before the end */
			break;
	if (!by_bytes)
		assert_true(say(fd, in));
	struct heard h = hear(a, fd, want.n);
	if (!str_eq(h.text, want))
		fail_msg("row %zu%s: sent\n%s\nexpected\n%s\ngot\n%.*s", i, by_bytes ? " by bytes" : "",
		         rows[i].in, rows[i].out, STR(h.text));
	if (rows[i].closed)
		assert_true(h.closed || closed_soon(fd) || errno == ECONNRESET);
	else
		assert_true(!h.closed && quiet(fd, 5));
	close(fd);
	arena_destroy(&a);
}

static void answers(void **state)
{
	(void)state;
	start(small(), 100);
	for (size_t i = 0; i < COUNT(rows); i++)
		check(i, false);
	for (size_t i = 0; i < COUNT(rows); i++)
		check(i, true);
	stop();
}

/* All requests of the rows that stay open, over one connection. */
static void keep_alive(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	start(small(), 100);
	int fd = dial(t.port);
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].closed)
			continue;
		say(fd, str_from_z(rows[i].in));
		struct heard h = hear(a, fd, strlen(rows[i].out));
		assert_true(str_eq(h.text, str_from_z(rows[i].out)));
	}
	close(fd);
	stop();
	arena_destroy(&a);
}

static void expect_continue(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	start(small(), 100);
	int fd = dial(t.port);
	for (int i = 0; i < 2; i++) {
		str first = S("HTTP/1.1 100 Continue\r\n\r\n");
		say(fd, S("POST /echo HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
		struct heard h = hear(a, fd, first.n);
		assert_true(str_eq(h.text, first));
		say(fd, S("hello"));
		h = hear(a, fd, strlen(OK(5, "hello")));
		assert_true(str_eq(h.text, S(OK(5, "hello"))));
	}
	close(fd);
	stop();
	arena_destroy(&a);
}

/* ---- clocks ---- */

static void slow_heads(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct http_limits l = small();
	l.head_ms = 150;
	l.idle_ms = 100;
	l.io_ms = 150;
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
	l.io_ms = 150;
	start(l, 100);
	int fd = dial(t.port), little = dial(t.port), finished = seen.finished;
	static char block[1 << 20];
	say(fd, S(GET("/big")));
	assert_true(comes_true(&seen.finished, finished + 1));
	say(little, S(GET("/big")));
	for (int i = 0; i < 10; i++) {
		sleep_a_while(40);
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
		cmocka_unit_test(answers),     cmocka_unit_test(keep_alive), cmocka_unit_test(expect_continue),
		cmocka_unit_test(slow_heads),  cmocka_unit_test(dripping),   cmocka_unit_test(leaving),
		cmocka_unit_test(connections), cmocka_unit_test(fibers),     cmocka_unit_test(large),
		cmocka_unit_test(drain),       cmocka_unit_test(close_while_running),
		cmocka_unit_test(slow_readers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
