/* SPDX-License-Identifier: Apache-2.0 */
/* What goes out on a stream: fields, and a body that nghttp2 pulls out of the piece at hand.
 * The next piece is asked for when the last one is in frames: the peer's windows set the pace.
 * Source: RFC 9113 §8.1, §8.2.1, §8.2.2; RFC 9110 §6.5. */
#include <string.h>

#include "http/h1.h"
#include "http/h1_class.h"
#include "http/h2.h"
#include "http/trailers.h"

struct h2_fields h2_fields(struct arena *a, size_t room)
{
	return (struct h2_fields){ .arena = a, .v = arena_array(a, nghttp2_nv, room) };
}

/* RFC 9113 §8.2.1: no control characters, no white space at the ends. */
static str clean(struct arena *a, str value)
{
	value = str_trim(value);
	size_t ok = h1_value_span(value);
	if (ok == value.n)
		return value;
	char *p = arena_alloc(a, value.n, 1);
	memcpy(p, value.p, value.n);
	for (size_t i = ok; i < value.n; i++)
		if (!h1_is(p[i], H1_VALUE))
			p[i] = ' ';
	return str_trim(str_from(p, value.n));
}

void h2_field_add(struct h2_fields *f, str name, str value)
{
	value = clean(f->arena, value);
	f->v[f->n++] = (nghttp2_nv){ (uint8_t *)name.p, (uint8_t *)(value.n ? value.p : ""), name.n,
		                     value.n, NGHTTP2_NV_FLAG_NONE };
}

err h2_fields_add(struct h2_fields *f, const struct headers *h)
{
	for (size_t i = 0; i < h->n; i++) {
		if (h1_of_connection(h->v[i].name)) /* RFC 9113 §8.2.2 */
			continue;
		if (!header_name_ok(h->v[i].name))
			return FAIL(ERR_SYNTAX);
		h2_field_add(f, str_lower(f->arena, h->v[i].name), h->v[i].value);
	}
	return DONE;
}

/* Called from within nghttp2, which sends them behind the DATA frame that it is about to make. */
static bool end_with_trailers(nghttp2_session *session, struct h2_stream *s)
{
	const struct headers *h = s->trailers;
	if (!h || !h->n)
		return false;
	struct h2_fields f = h2_fields(s->arena, h->n);
	for (size_t i = 0; i < h->n; i++)
		if (trailer_ok(h->v[i].name))
			h2_field_add(&f, str_lower(s->arena, h->v[i].name), h->v[i].value);
	return f.n && !nghttp2_submit_trailer(session, s->id, f.v, f.n);
}

/* nghttp2 asks for the next DATA frame's bytes. */
/* NOLINTNEXTLINE(readability-function-size): its parameters are nghttp2's */
static ssize_t read_piece(nghttp2_session *session, int32_t id, uint8_t *buf, size_t n,
                          uint32_t *flags, nghttp2_data_source *source, void *h2)
{
	struct h2_stream *s = nghttp2_session_get_stream_user_data(session, id);
	(void)source;
	if (!s) /* its fiber has gone in the middle of it */
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (s->piece.n == 0 && !s->final)
		return NGHTTP2_ERR_DEFERRED;
	if (n > s->piece.n)
		n = s->piece.n;
	if (n)
		memcpy(buf, s->piece.p, n);
	s->piece = str_sub(s->piece, n, STR_NPOS);
	h2_credit(h2, n, s->piece.n == 0);
	if (s->piece.n == 0 && s->final)
		*flags |= NGHTTP2_DATA_FLAG_EOF |
		          (end_with_trailers(session, s) ? NGHTTP2_DATA_FLAG_NO_END_STREAM : 0);
	wake(&s->went);
	return (ssize_t)n;
}

nghttp2_data_provider h2_provider(void)
{
	return (nghttp2_data_provider){ .read_callback = read_piece };
}

void h2_put(struct h2_stream *s, str piece, bool last, const struct headers *trailers)
{
	s->piece = piece;
	s->final = last;
	s->trailers = trailers;
	if (s->submitted)
		(void)nghttp2_session_resume_data(s->h2->session, s->id); /* it may be under way */
}
