/* SPDX-License-Identifier: Apache-2.0 */
/* Chunked bodies: the payload, the end and the trouble are the same whole and in parts.
 * The first byte says where to cut.
 * Source: RFC 9112 §7.1. */
#include <stdint.h>

#include "http/h1_chunk.c"

struct result {
	struct buf payload;
	enum err_code code;
	bool end;
	size_t rest;
};

static void feed(struct h1_chunks *c, str in, struct result *r)
{
	str piece;
	while (!r->code && !r->end) {
		size_t before = in.n;
		r->code = h1_chunk(c, &in, &piece, &r->end).code;
		must(in.n <= before && piece.n <= before - in.n);
		if (r->code)
			return;
		buf_add(&r->payload, piece);
		if (piece.n == 0)
			break;
	}
	must(r->end || in.n == 0);
	r->rest = in.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct arena *a = arena_create(0, 0);
	str in = str_from(data + 1, size - 1);
	size_t cut = data[0] % (in.n + 1);
	struct h1_chunks c = { 0 }, parts = { 0 };
	struct result whole = { .payload = buf_in(a) }, cuts = { .payload = buf_in(a) };
	feed(&c, in, &whole);
	feed(&parts, str_sub(in, 0, cut), &cuts);
	if (cuts.end)
		cuts.rest += in.n - cut;
	else if (!cuts.code)
		feed(&parts, str_sub(in, cut, STR_NPOS), &cuts);
	must(whole.code == cuts.code && whole.end == cuts.end);
	must(str_eq(buf_str(&whole.payload), buf_str(&cuts.payload)));
	must(!whole.end || whole.rest == cuts.rest);
	arena_destroy(&a);
	return 0;
}
