/* SPDX-License-Identifier: Apache-2.0 */
/* Query strings and form bodies, piece by piece between the ampersands.
 * Invariant: a piece that is not meant is copied byte for byte.
 * Source: WHATWG URL §5. */
#include "policy/params.h"

#include "codec/form.h"

static bool piece_is(struct arena *a, str piece, str name)
{
	str rest = piece;
	return str_eq(percent_decode(a, str_cut(&rest, '='), true), name);
}

static void add_piece(struct buf *out, str piece)
{
	if (out->n)
		buf_char(out, '&');
	buf_add(out, piece);
}

static str pair_text(struct arena *a, str name, str value)
{
	return str_fmt(a, "%.*s=%.*s", STR(percent_encode(a, name)), STR(percent_encode(a, value)));
}

/* Pieces that are not of the name; `instead` takes the place of the first that is, or the end. */
static str replace(struct arena *a, str raw, str name, str instead)
{
	struct buf out = buf_in(a);
	bool placed = !instead.n;
	for (str rest = raw, piece; rest.n;) {
		piece = str_cut(&rest, '&');
		if (!piece_is(a, piece, name)) {
			add_piece(&out, piece);
		} else if (!placed) {
			add_piece(&out, instead);
			placed = true;
		}
	}
	if (!placed)
		add_piece(&out, instead);
	return buf_str(&out);
}

str params_set(struct arena *a, str raw, str name, str value)
{
	return replace(a, raw, name, pair_text(a, name, value));
}

str params_add(struct arena *a, str raw, str name, str value)
{
	struct buf out = buf_in(a);
	buf_add(&out, raw);
	add_piece(&out, pair_text(a, name, value));
	return buf_str(&out);
}

str params_remove(struct arena *a, str raw, str name, unsigned nth)
{
	if (!nth)
		return replace(a, raw, name, STR_NONE);
	struct buf out = buf_in(a);
	unsigned seen = 0;
	for (str rest = raw, piece; rest.n;) {
		piece = str_cut(&rest, '&');
		if (!piece_is(a, piece, name) || ++seen != nth)
			add_piece(&out, piece);
	}
	return buf_str(&out);
}

str params_copy(struct arena *a, str raw, str from, str name, unsigned nth)
{
	struct buf found = buf_in(a);
	unsigned seen = 0;
	for (str rest = from, piece; rest.n;) {
		piece = str_cut(&rest, '&');
		if (piece_is(a, piece, name) && (!nth || ++seen == nth))
			add_piece(&found, piece);
	}
	return found.n ? replace(a, raw, name, buf_str(&found)) : raw;
}
