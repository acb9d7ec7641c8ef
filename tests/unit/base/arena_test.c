/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas, growing buffers, vectors, maps, findings and secrets: what they keep, and when they end.
 * What was handed out stays where it is until the arena ends.
 * Source: base/arena.h, vec.h, map.h, diag.h, secret.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/diag.h"
#include "base/map.h"
#include "base/rand.h"
#include "base/secret.h"

static int calls[4], n_calls;
static void note(void *p) { calls[n_calls++] = *(int *)p; }

static void lifetime(void **state)
{
	(void)state;
	static int one = 1, two = 2;
	struct arena *a = arena_create(64, 1000);
	n_calls = 0;
	arena_defer(a, note, &one);
	arena_defer(a, note, &two);
	char *first = arena_alloc(a, 10, 1);
	first[0] = 'x';
	for (size_t size = 1; size < 300; size++) {
		char *p = arena_alloc(a, size, 16);
		assert_int_equal((uintptr_t)p % 16, 0);
		p[size - 1] = 1;
	}
	assert_int_equal(first[0], 'x');
	assert_true(arena_over(a));
	arena_reset(a);
	assert_false(arena_over(a));
	assert_int_equal(n_calls, 2);
	assert_int_equal(calls[0], 2); /* the last deferred runs first */
	arena_destroy(&a);
	assert_null(a);
	assert_int_equal(n_calls, 2);
	arena_destroy(&a); /* nothing left: harmless */
}

static void containers(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct map m = map_in(a);
	VEC(str) keys = { 0 };
	assert_null(map_get(&m, S("absent")));
	for (int i = 0; i < 1000; i++) {
		VEC_PUSH(a, &keys, str_fmt(a, "key%d", i));
		map_put(&m, keys.v[i], (void *)(intptr_t)(i + 1));
	}
	map_put(&m, S("key7"), &m);
	assert_int_equal(m.n, 1000);
	assert_ptr_equal(map_get(&m, S("key7")), &m);
	for (int i = 0; i < 1000; i++) {
		assert_true(str_eq(m.entries[i].key, keys.v[i]));
		assert_true(i == 7 || map_get(&m, keys.v[i]) == (void *)(intptr_t)(i + 1));
	}
	assert_false(map_has(&m, S("key1000")));
	struct buf b = buf_in(a);
	for (int i = 0; i < 100; i++)
		buf_fmt(&b, "%d,", i);
	assert_true(str_starts(buf_str(&b), S("0,1,2,")));
	assert_true(str_ends(buf_str(&b), S("98,99,")));
	arena_destroy(&a);
}

static void findings(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct diag d = { .arena = a, .file = S("policies/Q.xml") };
	assert_int_equal(diag_add(&d, ERR_SYNTAX, 3, "no %s", "Allow").code, ERR_SYNTAX);
	d.file = STR_NONE;
	assert_int_equal(diag_add(&d, ERR_LIMIT, 0, "too large").code, ERR_LIMIT);
	assert_true(str_eq(diag_text(a, &d), S("policies/Q.xml:3: no Allow\ntoo large")));
	for (int i = 0; i < 2 * DIAG_MAX; i++)
		assert_int_equal(diag_add(&d, ERR_SYNTAX, 1, "again").code, ERR_SYNTAX);
	assert_int_equal(d.findings.n, DIAG_MAX);
	arena_destroy(&a);
}

static void secrets(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct secret *s = secret_new(a, S("pass"));
	assert_true(secret_is(s, S("pass")));
	assert_false(secret_is(s, S("pasS")));
	assert_false(secret_is(NULL, S("")));
	const char *p = secret_bytes(s).p;
	arena_reset(a); /* the first block stays, so its bytes may be looked at */
	assert_memory_equal(p, "\0\0\0\0", 4);
	str id = rand_uuid(a);
	assert_int_equal(id.n, 36);
	assert_int_equal(id.p[14], '4');
	assert_false(str_eq(id, rand_uuid(a)));
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lifetime),
		cmocka_unit_test(containers),
		cmocka_unit_test(findings),
		cmocka_unit_test(secrets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
