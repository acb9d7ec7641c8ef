/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving a body: by length, chunked, or until the sender closes.
 * One piece is looked ahead, so that the last one is known as the last when it is given.
 * Source: RFC 9112 §6.3, §7.1, §8. */
#include "http/h1_body.h"

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
	} else {
		*piece = str_sub(have, 0, b->left < have.n ? (size_t)b->left : have.n);
		have = str_sub(have, piece->n, STR_NPOS);
		b->left -= piece->n;
		b->over = b->left == 0;
	}
	buf->at = buf->end - have.n;
	return DONE;
}

static err fill(struct h1_body *b, deadline until)
{
	struct read_buf *buf = *h1_body_buf(b);
	size_t got, base = b->more ? 0 : b->base;
	if (b->before_wait)
		TRY(b->before_wait(b, until));
	if (!b->more && buf->cap - base < LEAST_ROOM) {
		buf = b->more = read_buf_take(b->local, READ_BUF);
		base = 0;
	}
	buf->at = buf->end = base;
	TRY(sock_read(b->sock, buf->bytes + base, buf->cap - base, &got,
	              h1_io_deadline(b->local, b->io_ms, until)));
	buf->end += got;
	if (got == 0 && b->framing != H1_UNTIL_CLOSE)
		return FAIL(ERR_IO);
	b->over = got == 0;
	return DONE;
}

static err next(struct h1_body *b, str *piece, deadline until)
{
	*piece = b->stash;
	b->stash = S("");
	while (piece->n == 0 && !b->over) {
		TRY(take(b, piece));
		if (piece->n == 0 && !b->over)
			TRY(fill(b, until));
	}
	/* RFC 9112 §7.1: the last chunk is often at hand already: then this piece was the last. */
	if (piece->n && !b->over && b->framing == H1_CHUNKED)
		b->failed = take(b, &b->stash);
	return DONE;
}

static err h1_body_read(struct body_source *source, str *piece, deadline until)
{
	struct h1_body *b = (struct h1_body *)source;
	*piece = S("");
	TRY(b->failed);
	err e = next(b, piece, until);
	if (e.code)
		b->failed = e;
	settle(b);
	return e;
}
static const struct body_source_type type = { h1_body_read };

/* The payload of a chunked body that lies whole in the window, moved together; false if it does not. */
static bool join_chunks(struct h1_body *b, str *bytes)
{
	struct read_buf *buf = *b->buf;
	struct h1_chunks look = { 0 };
	str rest = read_buf_window(buf), piece;
	bool end = false;
	do
		if (h1_chunk(&look, &rest, &piece, &end).code)
			return false;
	while (!end && piece.n);
	if (!end)
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
