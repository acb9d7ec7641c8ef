/* SPDX-License-Identifier: Apache-2.0 */
/* A body: none, bytes in memory, or a stream that is read once.
 * A stream is pulled by the fiber that wants it: nothing is read ahead of need, so a slow reader
 * slows the sender down.
 * Source: RFC 9110 §6.4; docs/why/bodies.md. */
#pragma once

#include "rt/fiber.h"

struct body_source;
struct body_source_type {
	/* The next piece, valid until the next call; *piece empty: the end.  Waits. */
	err (*read)(struct body_source *, str *piece, deadline);
};
struct body_source {
	const struct body_source_type *type;
	bool ready; /* a piece is at hand: the next read will not wait */
	bool ended; /* nothing follows the piece that was given last */
};

enum body_kind { BODY_NONE, BODY_BYTES, BODY_STREAM };

struct body {
	enum body_kind kind;
	str bytes;                  /* BODY_BYTES */
	struct body_source *source; /* BODY_STREAM */
	int64_t length;             /* of a stream, -1: unknown (chunked or until close) */
};

/* The next piece of any of the three kinds; empty: the end.  Consumes: afterwards the body is BODY_NONE. */
err body_read(struct body *, str *piece, deadline) MUST_CHECK;
