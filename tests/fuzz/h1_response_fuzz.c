/* SPDX-License-Identifier: Apache-2.0 */
/* Answers' heads: the verdict does not depend on how the bytes came, and what was taken can be written
 * and read again with the same framing.
 * Source: RFC 9112. */
#include <stdint.h>

#include "http/h1_scan.c"

static const struct h1_limits fuzz_limits = { .line = 300, .head = 4000, .headers = 32 };

static void again(struct arena *a, const struct message *m, const struct h1_head *h, str verb)
{
	struct buf b = buf_in(a);
	struct message m2;
	struct h1_head h2 = { 0 };
	struct h1_limits wide = { 100000, 100000, 100 };
	struct h1_answer answer = { .framing = h->framing, .date = S("now"),
		                    .length = h->framing == H1_LENGTH ? h->length : -1,
		                    .connection = h->keep_alive ? STR_NONE : S("close") };
	err e = h1_write_response(&b, m, &answer);
	must(!e.code);
	e = h1_response(a, buf_str(&b), &wide, verb, &m2, &h2);
	must(!e.code && h2.size == b.n && m2.status == m->status && h2.framing == h->framing);
	must(h2.keep_alive == h->keep_alive && (h->framing != H1_LENGTH || h2.length == h->length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str in = str_from(data, size), verb = size % 4 ? S("GET") : S("HEAD");
	struct message m, m2;
	struct h1_head h = { 0 }, h2 = { 0 };
	err e = h1_response(a, in, &fuzz_limits, verb, &m, &h);
	must((e.code != 0) == (h.bad != NULL) && h.size <= size);
	if (h.size) {
		must(m.status >= 100 && m.status <= 999 && header_value_ok(m.reason));
		again(a, &m, &h, verb);
	}
	if (size <= 300) {
		for (size_t n = size / 2;; n = size) {
			e = h1_response(a, str_sub(in, 0, n), &fuzz_limits, verb, &m2, &h2);
			if (e.code || h2.size || n == size)
				break;
		}
		must(h2.size == h.size);
		if (h.size)
			must(m2.status == m.status && m2.headers.n == m.headers.n && h2.framing == h.framing);
	}
	arena_destroy(&a);
	return 0;
}
