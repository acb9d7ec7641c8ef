/* SPDX-License-Identifier: Apache-2.0 */
/* A stream's exchange: an arena, a fiber, the same handler as HTTP/1.1.
 * It counts against the connection's limit until its fiber has returned, also when it was reset.
 * Source: RFC 9113 §5.1, §8.1; house ("waiting"). */
#include "http/h2.h"

static struct http_server *server_of(const struct h2_stream *s) { return s->h2->conn->server; }

struct h2_stream *h2_stream_open(struct h2 *h, int32_t id)
{
	struct http_server *server = h->conn->server;
	struct arena *a = server_arena(server);
	struct h2_stream *s = arena_new(a, struct h2_stream);
	s->h2 = h;
	s->id = id;
	s->length = -1;
	s->request.kind = MESSAGE_REQUEST;
	s->request.version = 20;
	s->call = (struct http_call){ .arena = a,
		                      .loop = server->local->loop,
		                      .sock = h->conn->sock,
		                      .request = &s->request,
		                      .arg = server->conf.arg,
		                      .answer = h2_answer,
		                      .received_start_ms = loop_utc_ms(server->local->loop) };
	s->interim.pass = h2_interim;
	s->call.interim = &s->interim;
	s->next = h->streams;
	if (s->next)
		s->next->prev = s;
	h->streams = s;
	h->n_streams++;
	return s;
}

void h2_stream_drop(struct h2_stream *s)
{
	struct h2 *h = s->h2;
	struct arena *a = s->call.arena;
	h2_body_drop(s);
	*(s->prev ? &s->prev->next : &h->streams) = s->next;
	if (s->next)
		s->next->prev = s->prev;
	server_give_arena(h->conn->server, &a);
	h->idle_ms = loop_now_ms(h->conn->server->local->loop);
	h->n_streams--;
}

/* An answer that was given whole is not the client's to cancel: what follows it runs to its end. */
void h2_stream_cancel(struct h2_stream *s)
{
	wake(&s->arrived);
	wake(&s->went);
	if (s->fiber && !s->out_ended)
		fiber_cancel(s->fiber);
}

/* RFC 9113 §8.1: who was answered before all of the request came is told to send no more. */
static void end(struct h2_stream *s)
{
	struct h2 *h = s->h2;
	s->piece = S("");
	if (!s->closed) {
		if (!s->out_ended)
			(void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, s->id,
			                                NGHTTP2_INTERNAL_ERROR);
		else if (!s->in_ended)
			(void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, s->id,
			                                NGHTTP2_NO_ERROR);
		(void)nghttp2_session_set_stream_user_data(h->session, s->id, NULL);
	}
	h->conn->served = true;
	h2_stream_drop(s);
	h2_soon(h);
}

static void refuse(struct h2_stream *s, unsigned status, const char *what)
{
	struct message *m = server_error_answer(server_of(s), s->call.arena, status, what);
	if (h2_answer(&s->call, m, NEVER).code)
		s->call.answered = true; /* the stream is reset */
}

static void run(void *arg)
{
	struct h2_stream *s = arg;
	s->fiber = fiber_self();
	if (s->bad_status)
		refuse(s, s->bad_status, s->bad);
	else if (!server_of(s)->closed)
		server_of(s)->conf.handle(&s->call);
	if (!s->call.answered && !s->closed)
		refuse(s, 500, "the request was not answered");
	s->fiber = NULL;
	end(s);
}

/* RFC 9113 §8.7: what was refused so was not looked at, and may be sent again. */
static void refuse_stream(struct h2_stream *s)
{
	struct h2 *h = s->h2;
	(void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, s->id,
	                                NGHTTP2_REFUSED_STREAM);
	(void)nghttp2_session_set_stream_user_data(h->session, s->id, NULL);
	h2_stream_drop(s);
}

void h2_stream_run(struct h2_stream *s)
{
	if (s->closed) {
		h2_stream_drop(s);
		return;
	}
	s->call.received_end_ms = loop_utc_ms(s->call.loop);
	h2_body_begin(s);
	if (fiber_start(s->call.loop, run, s).code)
		refuse_stream(s);
}
