/* SPDX-License-Identifier: Apache-2.0 */
/* One request to a target and the head of its answer.
 * A wire goes back to the pool only when both messages are over; in every other case it is closed.
 * Source: RFC 9110 §9.2.2; RFC 9112 §9.3, §9.5. */
#include "http/h2_target.h"

enum { MAX_INTERIM = 64 };

static const struct h1_limits answer_limits = { .line = 7168, .head = 64 * 1024, .headers = 256 };

/* ---- the end ---- */

/* The answer's last byte has come: others may use the wire while this exchange goes on. */
static void answer_over(struct h1_body *b)
{
	struct fetch *f = (struct fetch *)b;
	const struct read_buf *buf = *h1_body_buf(b);
	if (!f->wire)
		return;
	if (f->sent && f->head.keep_alive && buf->at == buf->end)
		wire_keep(&f->wire, f->times.keep_ms);
	else
		wire_close(&f->wire);
}

static err meanwhile(struct h1_body *b, struct wait *w, deadline until)
{
	return fetch_wait((struct fetch *)b, w, until);
}

static void way_end(struct fetch *f)
{
	if (f->way)
		f->way->end(f);
	f->way = NULL;
}

static void fetch_end(void *arg)
{
	struct fetch *f = arg;
	way_end(f);
	read_buf_give(f->local, &f->body.more);
	read_buf_give(f->local, &f->buf);
	origin_release(&f->origin);
	local_release(&f->local);
}

/* ---- the answer's head ---- */

/* RFC 9110 §15.2: a proxy passes interim answers on, save those that it asked for itself. */
err fetch_pass_on(struct fetch *f, const struct message *m)
{
	if (++f->n_interim > MAX_INTERIM)
		return fetch_fail(f, HTTP_BAD_ANSWER, ERR_SYNTAX);
	if (!f->interim || m->status == 100)
		return DONE;
	return f->interim->pass(f->interim, m, f->until).code ? FAIL(ERR_CANCELED) : DONE;
}

/* Scans what is there; passes 1xx on. */
static err scan(struct fetch *f)
{
	for (;;) {
		struct read_buf *b = f->buf;
		if (b->at == b->end)
			return DONE;
		err e = h1_response(f->arena, read_buf_window(b), &answer_limits, f->request->verb,
		                    f->response, &f->head);
		if (e.code)
			return fetch_fail(f,
			                  e.code == ERR_LIMIT ? HTTP_HEAD_TOO_BIG : HTTP_BAD_ANSWER,
			                  e.code);
		if (f->head.size == 0)
			return DONE;
		bool switched = f->response->status == 101;
		f->answered = f->response->status >= 200 ||
		              (switched && f->request->tunnel && f->head.websocket);
		if (f->answered)
			return DONE;
		if (switched) /* nobody asked for that */
			return fetch_fail(f, HTTP_BAD_ANSWER, ERR_SYNTAX);
		TRY(fetch_pass_on(f, f->response));
		b->at += f->head.size;
		f->head = (struct h1_head){ 0 };
	}
}

static void make_room(struct fetch *f)
{
	struct read_buf *b = f->buf;
	if (b->end < b->cap)
		return;
	if (b->at > 0) {
		memmove(b->bytes, b->bytes + b->at, b->end - b->at);
		b->end -= b->at;
		b->at = 0;
	} else {
		read_buf_grow(f->local, &f->buf, answer_limits.head + READ_BUF);
	}
}

static err took(struct fetch *f, size_t got)
{
	f->buf->end += got;
	return got ? scan(f) : DONE;
}

err fetch_look_for_answer(struct fetch *f)
{
	size_t got;
	do {
		make_room(f);
		struct read_buf *b = f->buf;
		err e = sock_try_read(f->wire->sock, b->bytes + b->end, b->cap - b->end, &got);
		if (e.code)
			return fetch_io_failed(f, e);
		TRY(took(f, got));
	} while (got && !f->answered);
	if (!f->answered && sock_ended(f->wire->sock))
		return fetch_fail(f, HTTP_UNEXPECTED_END, ERR_IO);
	return DONE;
}

