/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of an HTTP/2 client, through nghttp2 and our callbacks, to a request: whatever comes, a head that
 * is taken can be written in HTTP/1.1 and is read there as the same.
 * The input is what follows the preface: frames, or (first byte 0) one block of HPACK in a frame of its own.
 * Source: RFC 9113 §8; RFC 7541. */
#include <stdint.h>
#include <stdlib.h>

#include "http/h2_head.c"

static struct arena *arena;
static struct http_server server = { .conf.limits.head = { .line = 2000, .head = 4000, .headers = 32 } };
static struct conn conn = { .server = &server };

static void same(const struct message *a, const struct message *b)
{
	size_t k = 0;
	must(str_eq(a->verb, b->verb) && str_eq(a->path, b->path) && str_eq(a->query, b->query));
	for (size_t i = 0; i < a->headers.n; i++) {
		if (h1_of_connection(a->headers.v[i].name) || str_ieq(a->headers.v[i].name, S("Expect")))
			continue;
		while (k < b->headers.n && h1_of_connection(b->headers.v[k].name))
			k++;
		must(k < b->headers.n && str_ieq(a->headers.v[i].name, b->headers.v[k].name));
		must(str_eq(str_trim(a->headers.v[i].value), b->headers.v[k++].value));
	}
}

/* What goes to a target of HTTP/1.1 is one request, and this one. */
static void downgrade(const struct h2_call *c)
{
	struct buf b = buf_in(arena);
	struct message m = { 0 };
	struct h1_head h = { 0 };
	struct h1_limits wide = { 100000, 100000, 100 };
	struct message own = c->request;
	own.takes_trailers = false;
	err e = h1_write_request(&b, &own, STR_NONE, c->length < 0 ? H1_CHUNKED : H1_LENGTH, c->length, false);
	must(!e.code);
	e = h1_request(arena, buf_str(&b), &wide, &m, &h);
	must(!e.code && h.size == b.n);
	must(c->length < 0 ? h.framing == H1_CHUNKED : h.framing == H1_LENGTH && h.length == c->length);
	same(&own, &m);
}

static struct h2_stream *opened(struct h2 *h, int32_t id)
{
	struct h2_call *c = arena_new(arena, struct h2_call);
	c->length = -1;
	c->call.arena = c->stream.arena = arena;
	c->stream.id = id;
	h2_add_stream(h, &c->stream);
	return &c->stream;
}

static void head(struct h2_stream *s)
{
	struct h2_call *c = h2_call_of(s);
	h2_request_whole(c);
	must(c->request.headers.n <= server.conf.limits.head.headers + 1);
	if (!c->bad_status)
		downgrade(c);
}

static void closed(struct h2_stream *s, uint32_t code) { (void)s, (void)code; }
static void frame(struct h2 *h, const nghttp2_frame_hd *hd) { (void)h, (void)hd; }
static void nothing(struct h2 *h) { (void)h; }
static const struct h2_end end = { .opened = opened,
	                           .field = h2_request_field,
	                           .head = head,
	                           .closed = closed,
	                           .frame = frame,
	                           .fed = nothing,
	                           .settle = nothing };

static str in_a_frame(const uint8_t *block, size_t n)
{
	struct buf b = buf_in(arena);
	char frame_head[9] = { (char)(n >> 16), (char)(n >> 8), (char)n, NGHTTP2_HEADERS, 5, 0, 0, 0, 1 };
	buf_add(&b, S("\0\0\0\4\0\0\0\0\0"));
	buf_add(&b, str_from(frame_head, sizeof frame_head));
	buf_add(&b, str_from(block, n));
	return buf_str(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct loop *loop;
	if (!loop)
		loop = loop_create(1);
	struct http_local *local = local_hold(loop);
	struct h2_front f = { .conn = &conn };
	arena = arena_create(0, 0);
	h2_begin(&f.h2, &end, local, NULL);
	h2_session_new(&f.h2, true);
	h2_feed(&f.h2, str_from(NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN));
	bool block = size > 0 && size <= 16384 && data[0] == 0;
	h2_feed(&f.h2, block ? in_a_frame(data + 1, size - 1) : str_from(data, size));
	for (const uint8_t *p; nghttp2_session_mem_send(f.h2.session, &p) > 0;)
		continue; /* what we would say to it */
	while (f.h2.streams)
		h2_remove_stream(f.h2.streams);
	h2_finish(&f.h2);
	local_release(&local);
	arena_destroy(&arena);
	return 0;
}
