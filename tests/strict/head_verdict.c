/* SPDX-License-Identifier: Apache-2.0 */
/* Says of each request on standard input what the scanner makes of it, a line of JSON each.
 * What follows the head is taken as the body that the head announces; input that is cut short is no end.
 * Source: house; tests/strict/differential.mjs reads the lines. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/h1.h"

static const struct h1_limits wide = { .line = 7168, .head = 65536, .headers = 200 };

/* Bytes from 0 to 255 as the characters of these numbers. */
static void put_json(str s)
{
	putchar('"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x20 || c == '"' || c == '\\' || c >= 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

/* How much of the rest is body, and whether it ends there. */
static err body(const struct h1_head *h, str rest, uint64_t *bytes, bool *whole)
{
	struct h1_chunks chunks = { 0 };
	*bytes = 0;
	*whole = h->framing == H1_NO_BODY;
	if (h->framing == H1_LENGTH) {
		*whole = (uint64_t)h->length <= rest.n;
		*bytes = *whole ? (uint64_t)h->length : rest.n;
	}
	while (h->framing == H1_CHUNKED && !*whole && rest.n) {
		str piece;
		TRY(h1_chunk(&chunks, &rest, &piece, whole));
		*bytes += piece.n;
	}
	return DONE;
}

static void verdict(struct arena *a, str in)
{
	struct message m;
	struct h1_head h = { 0 };
	uint64_t bytes;
	bool whole;
	if (h1_request(a, in, &wide, &m, &h).code) {
		printf("{\"bad\":\"%s\"}\n", h.bad);
		return;
	}
	if (h.size == 0) {
		puts("{\"more\":true}");
		return;
	}
	if (body(&h, str_sub(in, h.size, STR_NPOS), &bytes, &whole).code) {
		puts("{\"bad\":\"chunks\"}");
		return;
	}
	printf("{\"verb\":");
	put_json(m.verb);
	printf(",\"path\":");
	put_json(m.path);
	if (str_given(m.query)) {
		printf(",\"query\":");
		put_json(m.query);
	}
	printf(",\"version\":%u,\"keep\":%d,\"body\":%llu,\"whole\":%d,\"fields\":[", m.version,
	       h.keep_alive, (unsigned long long)bytes, whole);
	for (size_t i = 0; i < m.headers.n; i++) {
		printf(i ? "," : "");
		put_json(m.headers.v[i].name);
		putchar(',');
		put_json(m.headers.v[i].value);
	}
	puts("]}");
}

int main(void)
{
	static char in[65536];
	unsigned char size[2];
	while (fread(size, 1, 2, stdin) == 2) { /* length, little-endian, then the bytes */
		size_t n = size[0] | (size_t)size[1] << 8;
		if (n == 0) { /* the batch ends */
			fflush(stdout);
			continue;
		}
		struct arena *a = arena_create(0, 0);
		if (fread(in, 1, n, stdin) != n)
			return 1;
		verdict(a, str_from(in, n));
		arena_destroy(&a);
	}
	return 0;
}
