/* SPDX-License-Identifier: Apache-2.0 */
/* A body: none, bytes in memory, or a stream that is read once.
 * A stream is pulled by the fiber that wants it: nothing is read ahead of need, so a slow reader
 * slows the sender down.
 * Source: RFC 9110 §6.4; docs/why/bodies.md. */
#pragma once

#include "http/headers.h"
#include "rt/fiber.h"

struct body_source;
struct body_source_type {
	/* The next piece, valid until the next call; *piece empty: the end.  Waits. */
	err (*read)(struct body_source *, str *piece, deadline);
	/* The same without waiting: *waits set: nothing is there yet, *w is what to wait for, until *until at
	 * most.  NULL: it cannot be asked so. */
	err (*try_read)(struct body_source *, str *piece, struct wait *w, deadline *until,
	                bool *waits);
	/* Waits for *w, or less, and meanwhile does what else the source has to do: a target's answer sends
	 * the rest of its request.  Whoever has a piece of it and waits for something waits here.  NULL:
	 * there is nothing to do. */
	err (*wait)(struct body_source *, struct wait *w, deadline);
};
struct body_source {
	const struct body_source_type *type;
	bool ready; /* a piece is at hand: the next read will not wait */
	bool ended; /* nothing follows the piece that was given last */
	struct headers
		trailers; /* once it has ended: fields that came behind it, in the exchange's arena */
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
/* The same without waiting, as try_read() says; a stream must have it, or be ready. */
err body_try_read(struct body *, str *piece, struct wait *, deadline *until,
                  bool *waits) MUST_CHECK;
/* Waits for *w by the source (NULL: there is none), or less. */
err body_wait(struct body_source *, struct wait *w, deadline) MUST_CHECK;
