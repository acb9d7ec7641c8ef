/* SPDX-License-Identifier: Apache-2.0 */
/* A client's HTTP/2 connection: its first bytes, the clock, draining, the end.
 * It ends when its last fiber has returned; until then its sock stays, for addresses are asked of it.
 * Source: RFC 9113 §3.3, §3.4, §6.8, §9.1. */
#include <stdlib.h>

#include "base/log.h"
#include "http/h2_front.h"

enum { WINDOW = 1 << 20 };
enum { DRAIN_MS = 1000 }; /* for a client that does not answer our PING */

static int64_t now(const struct h2_front *f) { return loop_now_ms(f->h2.local->loop); }

bool h2_asked(const struct conn *c, str window, bool *more)
{
	str magic = str_from(NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
	*more = window.n < magic.n;
	return c->server->conf.h2 && !c->served && !c->server->tls &&
	       str_starts(*more ? magic : window, *more ? window : magic);
}

static void new_session(struct h2_front *f)
{
	const struct http_limits *limits = &f->conn->server->conf.limits;
	nghttp2_session *session;
	nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits->streams },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)limits->head.head },
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
	};
	h2_session_new(&f->h2, true);
	session = f->h2.session;
	must(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings,
	                             sizeof settings / sizeof *settings) == 0);
	must(nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, WINDOW) == 0);
}

static void say_goodbye(struct h2_front *f)
{
	f->goodbye = true;
	(void)nghttp2_submit_goaway(f->h2.session, NGHTTP2_FLAG_NONE,
	                            nghttp2_session_get_last_proc_stream_id(f->h2.session),
	                            NGHTTP2_NO_ERROR, NULL, 0);
}

static void time_up(void *arg)
{
	struct conn *c = arg;
	struct h2_front *f = c->h2;
	struct h2 *h = &f->h2;
	bool stuck = h->out || h->pending.n || h->in_head;
	if (f->goodbye || (stuck && !f->draining))
		h2_dead(h, NGHTTP2_NO_ERROR);
	else
		say_goodbye(f);
	h2_work(h);
}

static void arm(struct h2_front *f)
{
	const struct http_limits *limits = &f->conn->server->conf.limits;
	const struct h2 *h = &f->h2;
	deadline d = NEVER;
	if (h->out || h->pending.n)
		d.mono_ms = h->moved_ms + limits->io_ms;
	else if (h->in_head)
		d.mono_ms = h->head_ms + limits->head_ms;
	else if (!h->n_streams)
		d.mono_ms = h->idle_ms + (f->conn->served ? limits->idle_ms : limits->head_ms);
	if (f->draining && !f->goodbye)
		d = deadline_min(d, (deadline){ f->drain_ms + DRAIN_MS });
	timer_set(h->local->loop, &f->conn->timer, d, time_up, f->conn);
}

static void settle(struct h2 *h)
{
	struct h2_front *f = (struct h2_front *)h;
	struct conn *c = f->conn;
	bool told = f->draining && !f->goodbye; /* nghttp2 takes the first GOAWAY for the last */
	bool over = !told && !nghttp2_session_want_read(h->session) &&
	            !nghttp2_session_want_write(h->session) && !h->out && !h->pending.n;
	if (over && !h->dead && !h->n_streams) {
		conn_linger(c);
		return;
	}
	if (over && !h->dead)
		h2_dead(h, NGHTTP2_NO_ERROR);
	if (h->dead && !h->n_streams)
		conn_close(c);
	else if (!h->dead)
		arm(f);
	else
		timer_set(h->local->loop, &c->timer, NEVER, time_up, c);
}

static void head(struct h2_stream *s)
{
	struct h2_front *f = (struct h2_front *)s->h2;
	struct h2_call *c = h2_call_of(s);
	h2_request_whole(c);
	c->next_ready = NULL;
	*f->ready_end = c;
	f->ready_end = &c->next_ready;
}

static void start_ready(struct h2 *h)
{
	struct h2_front *f = (struct h2_front *)h;
	struct h2_call *c = f->ready;
	f->ready = NULL;
	f->ready_end = &f->ready;
	for (struct h2_call *next; c; c = next) {
		next = c->next_ready;
		h2_call_run(c);
	}
}

/* The answer to our PING: what was on its way before the client heard of the end has come by now. */
static void frame(struct h2 *h, const nghttp2_frame_hd *hd)
{
	struct h2_front *f = (struct h2_front *)h;
	bool pong = hd->type == NGHTTP2_PING && (hd->flags & NGHTTP2_FLAG_ACK);
	if (pong && f->draining && !f->goodbye)
		say_goodbye(f);
}

static const struct h2_end front = { .opened = h2_call_open,
	                             .field = h2_request_field,
	                             .head = head,
	                             .closed = h2_call_closed,
	                             .frame = frame,
	                             .fed = start_ready,
	                             .settle = settle };

/* RFC 9113 §6.8: first that the end is near, and after a round trip which streams were the last. */
static void last(struct conn *c)
{
	struct h2_front *f = c->h2;
	if (f->draining || f->h2.dead)
		return;
	f->draining = true;
	f->drain_ms = now(f);
	(void)nghttp2_submit_shutdown_notice(f->h2.session);
	(void)nghttp2_submit_ping(f->h2.session, NGHTTP2_FLAG_NONE, NULL);
	h2_turn(&f->h2);
}

static void cancel(struct conn *c)
{
	h2_dead(&c->h2->h2, NGHTTP2_NO_ERROR);
	h2_work(&c->h2->h2);
}

static void ban(struct conn *c)
{
	struct ban *b = c->server->conf.ban;
	if (b && ban_put(b, c->from, loop_now_ms(c->server->local->loop)))
		log_warn("address_banned", LOG_STR("client", sock_peer_ip(c->sock)));
}

static void finish(struct conn *c)
{
	if (c->h2->h2.flooded)
		ban(c);
	h2_finish(&c->h2->h2);
	free(c->h2);
	c->h2 = NULL;
}

static const struct protocol h2 = { .last = last, .cancel = cancel, .finish = finish };

static void on_ready(void *arg, unsigned ready)
{
	struct conn *c = arg;
	(void)ready;
	h2_work(&c->h2->h2);
}

void h2_front_begin(struct conn *c)
{
	struct h2_front *f = calloc(1, sizeof *f);
	must(f);
	c->h2 = f;
	conn_speak(c, &h2, on_ready);
	f->conn = c;
	f->ready_end = &f->ready;
	h2_begin(&f->h2, &front, c->server->local, c->sock);
	new_session(f);
	if (c->server->last)
		last(c);
	if (c->in) {
		f->h2.busy = true;
		h2_feed(&f->h2, read_buf_window(c->in));
		read_buf_give(c->server->local, &c->in);
	}
	h2_work(&f->h2);
}
