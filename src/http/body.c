/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a body piece by piece, whatever it is.
 * What was given once is not given again: a body in memory is one piece, then none.
 * Source: RFC 9110 §6.4; house. */
#include "http/body.h"

/* What needs no source. */
static bool at_hand(struct body *b, str *piece)
{
	*piece = b->kind == BODY_BYTES ? b->bytes : S("");
	if (b->kind == BODY_STREAM && !b->source->ended)
		return false;
	b->kind = BODY_NONE;
	return true;
}

err body_read(struct body *b, str *piece, deadline until)
{
	if (at_hand(b, piece))
		return DONE;
	TRY(b->source->type->read(b->source, piece, until));
	if (piece->n == 0)
		b->kind = BODY_NONE;
	return DONE;
}

err body_try_read(struct body *b, str *piece, struct wait *w, deadline *until, bool *waits)
{
	*waits = false;
	if (at_hand(b, piece))
		return DONE;
	if (b->source->type->try_read)
		TRY(b->source->type->try_read(b->source, piece, w, until, waits));
	else
		TRY(b->source->type->read(b->source, piece, *until));
	if (piece->n == 0 && !*waits)
		b->kind = BODY_NONE;
	return DONE;
}

err body_wait(struct body_source *source, struct wait *w, deadline until)
{
	if (source && source->type->wait)
		return source->type->wait(source, w, until);
	return wait_any(w, 1, until);
}
