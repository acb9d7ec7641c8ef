/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/2 connection on its loop: reading, turns, breaking off.
 * Whatever happens to it ends with its end's settle(), once nghttp2 has returned.
 * Source: RFC 9113 §5.4, §6.9; house ("waiting"). */
#include "http/h2.h"

enum { READS_AT_ONCE = 16 };

static int64_t now(const struct h2 *h) { return loop_now_ms(h->local->loop); }

void h2_begin(struct h2 *h, const struct h2_end *end, struct http_local *local, struct sock *sock)
{
	h->end = end;
	h->local = local;
	h->sock = sock;
	h->idle_ms = h->moved_ms = h->heard_ms = now(h);
	h2_calm_begin(h);
}

void h2_finish(struct h2 *h)
{
	must(!h->n_streams);
	timer_cancel(&h->turn);
	read_buf_give(h->local, &h->out);
	nghttp2_session_del(h->session);
}

void h2_add_stream(struct h2 *h, struct h2_stream *s)
{
	s->h2 = h;
	s->next = h->streams;
	if (s->next)
		s->next->prev = s;
	h->streams = s;
	h->n_streams++;
}

void h2_remove_stream(struct h2_stream *s)
{
	struct h2 *h = s->h2;
	h2_body_drop(s);
	*(s->prev ? &s->prev->next : &h->streams) = s->next;
	if (s->next)
		s->next->prev = s->prev;
	h->idle_ms = now(h);
	h->n_streams--;
}

/* nghttp2 is not asked again. */
void h2_dead(struct h2 *h, uint32_t code)
{
	h->dead = true;
	for (struct h2_stream *s = h->streams, *next; s; s = next) {
		next = s->next;
		if (s->closed)
			continue;
		s->closed = true;
		h->end->closed(s, code);
	}
}

/* Of what is behind the bytes that were too much, nothing is read. */
static bool listens(const struct h2 *h) { return !h->dead && !h->flooded; }

void h2_feed(struct h2 *h, str bytes)
{
	h2_count(h, bytes);
	if (listens(h) &&
	    !h2_bears(h, nghttp2_session_mem_recv(h->session, (const uint8_t *)bytes.p, bytes.n)))
		h2_dead(h, NGHTTP2_PROTOCOL_ERROR);
	h->end->fed(h);
}

/* A peer that sends without end leaves the others their turn. */
static void read_all(struct h2 *h)
{
	struct read_buf *b = read_buf_take(h->local, READ_BUF);
	size_t got = 1;
	for (int i = 0; got && listens(h) && i < READS_AT_ONCE; i++) {
		if (sock_try_read(h->sock, b->bytes, b->cap, &got).code ||
		    (!got && sock_ended(h->sock))) {
			h2_dead(h, NGHTTP2_NO_ERROR);
		} else if (got) {
			h->heard_ms = now(h);
			h2_feed(h, str_from(b->bytes, got));
		}
	}
	read_buf_give(h->local, &b);
	if (got && listens(h))
		h2_turn(h);
}

void h2_work(struct h2 *h)
{
	h->busy = true;
	if (!h->dead)
		read_all(h);
	if (!h->dead && !h2_pump(h))
		h2_dead(h, NGHTTP2_NO_ERROR);
	h->end->fed(h); /* of a connection that broke: they are dropped */
	h->busy = false;
	h->end->settle(h);
}

static void on_turn(void *arg) { h2_work(arg); }

void h2_turn(struct h2 *h)
{
	timer_set(h->local->loop, &h->turn, (deadline){ now(h) }, on_turn, h);
}

/* One stream alone has its bytes sent at once; of several what is ready by the next turn goes out
 * together. */
void h2_soon(struct h2 *h)
{
	if (h->busy)
		return;
	if (h->n_streams > 1 && !h->dead) {
		h2_turn(h);
		return;
	}
	h->busy = true;
	if (!h->dead && !h2_pump(h))
		h2_dead(h, NGHTTP2_NO_ERROR);
	h->busy = false;
	h->end->settle(h);
}
