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
	size_t seen; /* bytes of buf that an earlier call has looked at */
	enum h1_framing framing;
	int64_t length; /* H1_LENGTH */
	bool keep_alive, expect_continue;
	bool websocket; /* Upgrade names it and Connection lists Upgrade; in a request: GET without a body */
	unsigned bad_status; /* with an error: 400, 414, 417, 431, 501, 505 */
	const char *bad;     /* what was wrong, a few words */
};

/* A field that Connection lists (RFC 9110 §7.6.1) is left out here, so that nothing which is added
 * later can be taken away by the sender.
 * Zero *head before the first call and leave it alone between calls: a head that drips in is scanned
 * when it is whole.
 * Slices point into buf.  ERR_SYNTAX or ERR_LIMIT with head->bad_status. */
err h1_request(struct arena *, str buf, const struct h1_limits *, struct message *,
               struct h1_head *) MUST_CHECK;
err h1_response(struct arena *, str buf, const struct h1_limits *, str request_verb,
                struct message *, struct h1_head *) MUST_CHECK;

/* Chunked coding, a push decoder: feeds on bytes, hands out slices of them. */
struct h1_chunks {
	uint64_t left;
	unsigned state, digits;
	struct buf *trailer; /* where the trailer section goes; NULL: nowhere */
	unsigned line_bytes,
		trailer_bytes; /* extensions and trailer section, over the whole body */
};
/* Consumes *in up to and with the next run of payload, which *piece becomes ("": none is left in it);
 * *end is set past the trailer section, what stands behind it stays in *in.  ERR_SYNTAX, ERR_LIMIT. */
err h1_chunk(struct h1_chunks *, str *in, str *piece, bool *end) MUST_CHECK;

/* Writes heads.  Framing and hop-by-hop fields of the message are left out (RFC 9110 §7.6.1), the
 * writer's own stand instead: Content-Length with H1_LENGTH, and with H1_NO_BODY if length >= 0 (an
 * answer to HEAD, or 304); Transfer-Encoding with H1_CHUNKED.  Control characters in values become
 * spaces, and what may not stand in a target is percent-encoded, so that no message can end a line.
 * ERR_SYNTAX: a method or a field name that is no token, a status that has not three digits.
 * host: absent: the message's own. */
err h1_write_request(struct buf *, const struct message *, str host, enum h1_framing,
                     int64_t length, bool http10) MUST_CHECK;
/* Path and query as they may stand in a request. */
void h1_write_target(struct buf *, const struct message *);
/* A field that belongs to one connection, or to the framing, and so to no forwarded message. */
bool h1_of_connection(str name);
struct h1_answer {
	enum h1_framing framing;
	int64_t length;
	str date;       /* for an answer that has none; may be absent */
	str connection; /* "close", "keep-alive" or absent */
	bool websocket; /* Connection and Upgrade say so instead */
};
err h1_write_response(struct buf *, const struct message *, const struct h1_answer *) MUST_CHECK;
