/* SPDX-License-Identifier: Apache-2.0 */
/* Content codings over a source that gives its bytes in pieces of any size, and says late or early that it ends.
 * A row is a text and the codings that are put on it; then it is cut, and each of its bits is turned.
 * Source: RFC 9110 §8.4; RFC 1950; RFC 1952. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rt/fiber.h"
#define fiber_pause() ((void)0) /* there is no loop, and nobody else */
#include "http/coding.c"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct pieces {
	struct body_source source;
	str rest;
	size_t step;
	bool late; /* its end is a piece without bytes */
};

static err give(struct body_source *source, str *piece, deadline until)
{
	struct pieces *p = (struct pieces *)source;
	(void)until;
	*piece = str_sub(p->rest, 0, p->step);
	p->rest = str_sub(p->rest, piece->n, STR_NPOS);
	source->ended = p->rest.n == 0 && (!p->late || piece->n == 0);
	return DONE;
}

static struct body body_of(struct arena *a, str bytes, size_t step, bool late)
{
	static const struct body_source_type type = { .read = give };
	struct pieces *p = arena_new(a, struct pieces);
	if (step == 0)
		return (struct body){ .kind = BODY_BYTES, .bytes = bytes };
	*p = (struct pieces){ { .type = &type }, bytes, step, late };
	return (struct body){ BODY_STREAM, S(""), &p->source, -1 };
}

static err read_all(struct arena *a, struct body *b, str *out)
{
	struct buf all = buf_in(a);
	struct wait w;
	deadline until = NEVER;
	bool waits;
	for (str piece;;) {
		if (all.n % 2)
			TRY(body_read(b, &piece, NEVER));
		else
			TRY(body_try_read(b, &piece, &w, &until, &waits));
		if (piece.n == 0)
			break;
		buf_add(&all, piece);
	}
	*out = buf_str(&all);
	return DONE;
}

static const size_t steps[] = { 0, 1, 7, 4096 };

static str put_on(struct arena *a, str text, const enum coding *codings, size_t n)
{
	struct body b = body_of(a, text, 0, false);
	str out = S("");
	for (size_t i = 0; i < n; i++)
		body_encode(a, &b, codings[i]);
	assert_int_equal(read_all(a, &b, &out).code, ERR_NONE);
	return out;
}

static str zeros(struct arena *a, size_t n) { return str_from(arena_alloc(a, n, 1), n); }

static void there_and_back(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	const str texts[] = { S(""), S("a"), S("hello hello hello"), zeros(a, 100000) };
	static const struct { enum coding v[2]; size_t n; } rows[] = {
		{ { CODING_GZIP }, 1 },
		{ { CODING_DEFLATE }, 1 },
		{ { CODING_DEFLATE, CODING_GZIP }, 2 },
		{ { CODING_GZIP, CODING_GZIP }, 2 },
	};
	for (size_t i = 0; i < COUNT(rows) * COUNT(texts) * COUNT(steps) * 2; i++) {
		str text = texts[i / 2 % COUNT(texts)], out;
		size_t row = i / 2 / COUNT(texts) % COUNT(rows), n = rows[row].n;
		str coded = put_on(a, text, rows[row].v, n);
		struct body b = body_of(a, coded, steps[i / 2 / COUNT(texts) / COUNT(rows)], i % 2);
		bool broken = false;
		while (n)
			body_decode(a, &b, rows[row].v[--n], &broken);
		assert_int_equal(read_all(a, &b, &out).code, ERR_NONE);
		assert_true(str_eq(out, text));
		assert_false(broken);
	}
	arena_destroy(&a);
}

/* Whether it is broken; if it is not, it is "hello". */
static bool is_broken(str coded, enum coding coding, size_t step)
{
	struct arena *a = arena_create(0, 0);
	struct body b = body_of(a, coded, step, false);
	bool broken = false;
	str out = S("");
	body_decode(a, &b, coding, &broken);
	err e = read_all(a, &b, &out);
	assert_int_equal(e.code, broken ? ERR_SYNTAX : ERR_NONE);
	if (!broken)
		assert_true(str_eq(out, S("hello")));
	arena_destroy(&a);
	return broken;
}

static void damaged(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	for (size_t k = 0; k < 2 * COUNT(steps); k++) {
		enum coding coding = k % 2 ? CODING_DEFLATE : CODING_GZIP;
		size_t step = steps[k / 2];
		str good = put_on(a, S("hello"), &coding, 1);
		char *bytes = (char *)str_dup(a, good).p;
		assert_false(is_broken(good, coding, step));
		for (size_t n = 1; n < good.n; n++)
			assert_true(is_broken(str_sub(good, 0, n), coding, step));
		assert_true(is_broken(str_fmt(a, "%.*sx", STR(good)), coding, step));
		unsigned harmless = 0; /* the time, say */
		for (size_t bit = 0; bit < good.n * 8; bit++) {
			bytes[bit / 8] ^= (char)(1 << bit % 8);
			harmless += !is_broken(str_from(bytes, good.n), coding, step);
			bytes[bit / 8] ^= (char)(1 << bit % 8);
		}
		assert_true(harmless < 80);
	}
	arena_destroy(&a);
}

static void lists(void **state)
{
	(void)state;
	static const struct { const char *value; bool known; unsigned n; } rows[] = {
		{ "gzip", true, 1 }, { "X-GZIP", true, 1 }, { "deflate", true, 1 }, { "identity", true, 0 }, { "", true, 0 },
		{ "gzip, deflate", true, 2 }, { ",gzip,,", true, 1 }, { "gzip,gzip,gzip,gzip", true, 4 }, { "gzip,gzip,gzip,gzip,gzip", false, 0 },
		{ "br", false, 0 }, { "gzip, br", false, 0 }, { "gzip;q=1", false, 0 }, { "gzip deflate", false, 0 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_create(0, 0);
		struct headers h = { 0 };
		struct codings c;
		headers_add(a, &h, S("content-encoding"), str_from_z(rows[i].value));
		assert_int_equal(codings_of(&h, &c), rows[i].known);
		if (rows[i].known)
			assert_int_equal(c.n, rows[i].n);
		arena_destroy(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(there_and_back), cmocka_unit_test(damaged), cmocka_unit_test(lists) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
