/* SPDX-License-Identifier: Apache-2.0 */
/* The client's connections: kept, stale, taken again or not, and answered before their time.
 * The target is a blocking socket of the test; the fetch runs in a fiber of the loop.
 * Source: RFC 9112 §9, RFC 9110 §9.2.2, http/client.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/http/fetched.h"

/* ---- kept connections ---- */

/* Two requests on one wire, of which the target takes the second and dies. */
static void retries(void **state)
{
	(void)state;
	static const struct { const char *verb; struct body body; bool again; } cases[] = {
		{ "GET", { 0 }, true },
		{ "PUT", { BODY_BYTES, S_INIT("hello"), NULL, 0 }, true },
		{ "PUT", { BODY_STREAM, { 0 }, NULL, -1 }, false },
		{ "POST", { BODY_BYTES, S_INIT("hello"), NULL, 0 }, false },
		{ "PATCH", { BODY_BYTES, S_INIT("hello"), NULL, 0 }, false },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fetched *f = fetch_begin((struct fetched){ 0 });
		int fd = accept_one(t.listener);
		hear_head(fd);
		say(fd, S(OK "Content-Length: 0\r\n\r\n"));
		assert_int_equal(fetch_end(f).status, 200);
		f = fetch_begin((struct fetched){ .verb = cases[i].verb, .body = cases[i].body, .stream.n = 3 });
		hear_head(fd);
		shutdown(fd, SHUT_WR);
		if (cases[i].again) {
			int second = accept_one(t.listener);
			hear_head(second);
			say(second, S(OK "Content-Length: 0\r\nConnection: close\r\n\r\n"));
			assert_int_equal(fetch_end(f).status, 200);
			close(second);
		} else {
			struct fetched g = fetch_end(f);
			if (g.why != HTTP_UNEXPECTED_END) fail_msg("case %zu: %d", i, (int)g.why);
			assert_true(g.e.code != 0);
		}
		close(fd);
	}
	/* Once, not for ever: the second one dies as well. */
	struct fetched *f = fetch_begin((struct fetched){ 0 });
	int fd = accept_one(t.listener);
	hear_head(fd);
	say(fd, S(OK "Content-Length: 0\r\n\r\n"));
	assert_int_equal(fetch_end(f).status, 200);
	f = fetch_begin((struct fetched){ 0 });
	hear_head(fd);
	close(fd);
	fd = accept_one(t.listener);
	hear_head(fd);
	close(fd);
	assert_int_equal(fetch_end(f).why, HTTP_UNEXPECTED_END);
}

/* A wire that its target closes while it is kept is not taken again, even for a POST. */
static void stale(void **state)
{
	(void)state;
	struct fetched *f = fetch_begin((struct fetched){ 0 });
	int fd = accept_one(t.listener);
	hear_head(fd);
	say(fd, S(OK "Content-Length: 0\r\n\r\n"));
	assert_int_equal(fetch_end(f).status, 200);
	close(fd);
	sleep_a_while(30);
	f = fetch_begin((struct fetched){ .verb = "POST" });
	fd = accept_one(t.listener);
	hear_head(fd);
	say(fd, S(OK "Content-Length: 0\r\n\r\n"));
	assert_int_equal(fetch_end(f).status, 200);
	say(fd, S("HTTP/1.1 500 unasked\r\n\r\n")); /* nobody asked: it is closed */
	assert_true(closed_soon(fd) || errno == ECONNRESET);
	close(fd);
	f = fetch_begin((struct fetched){ .times = { 2000, 2000, 50 } }); /* kept for 50 ms only */
	fd = accept_one(t.listener);
	hear_head(fd);
	say(fd, S(OK "Content-Length: 0\r\n\r\n"));
	assert_int_equal(fetch_end(f).status, 200);
	assert_true(closed_soon(fd));
	close(fd);
}

/* The wire is back in the pool with the last byte of the body, not with the end of the exchange;
 * and is closed with the arena when the body was left. */
