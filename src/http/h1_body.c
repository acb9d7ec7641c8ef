/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving a body: by length, chunked, or until the sender closes.
 * One piece is looked ahead, so that the last one is known as the last when it is given.
 * Source: RFC 9112 §6.3, §7.1, §8. */
#include "http/h1_body.h"

#include "http/trailers.h"

enum { LEAST_ROOM = 4096 };

struct read_buf **h1_body_buf(struct h1_body *b) { return b->more ? &b->more : b->buf; }

static void settle(struct h1_body *b)
{
	b->source.ended = b->over && !b->stash.n;
	b->source.ready = b->source.ended || b->failed.code || b->stash.n ||
	                  (*h1_body_buf(b))->at < (*h1_body_buf(b))->end;
	if (b->source.ended && b->on_over) {
		void (*fn)(struct h1_body *) = b->on_over;
		b->on_over = NULL;
		fn(b);
	}
}

/* Takes the next piece out of the window; empty when more bytes are needed, or at the end. */
static err take(struct h1_body *b, str *piece)
{
	struct read_buf *buf = *h1_body_buf(b);
	str have = read_buf_window(buf);
	if (b->framing == H1_CHUNKED) {
		TRY(h1_chunk(&b->chunks, &have, piece, &b->over));
		if (b->over && b->arena)
			trailers_take(b->arena, buf_str(&b->trailer), &b->source.trailers);
	} else {
		*piece = str_sub(have, 0, b->left < have.n ? (size_t)b->left : have.n);
		have = str_sub(have, piece->n, STR_NPOS);
		b->left -= piece->n;
		b->over = b->left == 0;
	}
	buf->at = buf->end - have.n;
	return DONE;
}

/* One try. */
static err fill(struct h1_body *b, size_t *got)
{
	struct read_buf *buf = *h1_body_buf(b);
	size_t base = b->more ? 0 : b->base;
	if (!b->more && buf->cap - base < LEAST_ROOM) {
		buf = b->more = read_buf_take(b->local, READ_BUF);
		base = 0;
	}
	buf->at = buf->end = base;
	TRY(sock_try_read(b->sock, buf->bytes + base, buf->cap - base, got));
	buf->end += *got;
	if (*got)
		b->moved_ms = loop_now_ms(b->local->loop);
	else if (sock_ended(b->sock) && b->framing != H1_UNTIL_CLOSE)
		return FAIL(ERR_IO);
	b->over = *got == 0 && sock_ended(b->sock);
	return DONE;
}

/* By when the next byte must come: an idle sender is one that says nothing for io_ms. */
static deadline silence(const struct h1_body *b) { return (deadline){ b->moved_ms + b->io_ms }; }

static err wait_for_more(struct h1_body *b, deadline until)
{
	struct wait w = sock_wait(b->sock, READY_READ);
	deadline by = deadline_min(until, silence(b));
	err e = b->meanwhile ? b->meanwhile(b, &w, by) : wait_any(&w, 1, by);
	/* While the other direction moves, this one may be quiet. */
	bool later =
		e.code == ERR_TIMEOUT && !deadline_passed(until) && !deadline_passed(silence(b));
	return later ? DONE : e;
}

/* until NULL: without waiting. */
static err next(struct h1_body *b, str *piece, const deadline *until)
{
	*piece = b->stash;
	b->stash = S("");
	for (size_t got = 1; piece->n == 0 && !b->over;) {
		TRY(take(b, piece));
		if (piece->n || b->over)
			break;
		if (b->before_wait)
			TRY(b->before_wait(b, until ? *until : NEVER));
		TRY(fill(b, &got));
		if (got || b->over)
			continue;
		if (!until)
			return DONE;
		TRY(wait_for_more(b, *until));
	}
	/* RFC 9112 §7.1: the last chunk is often at hand already: then this piece was the last. */
	if (piece->n && !b->over && b->framing == H1_CHUNKED)
		b->failed = take(b, &b->stash);
	return DONE;
}

