/* SPDX-License-Identifier: Apache-2.0 */
/* An allowance of frames that cost us work and their sender nothing.
 * It fills with time and with the answers' bytes, so that who takes much may acknowledge much, and
 * nobody lives on PING, SETTINGS, RST_STREAM, PRIORITY, WINDOW_UPDATE or empty DATA.
 * Source: RFC 9113 §10.5; CVE-2019-9511 to 9518, CVE-2023-44487. */
#include "http/h2.h"

enum { BURST = 1000, A_SECOND = 200, PER_DATA = 10, BYTES = 1024 };

void h2_calm_begin(struct h2 *h)
{
	h->calm = BURST;
	h->calm_ms = loop_now_ms(h->local->loop);
}

static void add(struct h2 *h, int64_t n) { h->calm = h->calm + n < BURST ? h->calm + n : BURST; }

static bool is_work(const nghttp2_frame_hd *f)
{
	if (f->type == NGHTTP2_HEADERS || f->type == NGHTTP2_CONTINUATION)
		return false; /* the limits of heads and streams are for those */
	return f->type != NGHTTP2_DATA || (f->length == 0 && !(f->flags & NGHTTP2_FLAG_END_STREAM));
}

void h2_charge(struct h2 *h, const nghttp2_frame_hd *f)
{
	int64_t now = loop_now_ms(h->local->loop);
	if (h->calm < 0 || !is_work(f))
		return;
	int64_t earned = (now - h->calm_ms) * A_SECOND / 1000;
	if (earned > 0) {
		add(h, earned);
		h->calm_ms = now;
	}
	if (--h->calm >= 0)
		return;
	(void)nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* whole: all that there was, not what a tiny window let through. */
void h2_credit(struct h2 *h, size_t data, bool whole)
{
	add(h, whole ? PER_DATA : (int64_t)(data / BYTES));
}
