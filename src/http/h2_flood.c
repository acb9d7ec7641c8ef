/* SPDX-License-Identifier: Apache-2.0 */
/* An allowance of frames that cost us work and their sender nothing.
 * Frames are counted as they come, before nghttp2 passes some over without a word.  It fills with time and
 * with answers, so that who takes much may acknowledge much, and nobody lives on frames alone.
 * Source: RFC 9113 §4.1, §10.5; CVE-2019-9511 to 9518, CVE-2023-44487, CVE-2025-8671. */
#include <string.h>

#include "http/h2.h"

/* A browser that leaves a page may have asked for 128 things and resets them all: 3 each.  What comes beyond
 * that at once is small enough that 16 such connections do not keep the others waiting. */
enum { BURST = 500, A_SECOND = 200, PER_ANSWER = 10, BYTES = 1024, PER_RESET = 2 };
enum { QUEUE = 1000 }; /* frames that the peer does not take, beside what its streams carry */

void h2_calm_begin(struct h2 *h)
{
	h->calm = BURST;
	h->calm_ms = loop_now_ms(h->local->loop);
}

static void add(struct h2 *h, int64_t n) { h->calm = h->calm + n < BURST ? h->calm + n : BURST; }

static void charge(struct h2 *h, int64_t cost)
{
	int64_t now = loop_now_ms(h->local->loop), earned = (now - h->calm_ms) * A_SECOND / 1000;
	if (earned > 0) {
		add(h, earned);
		h->calm_ms = now;
	}
	h->calm -= cost;
	if (h->calm < 0 && !h->flooded)
		(void)nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
	h->flooded |= h->calm < 0;
}

/* DATA is paid for by its window, a head by its answer. */
static int64_t cost_of(const uint8_t head[9], size_t length)
{
	if (head[3] == NGHTTP2_DATA && (length || head[4] & NGHTTP2_FLAG_END_STREAM))
		return 0;
	return head[3] == NGHTTP2_RST_STREAM ? PER_RESET : 1;
}

void h2_count(struct h2 *h, str bytes)
{
	while (bytes.n && !h->flooded) {
		size_t n = h->payload ? h->payload : sizeof h->frame_head - h->frame_got;
		if (n > bytes.n)
			n = bytes.n;
		if (h->payload) {
			h->payload -= n;
		} else {
			memcpy(h->frame_head + h->frame_got, bytes.p, n);
			h->frame_got += n;
		}
		bytes = str_sub(bytes, n, STR_NPOS);
		if (h->frame_got < sizeof h->frame_head)
			continue;
		const uint8_t *f = h->frame_head;
		h->payload = (size_t)f[0] << 16 | (size_t)f[1] << 8 | f[2];
		h->frame_got = 0;
		charge(h, cost_of(f, h->payload));
	}
}

/* A client can have its streams reset by us, and never reset one itself. */
void h2_charge_reset(struct h2 *h, uint32_t code)
{
	if (!nghttp2_session_check_server_session(h->session))
		return;
	if (code == NGHTTP2_PROTOCOL_ERROR || code == NGHTTP2_FLOW_CONTROL_ERROR ||
	    code == NGHTTP2_STREAM_CLOSED)
		charge(h, PER_RESET);
}

bool h2_bears(struct h2 *h, ssize_t received)
{
	bool flood = received == NGHTTP2_ERR_FLOODED ||
	             received == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS ||
	             received == NGHTTP2_ERR_CALLBACK_FAILURE || /* h2_frames.c, a bomb */
	             nghttp2_session_get_outbound_queue_size(h->session) > QUEUE;
	h->flooded |= flood;
	return received >= 0 && !flood;
}

void h2_credit(struct h2 *h, size_t data, bool whole)
{
	add(h, whole ? PER_ANSWER : (int64_t)(data / BYTES));
}
