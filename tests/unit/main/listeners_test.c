/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets at the start: what is opened, what is refused and in which words, who faces the world.
 * Invariant: after a refusal none is left open.
 * Source: main/listeners.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "main/listeners.h"
#include "main/notify.h"

static const struct activated none;

static const struct {
	const char *secure; /* gateway.secure.listen; the others are on 127.0.0.1 */
	bool loopback;
	const char *here; /* how its address begins */
	const char *finding;
} rows[] = {
	{ "127.0.0.1:0", true, "127.0.0.1:", NULL },
	{ "127.9.9.9:0", true, "127.9.9.9:", NULL },
	{ "0.0.0.0:0", false, "127.0.0.1:", NULL },
	{ ":0", false, "127.0.0.1:", NULL },
	{ "nowhere", false, NULL, "gateway.secure.listen" },
	{ "127.0.0.1:99999", false, NULL, "gateway.secure.listen" },
	{ "203.0.113.1:0", false, NULL, "203.0.113.1" },
	{ "", false, NULL, "gateway.secure.listen" },
};

static void opens(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_create(0, 0);
		struct diag d = { .arena = a };
		struct listeners l;
		struct settings s = { .management_listen = S("127.0.0.1:0"), .default_listen = S("127.0.0.1:0"),
			              .secure_listen = str_from_z(rows[i].secure), .sso_listen = S("127.0.0.1:0"), .mocktarget_listen = S("127.0.0.1:0") };
		err e = listeners_open(&s, i % 2, &none, &d, &l);
		str text = diag_text(a, &d);
		if (!e.code != !rows[i].finding || (e.code && !str_has(text, str_from_z(rows[i].finding))))
			fail_msg("%s: %.*s", rows[i].secure, STR(text));
		for (size_t k = 0; k < LISTENERS && e.code; k++)
			assert_int_equal(l.fd[k], -1);
		if (!e.code) {
			str here = listener_here(a, &l, LISTEN_SECURE);
			assert_int_equal(listener_is_loopback(&l, LISTEN_SECURE), rows[i].loopback);
			if (!str_starts(here, str_from_z(rows[i].here)))
				fail_msg("%s: %.*s", rows[i].secure, STR(here));
			assert_true(listener_port(&l, LISTEN_SECURE) > 0);
			assert_int_equal(l.fd[LISTEN_MOCKTARGET] >= 0, i % 2);
		}
		listeners_close(&l);
		arena_destroy(&a);
	}
}

static void refuses_a_port_in_use(void **state)
{
	struct arena *a = arena_create(0, 0);
	struct diag d = { .arena = a };
	struct listeners first, second;
	struct settings s = { .management_listen = S("127.0.0.1:0"), .default_listen = S("127.0.0.1:0"),
		              .secure_listen = S("127.0.0.1:0"), .sso_listen = S("127.0.0.1:0") };
	(void)state;
	assert_int_equal(listeners_open(&s, false, &none, &d, &first).code, ERR_NONE);
	s.default_listen = listener_here(a, &first, LISTEN_DEFAULT);
	assert_int_equal(listeners_open(&s, false, &none, &d, &second).code, ERR_IO);
	assert_true(str_has(diag_text(a, &d), s.default_listen));
	assert_true(str_has(diag_text(a, &d), S("in use")));
	assert_int_equal(second.fd[LISTEN_MANAGEMENT], -1);
	listeners_close(&first);
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens),
		cmocka_unit_test(refuses_a_port_in_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