static err get(struct h1_body *b, str *piece, const deadline *until)
{
	*piece = S("");
	TRY(b->failed);
	err e = next(b, piece, until);
	if (e.code)
		b->failed = e;
	settle(b);
	return e;
}

static err h1_body_read(struct body_source *source, str *piece, deadline until)
{
	struct h1_body *b = (struct h1_body *)source;
	fiber_pause();
	b->moved_ms =
		loop_now_ms(b->local->loop); /* its silence counts from when somebody listens */
	return get(b, piece, &until);
}

static err h1_body_try_read(struct body_source *source, str *piece, struct wait *w, deadline *until,
                            bool *waits)
{
	struct h1_body *b = (struct h1_body *)source;
	if (!b->asked)
		b->moved_ms = loop_now_ms(b->local->loop);
	TRY(get(b, piece, NULL));
	*waits = b->asked = piece->n == 0 && !source->ended;
	*w = sock_wait(b->sock, READY_READ);
	*until = silence(b);
	return *waits && deadline_passed(*until) ? FAIL(ERR_TIMEOUT) : DONE;
}

static err h1_body_wait(struct body_source *source, struct wait *w, deadline until)
{
	struct h1_body *b = (struct h1_body *)source;
	return b->meanwhile ? b->meanwhile(b, w, until) : wait_any(w, 1, until);
}
static const struct body_source_type type = { h1_body_read, h1_body_try_read, h1_body_wait };

/* The payload of a chunked body that lies whole in the window, moved together; false if it does not.
 * What is bad at hand is bad before anything is read of it: nothing of it is passed on. */
static bool join_chunks(struct h1_body *b, str *bytes)
{
	struct read_buf *buf = *b->buf;
	struct h1_chunks look = { 0 };
	str rest = read_buf_window(buf), piece;
	bool end = false;
	do
		b->failed = h1_chunk(&look, &rest, &piece, &end);
	while (!b->failed.code && !end && piece.n);
	bool trailers = b->arena && look.trailer_bytes > 2; /* only a stream carries them */
	if (!end || trailers)
		return false;
	char *to = buf->bytes + buf->at;
	*bytes = str_from(to, 0);
	rest = read_buf_window(buf);
	for (look = (struct h1_chunks){ 0 }, end = false; !end;) {
		err e = h1_chunk(&look, &rest, &piece, &end);
		must(!e.code);
		memmove(to + bytes->n, piece.p, piece.n);
		bytes->n += piece.n;
	}
	buf->at = buf->end - rest.n;
	return true;
}

static bool at_hand(struct h1_body *b, str *bytes)
{
	struct read_buf *buf = *b->buf;
	if (b->framing == H1_CHUNKED)
		return buf->at < buf->end && join_chunks(b, bytes);
	if (b->framing != H1_LENGTH || b->left > buf->end - buf->at)
		return false;
	*bytes = str_from(buf->bytes + buf->at, (size_t)b->left);
	buf->at += (size_t)b->left;
	return true;
}

void h1_body_begin(struct h1_body *b, const struct h1_head *head, struct body *out)
{
	str bytes = S("");
	b->source.type = &type;
	b->framing = head->framing;
	b->left = head->framing == H1_LENGTH ? (uint64_t)head->length : UINT64_MAX;
	b->base = (*b->buf)->at;
	b->stash = S("");
	if (b->arena) {
		b->trailer = buf_in(b->arena);
		b->chunks.trailer = &b->trailer;
	}
	if (head->framing == H1_NO_BODY || at_hand(b, &bytes)) {
		b->over = true;
		*out = head->framing == H1_NO_BODY
		               ? (struct body){ .kind = BODY_NONE }
		               : (struct body){ .kind = BODY_BYTES, .bytes = bytes };
	} else {
		*out = (struct body){ .kind = BODY_STREAM,
			              .source = &b->source,
			              .length = head->framing == H1_LENGTH ? head->length : -1 };
	}
	settle(b);
}