static err read_head(struct fetch *f)
{
	while (!f->answered) {
		size_t got;
		make_room(f);
		struct read_buf *b = f->buf;
		err e = sock_read(f->wire->sock, b->bytes + b->end, b->cap - b->end, &got,
		                  fetch_io(f));
		if (e.code)
			return fetch_io_failed(f, e);
		if (got == 0)
			return fetch_fail(f, HTTP_UNEXPECTED_END, ERR_IO);
		TRY(took(f, got));
	}
	return DONE;
}

/* ---- the whole ---- */

static enum http_failure connect_failure(enum err_code code)
{
	switch (code) {
	case ERR_TIMEOUT:
		return HTTP_CONNECT_TIMEOUT;
	case ERR_NOT_FOUND:
	case ERR_LIMIT:
		return HTTP_RESOLVE;
	case ERR_SYNTAX:
		return HTTP_TLS;
	case ERR_DENIED:
		return HTTP_DENIED;
	default:
		return HTTP_CONNECT_REFUSED;
	}
}

static err connect_anew(struct fetch *f, bool h2, deadline until, struct h2_target **t)
{
	struct sock *s;
	TRY(origin_connect(f->origin, until, &s, &h2));
	if (h2)
		*t = h2_target_new(f->origin, s, f->times.keep_ms);
	else
		f->wire = wire_new(f->origin, s);
	return DONE;
}

/* A connection with room for one more; a WebSocket needs HTTP/1.1, and who asks for HTTP/1.0 gets it. */
static err find_connection(struct fetch *f, bool fresh, struct h2_target **t)
{
	bool h2 = !f->request->tunnel && !f->http10, waited = !fresh;
	deadline until = http_io_deadline(f->local, f->times.connect_ms, f->until);
	while (waited) {
		*t = h2 ? h2_target_with_room(f->origin) : NULL;
		f->wire = *t ? NULL : wire_take(f->origin);
		f->reused = *t || f->wire;
		if (f->reused)
			return DONE;
		waited = false;
		if (h2)
			TRY(origin_wait(f->origin, until, &waited));
	}
	f->reused = false;
	return connect_anew(f, h2, until, t);
}

static err take_way(struct fetch *f, bool fresh)
{
	struct h2_target *t = NULL;
	err e = find_connection(f, fresh, &t);
	if (e.code)
		return fetch_fail(f, connect_failure(e.code), e.code);
	if (t)
		h2_ask_begin(f, t);
	else
		f->way = &h1_way;
	return DONE;
}

/* A kept connection that turns out dead: nothing came, and nothing went out or it may go out again; or a
 * target that says that it did not look (RFC 9113 §8.7). */
static bool may_retry(const struct fetch *f, err e)
{
	if (e.code != ERR_IO || f->why != HTTP_UNEXPECTED_END || !f->way)
		return false;
	if (f->unseen)
		return !f->streamed;
	return f->reused && f->buf->end == 0 && !f->n_interim &&
	       (f->put == 0 || (!f->streamed && http_idempotent(f->request->verb)));
}

/* Whoever made the connection, and before anything is said on it. */
static err look_at_name(struct fetch *f, const struct http_origin *o)
{
	if (!o->tls || !o->expected_cn.n)
		return DONE;
	const struct tls_peer *peer = sock_tls_peer_keep(f->arena, f->way->sock(f));
	bool is_it = peer && str_ieq(tls_peer_fact(f->arena, peer, TLS_PEER_CN), o->expected_cn);
	return is_it ? DONE : fetch_fail(f, HTTP_TLS, ERR_SYNTAX);
}

