/* SPDX-License-Identifier: Apache-2.0 */
/* The client against a scripted target: a row is what the target says and what comes of it.
 * The target is a blocking socket of the test; the fetch runs in a fiber of the loop.
 * Source: RFC 9112, RFC 9110 §9.2.2, http/client.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/http/loopback.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- a fetch in a fiber, told step by step ---- */

struct endless { /* a request body of n bytes */
	struct body_source source;
	size_t n, given;
	enum err_code code; /* at its end */
	char piece[16384];
};

static err endless_read(struct body_source *source, str *piece, deadline until)
{
	struct endless *e = (struct endless *)source;
	(void)until;
	size_t n = e->n - e->given < sizeof e->piece ? e->n - e->given : sizeof e->piece;
	*piece = str_from(e->piece, n);
	e->given += n;
	return n ? DONE : FAIL(e->code);
}
static const struct body_source_type endless_type = { .read = endless_read };

struct fetched {
	/* in */
	struct http_origin origin;
	struct http_timeouts times;
	const char *verb, *headers;
	struct body body;
	size_t hold_ms; /* between the answer and the end of the exchange */
	bool leave_body;
	/* out */
	struct arena *arena, *kept;
	err e, body_error;
	enum http_failure why;
	unsigned status;
	enum body_kind kind;
	str content, headers_out;
	struct endless stream;
	sem_t done;
	struct loop *loop;
};

static void read_content(struct fetched *f, struct message *m)
{
	struct buf all = buf_in(f->kept);
	for (str piece = S("-"); piece.n && !f->body_error.code;) {
		f->body_error = body_read(&m->body, &piece, NEVER);
		buf_add(&all, piece);
	}
	f->content = buf_str(&all);
}

static void run_fetch(void *arg)
{
	struct fetched *f = arg;
	struct message *rq = message_request(f->arena, str_from_z(f->verb ? f->verb : "GET"), S("/p")), *m;
	for (str rest = str_from_z(f->headers); str_given(rest) && rest.n;) {
		str value = str_cut(&rest, '|');
		str name = str_cut(&value, '=');
		headers_add(f->arena, &rq->headers, name, value);
	}
	rq->body = f->body;
	f->e = http_fetch(f->arena, &f->origin, rq, NEVER, &m, &f->why);
	if (!f->e.code) {
		struct buf b = buf_in(f->kept);
		for (size_t i = 0; i < m->headers.n; i++)
			buf_fmt(&b, "|%.*s=%.*s", STR(m->headers.v[i].name), STR(m->headers.v[i].value));
		f->headers_out = buf_str(&b);
		f->status = m->status;
		f->kind = m->body.kind;
		if (!f->leave_body)
			read_content(f, m);
	}
	if (f->hold_ms) {
		err e = wait_until(deadline_in((int64_t)f->hold_ms));
		(void)e;
	}
	arena_destroy(&f->arena);
	sem_post(&f->done);
}

static void start_fetch(void *arg)
{
	struct fetched *f = arg;
	if (fiber_start(f->loop, run_fetch, f).code)
		abort();
}

static struct {
	struct loop_thread thread;
	int listener;
	unsigned port;
	struct arena *arena;
} t;

static struct fetched *fetch_begin(struct fetched like)
{
	struct fetched *f = calloc(1, sizeof *f);
	*f = like;
	f->loop = t.thread.loop;
	f->arena = arena_create(0, 0);
	f->kept = t.arena;
	if (!f->origin.host.n)
		f->origin.host = S("127.0.0.1");
	if (!f->origin.port)
		f->origin.port = t.port;
	f->origin.times = f->times.connect_ms ? f->times : (struct http_timeouts){ 2000, 5000, 5000 };
	if (f->body.kind == BODY_STREAM) {
		f->stream.source.type = &endless_type;
		f->body.source = &f->stream.source;
	}
	sem_init(&f->done, 0, 0);
	loop_post(f->loop, start_fetch, f);
	return f;
}

static struct fetched fetch_end(struct fetched *f)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_MS / 1000;
	assert_int_equal(sem_timedwait(&f->done, &until), 0);
	struct fetched out = *f;
	free(f);
	return out;
}

static void drop_pools(void *arg)
{
	(void)arg;
	http_pool_drain(t.thread.loop);
}

static int set_up(void **state)
{
	(void)state;
	loop_thread_start(&t.thread, 100);
	t.listener = listen_any(&t.port);
	t.arena = arena_create(0, 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	on_loop(t.thread.loop, false, drop_pools, NULL);
	loop_thread_end(&t.thread);
	close(t.listener);
	arena_destroy(&t.arena);
	return 0;
}

/* Reads one request's head and says it back without Host's line. */
static str hear_head(int fd)
{
	char bytes[65536];
	size_t n = 0;
	while (!str_has(str_from(bytes, n), S("\r\n\r\n"))) {
		ssize_t r = recv(fd, bytes + n, 1, 0);
		if (r <= 0)
			return S("(nothing)");
		n++;
	}
	return str_dup(t.arena, str_from(bytes, n));
}

/* ---- one answer ---- */

#define OK "HTTP/1.1 200 OK\r\n"

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
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(answers), CASE(requests), CASE(bad_streams), CASE(retries), CASE(stale), CASE(body_over),
		CASE(failures), CASE(early_answer), CASE(early_answer_and_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
