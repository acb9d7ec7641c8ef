/* SPDX-License-Identifier: Apache-2.0 */
/* Coded bodies: what they decode to, and that they are broken, is the same whole and in parts.
 * The first byte says which coding, the second how large the parts are.
 * Source: RFC 9110 §8.4; RFC 1950; RFC 1952. */
#include <stdint.h>

#include "rt/fiber.h"
#define fiber_pause() ((void)0) /* there is no loop, and nobody else */
#include "http/coding.c"

enum { ENOUGH = 1 << 20 }; /* a few bytes may be a gigabyte */

struct parts {
	struct body_source source;
	str rest;
	size_t step;
};

static err give(struct body_source *source, str *piece, deadline until)
{
	struct parts *p = (struct parts *)source;
	(void)until;
	*piece = str_sub(p->rest, 0, p->step);
	p->rest = str_sub(p->rest, piece->n, STR_NPOS);
	source->ended = p->rest.n == 0;
	return DONE;
}

static str decoded(struct arena *a, struct body b, enum coding coding, bool *broken)
{
	struct buf all = buf_in(a);
	str piece;
	*broken = false;
	body_decode(a, &b, coding, broken);
	while (all.n < ENOUGH) {
		err e = body_read(&b, &piece, NEVER);
		must((e.code != 0) == *broken);
		if (e.code || piece.n == 0)
			break;
		must(piece.n <= PIECE);
		buf_add(&all, piece);
	}
	return str_sub(buf_str(&all), 0, *broken ? 0 : ENOUGH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct body_source_type type = { .read = give };
	if (size < 2)
		return 0;
	struct arena *a = arena_create(0, 0);
	str in = str_from(data + 2, size - 2);
	enum coding coding = data[0] % 2 ? CODING_DEFLATE : CODING_GZIP;
	struct parts p = { { .type = &type }, in, 1 + (size_t)data[1] % 64 };
	bool broken, broken_in_parts;
	str whole = decoded(a, (struct body){ .kind = BODY_BYTES, .bytes = in }, coding, &broken);
	str parts = decoded(a, (struct body){ BODY_STREAM, S(""), &p.source, -1 }, coding, &broken_in_parts);
	bool all = whole.n < ENOUGH && parts.n < ENOUGH;
	must(!all || (broken == broken_in_parts && str_eq(whole, parts)));
	arena_destroy(&a);
	return 0;
}
