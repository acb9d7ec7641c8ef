/* SPDX-License-Identifier: Apache-2.0 */
/* Request heads: the verdict does not depend on how the bytes came, and what was taken can be written
 * and read again with the same meaning.
 * Source: RFC 9112. */
#include <stdint.h>
#include <stdlib.h>

#include "http/h1_scan.c"

static const struct h1_limits fuzz_limits = { .line = 300, .head = 4000, .headers = 32 };

static bool inside(str s, str buf) { return !s.n || (s.p >= buf.p && s.p + s.n <= buf.p + buf.n); }

static void same(const struct message *a, const struct message *b)
{
	must(str_eq(a->verb, b->verb) && str_eq(a->path, b->path) && str_eq(a->query, b->query));
	must(str_given(a->query) == str_given(b->query));
	must(a->version == b->version && a->headers.n == b->headers.n);
	for (size_t i = 0; i < a->headers.n; i++)
		must(str_eq(a->headers.v[i].name, b->headers.v[i].name) &&
		     str_eq(a->headers.v[i].value, b->headers.v[i].value));
}

/* Cut at two places that the input itself chooses. */
static void in_parts(struct arena *a, str in, const struct message *whole, const struct h1_head *head)
{
	size_t cuts[3] = { in.n ? (unsigned char)in.p[in.n - 1] % (in.n + 1) : 0, in.n / 2, in.n };
	size_t from = 0;
	struct message m;
	struct h1_head h = { 0 };
	for (int i = 0; i < 3; i++) {
		if (cuts[i] < from)
			continue;
		err e = h1_request(a, str_sub(in, 0, cuts[i]), &fuzz_limits, &m, &h);
		must((e.code != 0) == (h.bad != NULL));
		if (e.code || h.size)
			break;
		from = cuts[i];
	}
	must(h.size == head->size);
	if (h.size)
		same(&m, whole);
}

static void again(struct arena *a, const struct message *m, const struct h1_head *h)
{
	struct buf b = buf_in(a);
	struct message m2;
	struct h1_head h2 = { 0 };
	struct h1_limits wide = { 100000, 100000, 100 };
	err e = h1_write_request(&b, m, S("h"), h->framing, h->framing == H1_LENGTH ? h->length : -1, false);
	must(!e.code);
	e = h1_request(a, buf_str(&b), &wide, &m2, &h2);
	must(!e.code && h2.size == b.n); /* one head, to the last byte */
	must(h2.framing == h->framing && (h->framing != H1_LENGTH || h2.length == h->length));
	must(str_eq(m2.verb, m->verb) && str_eq(m2.path, m->path) && str_eq(m2.query, m->query));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str in = str_from(data, size);
	struct message m;
	struct h1_head h = { 0 };
	err e = h1_request(a, in, &fuzz_limits, &m, &h);
	must((e.code != 0) == (h.bad != NULL) && h.size <= size);
	if (h.size) {
		must(m.verb.n && m.path.n && h.size <= fuzz_limits.head && m.headers.n <= fuzz_limits.headers + 1);
		for (size_t i = 0; i < m.headers.n; i++)
			must(header_name_ok(m.headers.v[i].name) && header_value_ok(m.headers.v[i].value));
		must(inside(m.verb, in) && inside(m.query, in));
		again(a, &m, &h);
	}
	if (size <= 300) /* above it the limits may speak first, and differently */
		in_parts(a, in, &m, &h);
	arena_destroy(&a);
	return 0;
}
