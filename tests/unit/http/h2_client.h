/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of HTTP/2: nghttp2's client over a socket, a turn at a time, and what each of its streams got.
 * Included once by a test program, after cmocka.
 * Source: RFC 9113; nghttp2. */
#pragma once

#include "unit/http/h2_server.h"

enum { MAX_STREAMS = 64 };

struct client {
	struct arena *a;
	int fd;
	nghttp2_session *session;
	struct got { struct buf fields, body; bool closed; uint32_t code; } got[MAX_STREAMS]; /* by id / 2 */
	unsigned open;
	bool goaway, ended;
	uint32_t goaway_code;
	int32_t last_id;
	int goaways;
};

static struct got *of(struct client *c, int32_t id) { return &c->got[id / 2 % MAX_STREAMS]; }

static inline ssize_t c_send(nghttp2_session *s, const uint8_t *p, size_t n, int flags, void *arg)
{
	struct client *c = arg;
	(void)s, (void)flags;
	return say(c->fd, str_from(p, n)) ? (ssize_t)n : NGHTTP2_ERR_CALLBACK_FAILURE;
}
static inline int c_header(nghttp2_session *s, const nghttp2_frame *f, nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint8_t flags, void *arg)
{
	struct client *c = arg;
	(void)s, (void)flags;
	nghttp2_vec nv = nghttp2_rcbuf_get_buf(name), vv = nghttp2_rcbuf_get_buf(value);
	str n = str_from(nv.base, nv.len), v = str_from(vv.base, vv.len);
	if (str_eq(n, S("date")))
		return 0;
	if (str_eq(n, S(":status")))
		buf_fmt(&of(c, f->hd.stream_id)->fields, "%.*s", STR(v));
	else
		buf_fmt(&of(c, f->hd.stream_id)->fields, " %.*s=%.*s", STR(n), STR(v));
	return 0;
}
static inline int c_data(nghttp2_session *s, uint8_t flags, int32_t id, const uint8_t *p, size_t n, void *arg)
{
	(void)s, (void)flags;
	buf_add(&of(arg, id)->body, str_from(p, n));
	return 0;
}
static inline int c_close(nghttp2_session *s, int32_t id, uint32_t code, void *arg)
{
	struct client *c = arg;
	(void)s;
	of(c, id)->closed = true;
	of(c, id)->code = code;
	c->open--;
	return 0;
}
static inline int c_frame(nghttp2_session *s, const nghttp2_frame *f, void *arg)
{
	struct client *c = arg;
	(void)s;
	if (f->hd.type == NGHTTP2_GOAWAY) {
		c->goaways++;
		c->goaway = true;
		c->goaway_code = f->goaway.error_code;
		c->last_id = f->goaway.last_stream_id;
	}
	return 0;
}

static inline void client_open(struct client *c, uint32_t window)
{
	nghttp2_session_callbacks *k;
	nghttp2_option *o;
	nghttp2_settings_entry settings[] = { { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window } };
	memset(c, 0, sizeof *c);
	c->a = arena_create(0, 0);
	for (int i = 0; i < MAX_STREAMS; i++)
		c->got[i].fields = c->got[i].body = buf_in(c->a);
	c->fd = dial(t.port);
	nghttp2_session_callbacks_new(&k);
	nghttp2_session_callbacks_set_send_callback(k, c_send);
	nghttp2_session_callbacks_set_on_header_callback2(k, c_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(k, c_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(k, c_close);
	nghttp2_session_callbacks_set_on_frame_recv_callback(k, c_frame);
	nghttp2_option_new(&o);
	nghttp2_option_set_no_http_messaging(o, 1); /* may send what it should not */
	if (window < 65535)
		nghttp2_option_set_no_auto_window_update(o, 1);
	nghttp2_session_client_new2(&c->session, k, c, o);
	nghttp2_option_del(o);
	nghttp2_session_callbacks_del(k);
	nghttp2_submit_settings(c->session, 0, settings, COUNT(settings));
}

static inline void client_close(struct client *c)
{
	nghttp2_session_del(c->session);
	close(c->fd);
	arena_destroy(&c->a);
}

/* Sends, and reads once, ms at most. */
static inline bool client_turn(struct client *c, int ms)
{
	uint8_t bytes[65536];
	nghttp2_session_send(c->session);
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	if (poll(&p, 1, ms) != 1)
		return false;
	ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
	c->ended = n <= 0;
	if (n > 0 && nghttp2_session_mem_recv(c->session, bytes, (size_t)n) < 0)
		c->ended = true;
	nghttp2_session_send(c->session);
	return n > 0;
}
static inline void client_finish(struct client *c) /* until no stream is open */
{
	for (int i = 0; i < 2000 && c->open && !c->ended; i++)
		if (!client_turn(c, PATIENCE_MS))
			break;
}

struct sent { const char *p; size_t n, at; };
/* NOLINTNEXTLINE(readability-function-size): its parameters are nghttp2's */
static inline ssize_t sent_read(nghttp2_session *s, int32_t id, uint8_t *buf, size_t n, uint32_t *flags, nghttp2_data_source *source,
                         void *arg)
{
	struct sent *b = source->ptr;
	(void)s, (void)id, (void)arg;
	n = n < b->n - b->at ? n : b->n - b->at;
	memcpy(buf, b->p + b->at, n);
	b->at += n;
	if (b->at == b->n)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

/* fields: "name=value|name=value"; "+x" leaves the usual pseudo fields and adds x. */
static inline int32_t ask(struct client *c, const char *fields, struct sent *body)
{
	static const char usual[] = ":method=GET|:scheme=http|:authority=a|:path=/";
	nghttp2_nv v[64];
	size_t n = 0;
	str all = fields[0] == '+' ? str_fmt(c->a, "%s%s%s", usual, fields[1] && fields[1] != '/' ? "|" : "", fields + 1) : str_from_z(fields);
	if (fields[0] == '/')
		all = str_fmt(c->a, ":method=%s|:scheme=http|:authority=a|:path=%s", body ? "POST" : "GET", fields);
	for (str rest = all; str_given(rest);) {
		str one = str_cut(&rest, '|');
		str name = str_sub(one, 0, str_find_char(one, '='));
		str value = str_sub(one, name.n + 1, STR_NPOS);
		v[n++] = (nghttp2_nv){ (uint8_t *)name.p, (uint8_t *)(value.p ? value.p : ""), name.n, value.n, 0 };
	}
	nghttp2_data_provider provider = { .source.ptr = body, .read_callback = sent_read };
	int32_t id = nghttp2_submit_request(c->session, NULL, v, n, body ? &provider : NULL, NULL);
	assert_true(id > 0);
	c->open++;
	return id;
}
