/* SPDX-License-Identifier: Apache-2.0 */
/* Fields behind a body: taken from the trailer section of a chunked one, and written as one.
 * A field that would have to stand in the head to be heeded is left out both ways.
 * Source: RFC 9110 §6.5, RFC 9112 §7.1.2. */
#pragma once

#include "base/arena.h"
#include "http/headers.h"

/* section: lines that the chunk decoder has passed, with the empty one.  The fields are slices of it. */
void trailers_take(struct arena *, str section, struct headers *out);
/* "0\r\n", the fields, "\r\n": the end of a chunked body. */
str trailers_last_chunk(struct arena *, const struct headers *);
bool trailer_ok(str name);
