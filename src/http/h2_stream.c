/* SPDX-License-Identifier: Apache-2.0 */
/* A stream's exchange: an arena, a fiber, the same handler as HTTP/1.1.
 * It counts against the connection's limit until its fiber has returned, also when it was reset.
 * Source: RFC 9113 §5.1, §8.1; house ("waiting"). */
#include "http/h2_front.h"

static struct http_server *server_of(const struct h2_call *c)
{
	return h2_conn_of(&c->stream)->server;
}

/* The client is told to send its body when the handler first waits for it (RFC 9110 §10.1.1). */
static void say_continue(struct h2_stream *s)
{
	nghttp2_nv status = { (uint8_t *)":status", (uint8_t *)"100", 7, 3, NGHTTP2_NV_FLAG_NONE };
	s->before_wait = NULL;
	(void)nghttp2_submit_headers(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NULL, &status, 1,
	                             NULL);
	h2_soon(s->h2);
}

struct h2_stream *h2_call_open(struct h2 *h, int32_t id)
{
	struct conn *conn = ((struct h2_front *)h)->conn;
	struct http_server *server = conn->server;
	if (h->n_streams >= server->conf.limits.streams) /* some were reset, and still run */
		return NULL;
	struct arena *a = server_arena(server);
	struct h2_call *c = arena_new(a, struct h2_call);
	c->length = -1;
	c->request.kind = MESSAGE_REQUEST;
	c->request.version = 20;
	c->call = (struct http_call){ .arena = a,
		                      .loop = h->local->loop,
		                      .sock = h->sock,
		                      .request = &c->request,
		                      .arg = server->conf.arg,
		                      .answer = h2_answer,
		                      .received_start_ms = loop_utc_ms(h->local->loop) };
	c->interim.pass = h2_interim;
	c->call.interim = &c->interim;
	c->stream.id = id;
	c->stream.arena = a;
	c->stream.io_ms = server->conf.limits.io_ms;
	h2_add_stream(h, &c->stream);
	return &c->stream;
}

static void drop(struct h2_call *c)
{
	struct http_server *server = server_of(c);
	struct arena *a = c->call.arena;
	h2_remove_stream(&c->stream);
	server_give_arena(server, &a);
}

/* An answer that was given whole is not the client's to cancel: what follows it runs to its end. */
void h2_call_closed(struct h2_stream *s, uint32_t code)
{
	struct h2_call *c = h2_call_of(s);
	(void)code;
	if (!s->whole) { /* neither has it a fiber, nor does it stand in the row for one */
		drop(c);
		return;
	}
	wake(&s->arrived);
	wake(&s->went);
	if (c->fiber && !s->out_ended)
		fiber_cancel(c->fiber);
}

/* RFC 9113 §8.1: who was answered before all of the request came is told to send no more. */
static void end(struct h2_call *c)
{
	struct h2_stream *s = &c->stream;
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
	h2_conn_of(s)->served = true;
	drop(c);
	h2_soon(h);
}

static void refuse(struct h2_call *c, unsigned status, const char *what)
{
	struct message *m = server_error_answer(server_of(c), c->call.arena, status, what);
	if (h2_answer(&c->call, m, NEVER).code)
		c->call.answered = true; /* the stream is reset */
}

static void run(void *arg)
{
	struct h2_call *c = arg;
	c->fiber = fiber_self();
	if (c->bad_status)
		refuse(c, c->bad_status, c->bad);
	else if (!server_of(c)->closed)
		server_of(c)->conf.handle(&c->call);
	if (!c->call.answered && !c->stream.closed)
		refuse(c, 500, "the request was not answered");
	c->fiber = NULL;
	end(c);
}

/* RFC 9113 §8.7: what was refused so was not looked at, and may be sent again. */
static void refuse_stream(struct h2_call *c)
{
	struct h2_stream *s = &c->stream;
	struct h2 *h = s->h2;
	(void)nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, s->id,
	                                NGHTTP2_REFUSED_STREAM);
	(void)nghttp2_session_set_stream_user_data(h->session, s->id, NULL);
	drop(c);
}

void h2_call_run(struct h2_call *c)
{
	struct h2_stream *s = &c->stream;
	if (s->closed || s->malformed) { /* or is about to be: no work for it */
		if (!s->closed)
			(void)nghttp2_session_set_stream_user_data(s->h2->session, s->id, NULL);
		drop(c);
		return;
	}
	c->call.received_end_ms = loop_utc_ms(c->call.loop);
	if (c->expects)
		c->stream.before_wait = say_continue;
	h2_body_begin(&c->stream, c->length, &c->request.body);
	if (fiber_start(c->call.loop, run, c).code)
		refuse_stream(c);
}
