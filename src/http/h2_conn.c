/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/2 connection: reading, the clock, draining, the end.
 * It ends when its last fiber has returned; until then its sock stays, for addresses are asked of it.
 * Source: RFC 9113 §3.3, §3.4, §6.8, §9.1. */
#include "http/h2.h"

#include <stdlib.h>
#include <string.h>

enum { READS_AT_ONCE = 16, WINDOW = 1 << 20 };
enum { DRAIN_MS = 1000 }; /* for a client that does not answer our PING */

static struct http_local *local_of(const struct h2 *h) { return h->conn->server->local; }
static int64_t now(const struct h2 *h) { return loop_now_ms(local_of(h)->loop); }

bool h2_asked(const struct conn *c, str window, bool *more)
{
	str magic = str_from(NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
	*more = window.n < magic.n;
	return c->server->conf.h2 && !c->served && !c->server->tls &&
	       str_starts(*more ? magic : window, *more ? window : magic);
}

static void new_session(struct h2 *h)
{
	const struct http_limits *limits = &h->conn->server->conf.limits;
	nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits->streams },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)limits->head.head },
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
	};
	h2_session_new(h);
	must(nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings,
	                             sizeof settings / sizeof *settings) == 0);
	must(nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0, WINDOW) == 0);
}

void h2_free(struct h2 **h2)
{
	struct h2 *h = *h2;
	*h2 = NULL;
	if (!h)
		return;
	must(!h->n_streams);
	timer_cancel(&h->turn);
	read_buf_give(local_of(h), &h->out);
	nghttp2_session_del(h->session);
	free(h);
}

/* Nobody listens any more: fibers are told, and nghttp2 is not asked again. */
void h2_dead(struct h2 *h)
{
	h->dead = true;
	for (struct h2_stream *s = h->streams, *next; s; s = next) {
		next = s->next;
		s->closed = true;
		if (s->whole)
			h2_stream_cancel(s);
		else
			h2_stream_drop(s);
	}
}

static void arm(struct h2 *h)
{
	const struct http_limits *limits = &h->conn->server->conf.limits;
	deadline d = NEVER;
	if (h->out || h->pending.n)
		d.mono_ms = h->moved_ms + limits->io_ms;
	else if (h->in_head)
		d.mono_ms = h->head_ms + limits->head_ms;
	else if (!h->n_streams)
		d.mono_ms = h->idle_ms + (h->conn->served ? limits->idle_ms : limits->head_ms);
	if (h->draining && !h->goodbye)
		d = deadline_min(d, (deadline){ h->drain_ms + DRAIN_MS });
	timer_set(local_of(h)->loop, &h->conn->timer, d, conn_time_up, h->conn);
}

/* The end, if it has come.  Called last: h may be gone. */
static void settle(struct h2 *h)
{
	struct conn *c = h->conn;
	bool told = h->draining && !h->goodbye; /* nghttp2 takes the first GOAWAY for the last */
	bool over = !told && !nghttp2_session_want_read(h->session) &&
	            !nghttp2_session_want_write(h->session) && !h->out && !h->pending.n;
	if (over && !h->dead && !h->n_streams) {
		h2_free(&c->h2);
		conn_linger(c);
		return;
	}
	if (over && !h->dead)
		h2_dead(h);
	if (h->dead && !h->n_streams)
		conn_close(c);
	else if (!h->dead)
		arm(h);
	else
		timer_set(local_of(h)->loop, &c->timer, NEVER, conn_time_up, c);
}

static void start_ready(struct h2 *h)
{
	struct h2_stream *s = h->ready;
	h->ready = NULL;
	h->ready_end = &h->ready;
	for (struct h2_stream *next; s; s = next) {
		next = s->next_ready;
		h2_stream_run(s);
	}
}

static void feed(struct h2 *h, str bytes)
{
	ssize_t n = nghttp2_session_mem_recv(h->session, (const uint8_t *)bytes.p, bytes.n);
	if (n < 0)
		h2_dead(h);
	start_ready(h);
}

static void on_turn(void *arg);

/* A client that sends without end leaves the others their turn. */
static void read_all(struct h2 *h)
{
	struct http_local *local = local_of(h);
	struct read_buf *b = read_buf_take(local, READ_BUF);
	size_t got = 1;
	int i = 0;
	for (; got && !h->dead && i < READS_AT_ONCE; i++) {
		if (sock_try_read(h->conn->sock, b->bytes, b->cap, &got).code ||
		    (!got && sock_ended(h->conn->sock)))
			h2_dead(h);
		else if (got)
			feed(h, str_from(b->bytes, got));
	}
	read_buf_give(local, &b);
	if (got && !h->dead)
		timer_set(local->loop, &h->turn, (deadline){ now(h) }, on_turn, h);
}

static void work(struct h2 *h)
{
	h->busy = true;
	if (!h->dead)
		read_all(h);
	if (!h->dead && !h2_pump(h))
		h2_dead(h);
	start_ready(h); /* of a connection that broke: they are dropped */
	h->busy = false;
	settle(h);
}

static void on_turn(void *arg) { work(arg); }

void h2_ready(struct conn *c) { work(c->h2); }

/* One stream alone has its answer sent at once; of several what is ready by the next turn goes out
 * together. */
void h2_soon(struct h2 *h)
{
	if (h->busy)
		return;
	if (h->n_streams > 1 && !h->dead) {
		timer_set(local_of(h)->loop, &h->turn, (deadline){ now(h) }, on_turn, h);
		return;
	}
	h->busy = true;
	if (!h->dead && !h2_pump(h))
		h2_dead(h);
	h->busy = false;
	settle(h);
}

void h2_begin(struct conn *c)
{
	struct h2 *h = calloc(1, sizeof *h);
	must(h);
	c->h2 = h;
	c->state = CONN_H2;
	h->conn = c;
	h->ready_end = &h->ready;
	h->idle_ms = h->moved_ms = now(h);
	h2_calm_begin(h);
	new_session(h);
	if (c->server->last)
		h2_drain(c);
	if (c->in) {
		h->busy = true;
		feed(h, read_buf_window(c->in));
		read_buf_give(local_of(h), &c->in);
	}
	work(h);
}

static void say_goodbye(struct h2 *h)
{
	h->goodbye = true;
	(void)nghttp2_submit_goaway(h->session, NGHTTP2_FLAG_NONE,
	                            nghttp2_session_get_last_proc_stream_id(h->session),
	                            NGHTTP2_NO_ERROR, NULL, 0);
}

/* RFC 9113 §6.8: first that the end is near, and after a round trip which streams were the last. */
void h2_drain(struct conn *c)
{
	struct h2 *h = c->h2;
	if (h->draining || h->dead)
		return;
	h->draining = true;
	h->drain_ms = now(h);
	(void)nghttp2_submit_shutdown_notice(h->session);
	(void)nghttp2_submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL);
	timer_set(local_of(h)->loop, &h->turn, (deadline){ now(h) }, on_turn, h);
}

/* What was on its way before the client heard of the end has come by now. */
void h2_pong(struct h2 *h)
{
	if (h->draining && !h->goodbye)
		say_goodbye(h);
}

void h2_time_up(struct conn *c)
{
	struct h2 *h = c->h2;
	bool stuck = h->out || h->pending.n || h->in_head;
	if (h->goodbye || (stuck && !h->draining))
		h2_dead(h);
	else
		say_goodbye(h);
	work(h);
}

void h2_cancel(struct conn *c)
{
	h2_dead(c->h2);
	work(c->h2);
}
