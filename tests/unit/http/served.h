/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the server: one on a loop of its own, and a stream to answer with.
 * Included once by a test program, after cmocka; the program defines handle().
 * Source: http/server.h. */
#pragma once

#include "unit/http/loopback.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct counter { /* a stream of n bytes in pieces of step */
	struct body_source source;
	size_t n, step;
	enum err_code code; /* at its end */
	char piece[70000];
};

static inline err counter_read(struct body_source *source, str *piece, deadline until)
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

static inline struct body counter(struct http_call *call, size_t n, size_t step, enum err_code code, int64_t length)
{
	struct counter *c = arena_new(call->arena, struct counter);
	*c = (struct counter){ .source.type = &counter_type, .n = n, .step = step, .code = code };
	return (struct body){ .kind = BODY_STREAM, .source = &c->source, .length = length };
}

static struct {
	struct loop_thread thread;
	int fd;
	unsigned port;
	struct http_server_conf conf;
	struct http_server *server;
} t;

static void handle(struct http_call *);

static inline void open_server(void *arg)
{
	(void)arg;
	if (http_server_accept(t.server = http_serve(t.thread.loop, t.fd, NULL, &t.conf)).code)
		abort();
}
static inline void close_server(void *arg) { (void)arg; http_server_close(&t.server); }
static inline void drain_server(void *arg) { (void)arg; http_server_drain(t.server); }
static inline void drop_pools(void *arg) { (void)arg; http_pool_drain(t.thread.loop); }

static inline void server_start(struct http_limits limits, unsigned max_fibers, bool h2)
{
	loop_thread_start(&t.thread, max_fibers);
	t.fd = listen_any(&t.port);
	t.conf = (struct http_server_conf){ .handle = handle, .limits = limits, .h2 = h2 };
	on_loop(t.thread.loop, false, open_server, NULL);
}

static inline void stop(void)
{
	on_loop(t.thread.loop, false, close_server, NULL);
	on_loop(t.thread.loop, false, drop_pools, NULL);
	close(t.fd);
	loop_thread_end(&t.thread);
}

static inline struct http_limits small(void)
{
	struct http_limits l = http_limits_default();
	l.head = (struct h1_limits){ .line = 200, .head = 2000, .headers = 20 };
	l.streams = 8;
	return l;
}
