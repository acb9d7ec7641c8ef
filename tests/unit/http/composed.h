/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the server: a handler whose path says what to do, and what it saw of its clients.
 * Included once by a test program, after cmocka, in the place of served.h.
 * Source: http/server.h. */
#pragma once

#include "unit/http/served.h"

#define H "Host: a\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" H "\r\n"
#define OK(n, body) "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\n\r\n" body
#define OK_CLOSE(n, body) "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\nConnection: close\r\n\r\n" body

static struct {
	_Atomic int canceled, body_failed, body_timeout, finished, running;
} seen;

static inline void note_body(err e)
{
	seen.body_failed += e.code == ERR_IO;
	seen.body_timeout += e.code == ERR_TIMEOUT;
}

/* Reads the body piece by piece and says how long it was. */
static inline void swallow(struct http_call *call, struct message *m)
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

static inline void echo(struct http_call *call, struct message *m)
{
	str all;
	err e = message_content(call->arena, call->request, 1 << 20, NEVER, &all);
	note_body(e);
	m->status = e.code == ERR_NONE ? 200 : e.code == ERR_LIMIT ? 413 : 400;
	message_set_content(call->arena, m, all, STR_NONE);
}

static inline void compose(struct http_call *call, struct message *m)
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

static inline void handle(struct http_call *call)
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

static inline void look_idle(void *idle) { *(bool *)idle = http_server_idle(t.server); }

static inline void start(struct http_limits limits, unsigned max_fibers)
{
	memset(&seen, 0, sizeof seen);
	server_start(limits, max_fibers, false);
}
