/* SPDX-License-Identifier: Apache-2.0 */
/* Content codings: gzip and deflate, taken off and put on while a body streams.
 * Whatever a body decodes to, no more than a piece of it is in memory.
 * Source: RFC 9110 §8.4; RFC 1950; RFC 1952. */
#pragma once

#include "http/message.h"

enum coding { CODING_GZIP, CODING_DEFLATE };

/* As Content-Encoding lists them, in the order in which they were put on. */
struct codings {
	enum coding v[4];
	unsigned n;
};

/* False: one of them is not known, or they are too many. */
bool codings_of(const struct headers *, struct codings *);
str coding_name(enum coding);

/* The body becomes a stream of what it decodes to.  *broken is set when it is not of that coding: the read
 * answers ERR_SYNTAX then. */
void body_decode(struct arena *, struct body *, enum coding, bool *broken);
/* And the way back.  What there is goes out before more is waited for. */
void body_encode(struct arena *, struct body *, enum coding);

/* The headers say so; what they said of the bytes as they were is taken out (RFC 9110 §8.8.1). */
void headers_recoded(struct arena *, struct headers *, const enum coding *now);
