/* SPDX-License-Identifier: Apache-2.0 */
/* The client against a scripted target: a row is what the target says and what comes of it.
 * The target is a blocking socket of the test; the fetch runs in a fiber of the loop.
 * Source: RFC 9112, RFC 9110 §9.2.2, http/client.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/http/fetched.h"


static const struct {
	const char *verb, *said;
	bool closes; /* the target, behind what it said */
	unsigned status; /* 0: no answer */
	const char *content; /* NULL: its end is missing */
	enum http_failure why;
	bool reuse;
} rows[] = {
	{ "GET", OK "Content-Length: 5\r\n\r\nhello", false, 200, "hello", 0, true },
	{ "GET", OK "Content-Length: 0\r\n\r\n", false, 200, "", 0, true },
	{ "GET", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\nT: u\r\n\r\n", false, 200, "hello!", 0, true },
	{ "GET", OK "\r\nhello", true, 200, "hello", 0, false },
	{ "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, 200, "hello", 0, false },
	{ "GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", false, 200, "hello", 0, true },
	{ "GET", OK "Connection: close\r\nContent-Length: 5\r\n\r\nhello", false, 200, "hello", 0, false },
	{ "GET", OK "Content-Length: 5\r\n\r\nhello", true, 200, "hello", 0, false },
	{ "GET", OK "Content-Length: 5\r\n\r\nhello, and more", false, 200, "hello", 0, false },
	{ "HEAD", OK "Content-Length: 5\r\n\r\n", false, 200, "", 0, true },
	{ "HEAD", OK "Transfer-Encoding: chunked\r\n\r\n", false, 200, "", 0, true },
	{ "GET", "HTTP/1.1 204 \r\n\r\n", false, 204, "", 0, true },
	{ "GET", "HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n", false, 304, "", 0, true },
	{ "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n" OK "Content-Length: 5\r\n\r\nhello", false, 200, "hello", 0, true },
	{ "GET", "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", false, 404, "no", 0, true },
	{ "GET", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", false, 0, "", HTTP_BAD_ANSWER, false },
	{ "GET", "", true, 0, "", HTTP_UNEXPECTED_END, false },
	{ "GET", "HTTP/1.1 200 OK\r\nConte", true, 0, "", HTTP_UNEXPECTED_END, false },
	{ "GET", "HTTP/1.1 100 Continue\r\n\r\n", true, 0, "", HTTP_UNEXPECTED_END, false },
	{ "GET", "hello", true, 0, "", HTTP_BAD_ANSWER, false },
	{ "GET", OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", false, 0, "", HTTP_BAD_ANSWER, false },
	{ "GET", OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", false, 0, "", HTTP_BAD_ANSWER, false },
	{ "GET", OK "A: b\n\r\n", false, 0, "", HTTP_BAD_ANSWER, false },
	{ "GET", OK "Content-Length: 5\r\n\r\nhel", true, 200, NULL, 0, false },
	{ "GET", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", true, 200, NULL, 0, false },
	{ "GET", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", true, 200, NULL, 0, false },
	{ "GET", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhellox\r\n0\r\n\r\n", false, 200, NULL, 0, false },
};

static void check(size_t i, bool by_bytes)
{
	struct fetched *f = fetch_begin((struct fetched){ .verb = rows[i].verb });
	int fd = accept_one(t.listener);
	str said = str_from_z(rows[i].said);
	hear_head(fd);
	for (size_t at = 0; by_bytes && at < said.n; at++)
		if (!say(fd, str_sub(said, at, at + 1)))
			break;
	if (!by_bytes)
		say(fd, said);
	if (rows[i].closes)
		shutdown(fd, SHUT_WR);
	struct fetched g = fetch_end(f);
	if (g.status != rows[i].status || g.why != rows[i].why || (g.e.code != 0) != (rows[i].status == 0))
		fail_msg("row %zu: %u %d %s", i, g.status, (int)g.why, err_word(g.e.code));
	assert_int_equal(g.body_error.code != 0, rows[i].content == NULL);
	if (rows[i].content)
		assert_true(str_eq(g.content, str_from_z(rows[i].content)));
	if (!rows[i].reuse) {
		if (!rows[i].closes) /* else ours may be gone already, or reset */
			assert_true(closed_soon(fd) || errno == ECONNRESET);
		close(fd);
		return;
	}
	if (by_bytes && rows[i].content && rows[i].content[0] == 0 && said.n) /* the next would be mixed up */
		sleep_a_while(1);
	f = fetch_begin((struct fetched){ .verb = "GET" });
	hear_head(fd);
	say(fd, S("HTTP/1.1 299 Again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
	g = fetch_end(f);
	assert_int_equal(g.status, 299);
	assert_true(closed_soon(fd));
	close(fd);
}

static void answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(i, false);
	for (size_t i = 0; i < COUNT(rows); i++)
		check(i, true);
}

/* ---- what the target reads ---- */

static void requests(void **state)
{
	(void)state;
	static const struct { const char *verb, *headers, *host; struct body body; const char *out; } asks[] = {
		{ "GET", "A=b", "t.example", { 0 }, "GET /p HTTP/1.1\r\nHost: t.example\r\nA: b\r\n\r\n" },
		{ "GET", "Host=own|Connection=close|TE=x|Keep-Alive=y|Upgrade=h2c|Expect=100-continue", NULL, { 0 },
		  "GET /p HTTP/1.1\r\nHost: own\r\n\r\n" },
		{ "POST", "", "t", { 0 }, "POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n" },
		{ "DELETE", "", "t", { 0 }, "DELETE /p HTTP/1.1\r\nHost: t\r\n\r\n" },
		{ "POST", "Content-Length=99", "t", { BODY_BYTES, S_INIT("hello"), NULL, 0 },
		  "POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello" },
		{ "POST", "Content-Length=99", "t", { BODY_STREAM, { 0 }, NULL, -1 },
		  "POST /p HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxxx\r\n0\r\n\r\n" },
		{ "POST", "", "t", { BODY_STREAM, { 0 }, NULL, 3 },
		  "POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nxxx" },
	};
	for (size_t i = 0; i < COUNT(asks); i++) {
		struct fetched like = { .verb = asks[i].verb, .headers = asks[i].headers, .body = asks[i].body };
		like.origin.host_header = str_from_z(asks[i].host);
		like.stream.n = 3;
		memset(like.stream.piece, 'x', 3);
		struct fetched *f = fetch_begin(like);
		int fd = accept_one(t.listener);
		struct heard h = hear(t.arena, fd, strlen(asks[i].out));
		assert_string_equal(str_z(t.arena, h.text), asks[i].out);
		say(fd, S(OK "Content-Length: 0\r\nConnection: close\r\n\r\n"));
		assert_int_equal(fetch_end(f).status, 200);
		close(fd);
	}
	struct fetched *f = fetch_begin((struct fetched){ 0 }); /* nobody said what Host is: the address */
	int fd = accept_one(t.listener);
	str want = str_fmt(t.arena, "GET /p HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", t.port);
	assert_true(str_eq(hear_head(fd), want));
	say(fd, S(OK "Content-Length: 0\r\nConnection: close\r\n\r\n"));
	assert_int_equal(fetch_end(f).status, 200);
	close(fd);
}

/* A stream that fails, or is not as long as it was said to be: the target sees no whole request. */
static void bad_streams(void **state)
{
	(void)state;
	static const struct { int64_t length; size_t n; enum err_code code, out; } cases[] = {
		{ -1, 3, ERR_IO, ERR_IO },
		{ -1, 3, ERR_TIMEOUT, ERR_TIMEOUT },
		{ 4, 3, ERR_NONE, ERR_SYNTAX },
		{ 2, 3, ERR_NONE, ERR_SYNTAX },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fetched like = { .verb = "PUT", .body = { .kind = BODY_STREAM, .length = cases[i].length } };
		like.stream.n = cases[i].n;
		like.stream.code = cases[i].code;
		struct fetched *f = fetch_begin(like);
		int fd = accept_one(t.listener);
		struct fetched g = fetch_end(f);
		assert_int_equal(g.e.code, cases[i].out);
		assert_int_equal(g.why, HTTP_REQUEST_BODY);
		struct heard h = hear(t.arena, fd, 1000);
		assert_true(h.closed);
		assert_false(str_has(h.text, S("0\r\n\r\n")));
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { CASE(answers), CASE(requests), CASE(bad_streams) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
