/* SPDX-License-Identifier: Apache-2.0 */
/* A target's HTTP/2 connection: which has room, the clock, GOAWAY, the end.
 * It is in its origin's list until it is freed; that it takes no more is found out when one looks.
 * Source: RFC 9113 §5.1.2, §6.5.2, §6.8, §9.1. */
#include "http/h2_target.h"

#include <stdlib.h>

enum { WINDOW = 1 << 20, STREAM_WINDOW = 128 * 1024, MOST_STREAMS = 1000 };

static struct h2_target *target_of(struct h2 *h) { return (struct h2_target *)h; }

static void target_free(struct h2_target *t)
{
	struct origin *o = t->origin;
	struct h2_target **at = origin_h2(o);
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	timer_cancel(&t->timer);
	h2_finish(&t->h2);
	sock_close(&t->h2.sock);
	free(t);
	origin_release(&o);
}

static void idle_long(void *target)
{
	struct h2_target *t = target;
	if (!t->h2.n_streams)
		target_free(t);
}

static void settle(struct h2 *h)
{
	struct h2_target *t = target_of(h);
	bool over =
		!nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session);
	if (over && !h->dead && h->n_streams) /* we have found its frames wrong */
		h2_dead(h, NGHTTP2_PROTOCOL_ERROR);
	if (h->n_streams)
		return;
	if (over || h->dead || t->leaving || h->local->drained)
		target_free(t);
	else
		timer_set(h->local->loop, &t->timer, (deadline){ h->idle_ms + t->keep_ms },
		          idle_long, t);
}

static struct h2_stream *refuse_push(struct h2 *h, int32_t id)
{
	(void)h, (void)id;
	return NULL;
}

static void frame(struct h2 *h, const nghttp2_frame_hd *hd)
{
	if (hd->type == NGHTTP2_GOAWAY)
		target_of(h)->leaving = true;
}

static void fed(struct h2 *h) { (void)h; }

static const struct h2_end end = { .opened = refuse_push,
	                           .field = h2_answer_field,
	                           .head = h2_answer_head,
	                           .closed = h2_ask_closed,
	                           .frame = frame,
	                           .fed = fed,
	                           .settle = settle };

static void on_ready(void *arg, unsigned ready)
{
	(void)ready;
	h2_work(arg);
}

static bool has_room(const struct h2_target *t)
{
	const struct h2 *h = &t->h2;
	uint32_t most = nghttp2_session_get_remote_settings(
		h->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
	return !h->dead && !t->leaving && nghttp2_session_check_request_allowed(h->session) &&
	       h->n_streams < (most < MOST_STREAMS ? most : MOST_STREAMS);
}

struct h2_target *h2_target_with_room(struct origin *o)
{
	struct h2_target *t = *origin_h2(o);
	while (t && !has_room(t))
		t = t->next;
	return t;
}

struct h2_target *h2_target_new(struct origin *o, struct sock *sock, int64_t keep_ms)
{
	static const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 64 * 1024 },
	};
	struct h2_target *t = calloc(1, sizeof *t);
	must(t);
	t->origin = o;
	t->keep_ms = keep_ms;
	t->next = *origin_h2(o);
	*origin_h2(o) = t;
	origin_share(o);
	h2_begin(&t->h2, &end, origin_local(o), sock);
	h2_session_new(&t->h2, false);
	must(!nghttp2_submit_settings(t->h2.session, NGHTTP2_FLAG_NONE, settings,
	                              sizeof settings / sizeof *settings));
	must(!nghttp2_session_set_local_window_size(t->h2.session, NGHTTP2_FLAG_NONE, 0, WINDOW));
	sock_on_ready(sock, on_ready, t);
	return t;
}

void h2_targets_close_idle(struct h2_target *t)
{
	for (struct h2_target *next; t; t = next) {
		next = t->next;
		if (!t->h2.n_streams)
			target_free(t);
		else
			t->leaving = true;
	}
}