static err try_once(struct fetch *f, const struct http_origin *o, bool fresh)
{
	TRY(take_way(f, fresh));
	TRY(look_at_name(f, o));
	TRY(f->way->head(f, o));
	TRY(fetch_send(f));
	return f->way->read_head(f);
}

static struct http_timeouts usual_times(const struct http_timeouts *t)
{
	return (struct http_timeouts){
		.connect_ms = t->connect_ms ? t->connect_ms : 3000,
		.io_ms = t->io_ms ? t->io_ms : 55000,
		.keep_ms = t->keep_ms ? t->keep_ms : 60000,
	};
}

static struct fetch *fetch_begin(struct arena *a, const struct http_origin *o,
                                 struct message *request, deadline until)
{
	struct fetch *f = arena_new(a, struct fetch);
	f->arena = a;
	f->local = local_hold(loop_self());
	f->origin = origin_hold(f->local->pool, o);
	f->buf = read_buf_take(f->local, READ_BUF);
	f->times = usual_times(&o->times);
	f->until = until;
	f->interim = o->interim;
	f->http10 = o->http10;
	f->request = request;
	f->response = arena_new(a, struct message);
	arena_defer(a, fetch_end, f);
	return f;
}

/* From here on both sides are bytes: the target's are the answer's tunnel, the client's go out as the
 * rest of a body without end. */
static void tunnel_begin(struct fetch *f)
{
	struct body raw;
	f->head.framing = H1_UNTIL_CLOSE;
	f->head.keep_alive = false;
	h1_body_begin(&f->body, &f->head, &raw);
	f->response->tunnel = raw.source;
	f->rest = (struct body){ BODY_STREAM, S(""), f->request->tunnel, -1 };
	f->tunnels = true;
	f->chunked = f->ended = f->sent = false;
	f->body.moved_ms = f->moved_ms = loop_now_ms(f->local->loop);
}

static void answer_begin(struct fetch *f)
{
	struct h1_body *b = &f->body;
	f->buf->at += f->head.size;
	b->local = f->local;
	b->sock = f->wire->sock;
	b->buf = &f->buf;
	b->io_ms = f->times.io_ms;
	b->on_over = answer_over;
	b->meanwhile = meanwhile;
	b->arena = f->arena;
	if (f->response->status == 101)
		tunnel_begin(f);
	else
		h1_body_begin(b, &f->head, &f->response->body);
}

static struct wait writable(struct fetch *f) { return sock_wait(f->wire->sock, READY_WRITE); }
static struct wait readable(struct fetch *f) { return sock_wait(f->wire->sock, READY_READ); }
static struct sock *sock_of(const struct fetch *f) { return f->wire->sock; }
static void end(struct fetch *f) { wire_close(&f->wire); }

const struct fetch_way h1_way = { .head = h1_ask_head,
	                          .frame = h1_ask_frame,
	                          .put = h1_ask_put,
	                          .writable = writable,
	                          .readable = readable,
	                          .look = fetch_look_for_answer,
	                          .read_head = read_head,
	                          .answer = answer_begin,
	                          .end = end,
	                          .sock = sock_of };

err http_fetch(struct arena *a, const struct http_origin *o, struct message *request,
               deadline until, struct message **response, enum http_failure *why)
{
	struct fetch *f = fetch_begin(a, o, request, until);
	err e = fetch_prepare(f);
	if (!e.code)
		e = try_once(f, o, false);
	if (e.code && may_retry(f, e)) {
		way_end(f);
		f->why = HTTP_FAILED_NOT;
		f->put = 0;
		e = try_once(f, o, true);
	}
	*why = f->why;
	if (e.code) {
		way_end(f);
		return e;
	}
	if (o->peer_ip)
		*o->peer_ip = str_dup(a, sock_peer_ip(f->way->sock(f)));
	if (o->peer)
		*o->peer = sock_tls_peer_keep(a, f->way->sock(f));
	f->way->answer(f);
	f->request = NULL;
	*response = f->response;
	return DONE;
}