static void body_over(void **state)
{
	(void)state;
	struct fetched *f = fetch_begin((struct fetched){ .hold_ms = 300 });
	int fd = accept_one(t.listener);
	hear_head(fd);
	say(fd, S(OK "Content-Length: 5\r\n\r\nhel"));
	sleep_a_while(20);
	say(fd, S("lo"));
	sleep_a_while(100);
	struct fetched *g = fetch_begin((struct fetched){ .leave_body = true });
	assert_true(str_starts(hear_head(fd), S("GET ")));
	say(fd, S(OK "Content-Length: 5\r\n\r\nhel"));
	assert_int_equal(fetch_end(g).kind, BODY_STREAM);
	assert_true(closed_soon(fd));
	assert_true(str_eq(fetch_end(f).content, S("hello")));
	close(fd);
}

/* ---- trouble ---- */

static void failures(void **state)
{
	(void)state;
	struct fetched g = fetch_end(fetch_begin((struct fetched){ .origin.port = 1 }));
	assert_int_equal(g.why, HTTP_CONNECT_REFUSED);
	struct fetched *f = fetch_begin((struct fetched){ .times = { 1000, 100, 1000 } });
	int fd = accept_one(t.listener);
	hear_head(fd);
	g = fetch_end(f);
	assert_int_equal(g.why, HTTP_READ_TIMEOUT);
	assert_int_equal(g.e.code, ERR_TIMEOUT);
	close(fd);
	f = fetch_begin((struct fetched){ .times = { 1000, 100, 1000 } }); /* in the body, too */
	fd = accept_one(t.listener);
	hear_head(fd);
	say(fd, S(OK "Content-Length: 5\r\n\r\nhel"));
	g = fetch_end(f);
	assert_int_equal(g.status, 200);
	assert_int_equal(g.body_error.code, ERR_TIMEOUT);
	close(fd);
	f = fetch_begin((struct fetched){ 0 }); /* a head without end */
	fd = accept_one(t.listener);
	hear_head(fd);
	say(fd, S(OK));
	while (say(fd, S("A: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n")))
		if (!quiet(fd, 0))
			break;
	g = fetch_end(f);
	assert_int_equal(g.why, HTTP_HEAD_TOO_BIG);
	close(fd);
	f = fetch_begin((struct fetched){ 0 }); /* 1xx without end */
	fd = accept_one(t.listener);
	hear_head(fd);
	while (say(fd, S("HTTP/1.1 103 Hints\r\n\r\n")))
		if (!quiet(fd, 0))
			break;
	g = fetch_end(f);
	assert_int_equal(g.why, HTTP_BAD_ANSWER);
	close(fd);
}

/* The target answers before it has the body, and reads no more of it. */
static void early_answer(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct fetched like = { .verb = "POST", .body = { .kind = i == 0 ? BODY_BYTES : BODY_STREAM,
			                                          .length = i == 1 ? 100 << 20 : -1 } };
		char *large = calloc(1, 20 << 20);
		like.body.bytes = str_from(large, 20 << 20);
		like.stream.n = 100 << 20;
		struct fetched *f = fetch_begin(like);
		int fd = accept_one(t.listener);
		hear_head(fd);
		sleep_a_while(50); /* until the client has filled what the kernel holds */
		say(fd, S("HTTP/1.1 103 Hints\r\n\r\n"));
		sleep_a_while(10);
		say(fd, S("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"));
		struct fetched g = fetch_end(f);
		assert_int_equal(g.status, 413);
		assert_true(str_eq(g.content, S("no")));
		assert_true(g.stream.given < 100 << 20);
		close(fd);
		free(large);
	}
}

/* The same, but it closes at once, with the body unread: its reset must not swallow the answer. */
static void early_answer_and_close(void **state)
{
	(void)state;
	struct fetched like = { .verb = "POST", .body = { .kind = BODY_STREAM, .length = -1 } };
	like.stream.n = 100 << 20;
	struct fetched *f = fetch_begin(like);
	int fd = accept_one(t.listener);
	hear_head(fd);
	sleep_a_while(50);
	say(fd, S("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"));
	close(fd);
	struct fetched g = fetch_end(f);
	assert_int_equal(g.status, 413);
}

int main(void)
{
	const struct CMUnitTest tests[] = { CASE(retries), CASE(stale), CASE(body_over), CASE(failures), CASE(early_answer), CASE(early_answer_and_close) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
