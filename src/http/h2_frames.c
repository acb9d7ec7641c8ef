/* SPDX-License-Identifier: Apache-2.0 */
/* What nghttp2 calls: frames to streams, at either end.
 * Nothing here waits, starts a fiber or ends the connection; fibers are woken, and heads that are whole
 * stand in a row until nghttp2 has returned.
 * Source: RFC 9113 §5, §6, §8; nghttp2's callbacks. */
#include <pthread.h>

#include "http/h2.h"

static struct h2_stream *stream_of(nghttp2_session *session, int32_t id)
{
	return nghttp2_session_get_stream_user_data(session, id);
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *arg)
{
	struct h2 *h = arg;
	(void)session;
	if (hd->type != NGHTTP2_CONTINUATION)
		h->in_head = false;
	return 0;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h = arg;
	h->in_head = true;
	h->head_bytes = 0;
	h->head_ms = loop_now_ms(h->local->loop);
	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	int32_t id = frame->hd.stream_id;
	struct h2_stream *s = h->end->opened(h, id);
	int failed = s ? nghttp2_session_set_stream_user_data(session, id, s)
	               : nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id,
	                                           NGHTTP2_REFUSED_STREAM);
	return failed ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static str text(nghttp2_rcbuf *b)
{
	nghttp2_vec v = nghttp2_rcbuf_get_buf(b);
	return str_from(v.base, v.len);
}

/* A bomb of HPACK: a byte each names a field of kilobytes.  What is over the limit of heads is not kept, but it is
 * decoded and looked at; so much of it ends the connection. */
static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *arg)
{
	enum { BOMB = 256 * 1024 };
	struct h2 *h = arg;
	struct h2_stream *s = stream_of(session, frame->hd.stream_id);
	(void)flags;
	h->head_bytes += text(name).n + text(value).n;
	if (h->head_bytes > BOMB)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	return !s || h->end->field(s, text(name), text(value))
	               ? 0
	               : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* RFC 9113 §8.2.1: such a message is malformed; nghttp2 resets the stream. */
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
                             nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint8_t flags, void *arg)
{
	struct h2_stream *s = stream_of(session, frame->hd.stream_id);
	(void)name, (void)value, (void)flags, (void)arg;
	if (s)
		s->malformed = true;
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* What nghttp2 resets a stream for, which it does when next it sends. */
static int on_invalid(nghttp2_session *session, const nghttp2_frame *frame, int why, void *arg)
{
	struct h2_stream *s = stream_of(session, frame->hd.stream_id);
	(void)why, (void)arg;
	if (s)
		s->malformed = true;
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h = arg;
	const nghttp2_frame_hd *hd = &frame->hd;
	h->end->frame(h, hd);
	if (hd->type != NGHTTP2_HEADERS && hd->type != NGHTTP2_DATA)
		return 0;
	h->in_head = false;
	struct h2_stream *s = stream_of(session, hd->stream_id);
	if (!s)
		return 0;
	if (hd->flags & NGHTTP2_FLAG_END_STREAM)
		s->in_ended = true;
	if (hd->type == NGHTTP2_HEADERS && !s->whole)
		h->end->head(s);
	wake(&s->arrived);
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t n, void *arg)
{
	struct h2_stream *s = stream_of(session, id);
	(void)flags, (void)arg;
	if (nghttp2_session_consume_connection(session, n))
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if (s)
		h2_body_add(s, str_from(data, n));
	return 0;
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	enum { FRAME_HEAD = 9 };
	const nghttp2_frame_hd *hd = &frame->hd;
	if (hd->type == NGHTTP2_RST_STREAM)
		h2_charge_reset(arg, frame->rst_stream.error_code);
	if (hd->type == NGHTTP2_HEADERS)
		h2_credit(arg, 0, true);
	if (hd->type != NGHTTP2_HEADERS && hd->type != NGHTTP2_DATA)
		return 0;
	struct h2_stream *s = stream_of(session, hd->stream_id);
	if (!s)
		return 0;
	s->bytes_out += hd->length + FRAME_HEAD;
	if (hd->flags & NGHTTP2_FLAG_END_STREAM) {
		s->out_ended = true;
		wake(&s->went);
	}
	return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s = stream_of(session, id);
	if (!s)
		return 0;
	s->closed = true;
	if (!s->whole)
		h->in_head = false;
	h->end->closed(s, code);
	return 0;
}

enum { MAX_ACKS = 100, RESETS = 500, RESETS_A_SECOND = 50 };
static nghttp2_session_callbacks *callbacks;
static nghttp2_option *options;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make(void)
{
	must(nghttp2_session_callbacks_new(&callbacks) == 0);
	nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback2(callbacks, on_invalid_header);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	must(nghttp2_option_new(&options) == 0);
	nghttp2_option_set_no_auto_window_update(options, 1);
	nghttp2_option_set_max_outbound_ack(options, MAX_ACKS);
	nghttp2_option_set_stream_reset_rate_limit(options, RESETS, RESETS_A_SECOND);
}

void h2_session_new(struct h2 *h, bool server)
{
	pthread_once(&once, make);
	h->payload = server ? NGHTTP2_CLIENT_MAGIC_LEN : 0; /* is no frame */
	must((server ? nghttp2_session_server_new2
	             : nghttp2_session_client_new2)(&h->session, callbacks, h, options) == 0);
}
