/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/1.1 scanner and writer: strict, over a contiguous buffer, copying nothing.
 * What two readers could understand differently is refused: no obs-fold, no bare LF or CR, no space
 * before the colon, no NUL, one Host, never both lengths.
 * Source: RFC 9112. */
#pragma once

#include "http/message.h"

struct h1_limits {
	size_t line;    /* request line, bytes: 7168 as Edge's */
	size_t head;    /* all of the head, bytes */
	size_t headers; /* count */
};

enum h1_framing { H1_NO_BODY, H1_LENGTH, H1_CHUNKED, H1_UNTIL_CLOSE };

struct h1_head {
	size_t size; /* bytes of the head, the empty line included; 0: more bytes are needed */
	enum h1_framing framing;
	int64_t length;      /* H1_LENGTH */
	bool keep_alive, expect_continue, upgrade;
	unsigned bad_status; /* with an error: 400, 414, 431, 501, 505 */
	const char *bad;     /* what was wrong, a few words */
};

/* from: how many bytes an earlier call saw, so that a head that drips in is not scanned again.
 * Slices point into buf.  ERR_SYNTAX or ERR_LIMIT with head->bad_status. */
err h1_request(struct arena *, str buf, size_t from, const struct h1_limits *, struct message *,
               struct h1_head *) MUST_CHECK;
err h1_response(struct arena *, str buf, size_t from, const struct h1_limits *, str request_verb,
                struct message *, struct h1_head *) MUST_CHECK;

/* Chunked coding, a push decoder: feeds on bytes, hands out slices of them. */
struct h1_chunks {
	uint64_t left;
	unsigned state;
	unsigned line_bytes, trailer_bytes;
};
/* Consumes *in; *piece is the next run of payload ("" while between); *end is set past the trailer. */
err h1_chunk(struct h1_chunks *, str *in, str *piece, bool *end) MUST_CHECK;

/* Writes heads.  The framing headers are the writer's own: Content-Length or Transfer-Encoding. */
void h1_write_request(struct buf *, const struct message *, str host, enum h1_framing, int64_t length);
void h1_write_response(struct buf *, const struct message *, enum h1_framing, int64_t length, bool keep_alive);
