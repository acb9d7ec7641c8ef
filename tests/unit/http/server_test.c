/* SPDX-License-Identifier: Apache-2.0 */
/* The server over loopback sockets: a row is what a client sends and what it must read.
 * Every row is also sent byte by byte: the answer is the same.
 * Source: RFC 9112, http/server.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/http/composed.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(keep_alive),
		cmocka_unit_test(expect_continue),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
