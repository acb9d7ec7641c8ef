/* SPDX-License-Identifier: Apache-2.0 */
/* What nghttp2 has to say, gathered into as few writes as may be.
 * While the socket takes nothing, nothing more is asked of nghttp2: what waits is in its bounded queues
 * and behind the streams' windows.
 * Source: nghttp2_session_mem_send(3). */
#include <string.h>

#include "http/h2.h"

/* One try; *rest: what was not taken. */
static bool try_write(struct h2 *h, str bytes, str *rest)
{
	*rest = bytes;
	while (rest->n) {
		struct iovec v = { (void *)rest->p, rest->n };
		size_t put;
		if (sock_try_write(h->sock, &v, 1, &put).code)
			return false;
		if (!put)
			break;
		h->moved_ms = loop_now_ms(h->local->loop);
		*rest = str_sub(*rest, put, STR_NPOS);
	}
	return true;
}

/* Empties out; *blocked: not all of it went. */
static bool flush(struct h2 *h, bool *blocked)
{
	str rest;
	*blocked = false;
	if (!h->out)
		return true;
	if (!try_write(h, read_buf_window(h->out), &rest))
		return false;
	h->out->at = h->out->end - rest.n;
	*blocked = rest.n > 0;
	if (!*blocked)
		h->out->at = h->out->end = 0;
	return true;
}

static void keep(struct h2 *h, str bytes)
{
	if (!h->out)
		h->out = read_buf_take(h->local, bytes.n);
	must(h->out->cap - h->out->end >= bytes.n);
	memcpy(h->out->bytes + h->out->end, bytes.p, bytes.n);
	h->out->end += bytes.n;
}

/* A frame that does not fit beside others goes out without being copied. */
static bool send_pending(struct h2 *h, bool *blocked)
{
	str rest;
	if (!flush(h, blocked))
		return false;
	if (*blocked)
		return true;
	read_buf_give(h->local, &h->out);
	if (!try_write(h, h->pending, &rest))
		return false;
	h->pending = S("");
	if (rest.n)
		keep(h, rest);
	*blocked = rest.n > 0;
	return true;
}

bool h2_pump(struct h2 *h)
{
	bool blocked = false;
	for (;;) {
		if (h->pending.n) {
			if (!send_pending(h, &blocked))
				return false;
			if (blocked)
				return true;
		}
		const uint8_t *p;
		ssize_t n = nghttp2_session_mem_send(h->session, &p);
		if (n < 0)
			return false;
		if (n == 0)
			break;
		str frame = str_from(p, (size_t)n);
		if ((h->out ? h->out->cap - h->out->end : READ_BUF) >= frame.n)
			keep(h, frame);
		else
			h->pending = frame;
	}
	if (!flush(h, &blocked))
		return false;
	if (!blocked)
		read_buf_give(h->local, &h->out);
	return true;
}
