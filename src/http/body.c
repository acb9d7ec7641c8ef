/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a body piece by piece, whatever it is.
 * What was given once is not given again: a body in memory is one piece, then none.
 * Source: RFC 9110 §6.4; house. */
#include "http/body.h"

err body_read(struct body *b, str *piece, deadline until)
{
	*piece = S("");
	if (b->kind == BODY_NONE)
		return DONE;
	if (b->kind == BODY_BYTES) {
		*piece = b->bytes;
		b->kind = BODY_NONE;
		return DONE;
	}
	if (b->source->ended) {
		b->kind = BODY_NONE;
		return DONE;
	}
	TRY(b->source->type->read(b->source, piece, until));
	if (piece->n == 0)
		b->kind = BODY_NONE;
	return DONE;
}
