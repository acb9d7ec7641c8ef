/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of HTTP/2: a server on a loop of its own, and a handler that does what the path says.
 * Included once by a test program, after cmocka.
 * Source: http/server.h. */
#pragma once

#include <nghttp2/nghttp2.h>

#include "unit/http/loopback.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- the handler: the path says what to do ---- */

static struct { _Atomic int running, finished, canceled, failed; _Atomic long swallowed; } seen;

static struct waker gates[8];

struct counter { /* a stream of n bytes in pieces of step */
	struct body_source source;
	size_t n, step;
	enum err_code code;
	char piece[70000];
};
static err counter_read(struct body_source *source, str *piece, deadline until)
{
	struct counter *c = (struct counter *)source;
	(void)until;
	size_t n = c->n < c->step ? c->n : c->step;
	memset(c->piece, 'x', n);
	c->n -= n;
	*piece = str_from(c->piece, n);
	return n ? DONE : FAIL(c->code);
}
static const struct body_source_type counter_type = { .read = counter_read };

static struct body counter(struct http_call *call, size_t n, size_t step, enum err_code code, int64_t length)
{
	struct counter *c = arena_new(call->arena, struct counter);
	*c = (struct counter){ .source.type = &counter_type, .n = n, .step = step, .code = code };
	return (struct body){ .kind = BODY_STREAM, .source = &c->source, .length = length };
}

static void swallow(struct http_call *call, struct message *m, bool slowly)
{
	long all = 0;
	for (str piece = S("-"); piece.n;) {
		if (slowly && wait_until(deadline_in(30)).code)
			break;
		if (body_read(&call->request->body, &piece, NEVER).code) {
			seen.failed++;
			break;
		}
		all += (long)piece.n;
		seen.swallowed = all;
	}
	message_set_content(call->arena, m, str_fmt(call->arena, "%ld", all), STR_NONE);
}

/* What the handler saw of the head, a line a field. */
static void tell(struct http_call *call, struct message *m)
{
	const struct message *r = call->request;
	struct buf b = buf_in(call->arena);
	buf_fmt(&b, "%.*s %.*s", STR(r->verb), STR(r->path));
	if (str_given(r->query))
		buf_fmt(&b, "?%.*s", STR(r->query));
	for (size_t i = 0; i < r->headers.n; i++)
		buf_fmt(&b, "|%.*s=%.*s", STR(r->headers.v[i].name), STR(r->headers.v[i].value));
	message_set_content(call->arena, m, buf_str(&b), STR_NONE);
}

static void handle(struct http_call *call)
{
	struct arena *a = call->arena;
	struct message *m = message_response(a, 200);
	str path = call->request->path, all;
	seen.running++;
	if (str_eq(path, S("/echo"))) {
		err e = message_content(a, call->request, 1 << 20, NEVER, &all);
		m->status = e.code ? 400 : 200;
		message_set_content(a, m, all, STR_NONE);
	} else if (str_eq(path, S("/swallow"))) {
		swallow(call, m, false);
	} else if (str_eq(path, S("/slowly"))) {
		swallow(call, m, true);
	} else if (str_eq(path, S("/long"))) {
		seen.canceled += wait_until(deadline_in(PATIENCE_MS)).code == ERR_CANCELED;
	} else if (str_eq(path, S("/deaf"))) { /* does not hear that it was canceled */
		wait_end(&gates[seen.running - 1]);
	} else if (str_eq(path, S("/pause"))) {
		seen.canceled += wait_until(deadline_in(200)).code == ERR_CANCELED;
	} else if (str_eq(path, S("/stream"))) {
		m->body = counter(call, 5, 3, ERR_NONE, -1);
	} else if (str_eq(path, S("/sized"))) {
		m->body = counter(call, 5, 3, ERR_NONE, 5);
	} else if (str_eq(path, S("/big"))) {
		m->body = counter(call, 4 << 20, 70000, ERR_NONE, -1);
	} else if (str_eq(path, S("/breaks"))) {
		m->body = counter(call, 5, 3, ERR_IO, -1);
	} else if (str_eq(path, S("/short"))) {
		m->body = counter(call, 5, 3, ERR_NONE, 6);
	} else if (str_eq(path, S("/204"))) {
		m->status = 204;
	} else if (str_eq(path, S("/fields"))) {
		headers_add(a, &m->headers, S("X-Split"), S(" a\r\nY: b "));
		headers_add(a, &m->headers, S("Connection"), S("close"));
		headers_add(a, &m->headers, S("Transfer-Encoding"), S("chunked"));
		headers_add(a, &m->headers, S("Keep-Alive"), S("5"));
	} else if (str_eq(path, S("/badname"))) {
		headers_add(a, &m->headers, S("X\r\n"), S("a"));
	} else {
		tell(call, m);
	}
	if (!str_eq(path, S("/silent"))) {
		err e = http_answer(call, m, NEVER);
		seen.failed += e.code != ERR_NONE;
	}
	seen.running--;
	seen.finished++;
}

/* ---- the server under test ---- */

static struct {
	struct loop_thread thread;
	int fd;
	unsigned port;
	struct http_server_conf conf;
	struct http_server *server;
} t;

static void open_server(void *arg)
{
	(void)arg;
	if (http_server_accept(t.server = http_serve(t.thread.loop, t.fd, NULL, &t.conf)).code)
		abort();
}
static void close_server(void *arg) { (void)arg; http_server_close(&t.server); }
static inline void drain_server(void *arg) { (void)arg; http_server_drain(t.server); }
static void drop_pools(void *arg) { (void)arg; http_pool_drain(t.thread.loop); }

static void start(struct http_limits limits)
{
	memset(&seen, 0, sizeof seen);
	loop_thread_start(&t.thread, 200);
	t.fd = listen_any(&t.port);
	t.conf = (struct http_server_conf){ .handle = handle, .limits = limits, .h2 = true };
	on_loop(t.thread.loop, false, open_server, NULL);
}

static void stop(void)
{
	on_loop(t.thread.loop, false, close_server, NULL);
	on_loop(t.thread.loop, false, drop_pools, NULL);
	close(t.fd);
	loop_thread_end(&t.thread);
}

static struct http_limits small(void)
{
	struct http_limits l = http_limits_default();
	l.head = (struct h1_limits){ .line = 200, .head = 2000, .headers = 20 };
	l.streams = 8;
	return l;
}
