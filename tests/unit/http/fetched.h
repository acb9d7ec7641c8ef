/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the client: a fetch in a fiber of a loop of its own, told step by step, from a target that listens.
 * Included once by a test program, after cmocka.
 * Source: http/client.h. */
#pragma once

#include "unit/http/loopback.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define OK "HTTP/1.1 200 OK\r\n"

struct endless { /* a request body of n bytes */
	struct body_source source;
	size_t n, given;
	enum err_code code; /* at its end */
	char piece[16384];
};

static inline err endless_read(struct body_source *source, str *piece, deadline until)
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

static inline void read_content(struct fetched *f, struct message *m)
{
	struct buf all = buf_in(f->kept);
	for (str piece = S("-"); piece.n && !f->body_error.code;) {
		f->body_error = body_read(&m->body, &piece, NEVER);
		buf_add(&all, piece);
	}
	f->content = buf_str(&all);
}

static inline void run_fetch(void *arg)
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

static inline void start_fetch(void *arg)
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

static inline struct fetched *fetch_begin(struct fetched like)
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

static inline struct fetched fetch_end(struct fetched *f)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_MS / 1000;
	assert_int_equal(sem_timedwait(&f->done, &until), 0);
	struct fetched out = *f;
	free(f);
	return out;
}

static inline void drop_pools(void *arg)
{
	(void)arg;
	http_pool_drain(t.thread.loop);
}

static inline int set_up(void **state)
{
	(void)state;
	loop_thread_start(&t.thread, 100);
	t.listener = listen_any(&t.port);
	t.arena = arena_create(0, 0);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	on_loop(t.thread.loop, false, drop_pools, NULL);
	loop_thread_end(&t.thread);
	close(t.listener);
	arena_destroy(&t.arena);
	return 0;
}

/* Reads one request's head and says it back without Host's line. */
static inline str hear_head(int fd)
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

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
