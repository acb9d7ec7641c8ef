/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of HTTP/2: a handler that does what the path says.
 * Included once by a test program, after cmocka.
 * Source: http/server.h. */
#pragma once

#include <nghttp2/nghttp2.h>

#include "unit/http/served.h"

static struct { _Atomic int running, finished, canceled, failed; _Atomic long swallowed; } seen;

static struct waker gates[8];

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

static void start(struct http_limits limits)
{
	memset(&seen, 0, sizeof seen);
	server_start(limits, 200, true);
}
