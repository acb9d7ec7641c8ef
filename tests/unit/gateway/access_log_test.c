/* SPDX-License-Identifier: Apache-2.0 */
/* A line of the access log: what is in it, what is escaped, how long it can get, what a full buffer does.
 * The buffers are the log's own; nothing is written here.
 * Source: house ("logging"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/access_log.c"

struct made {
	struct arena *arena;
	struct access_log log;
	struct http_call call;
	struct message request;
	struct exchange x;
};

static void make(struct made *m, str path)
{
	*m = (struct made){ .arena = arena_create(0, 0) };
	static _Atomic(bool) failing;
	access_log_init(&m->log, m->arena, 2, &failing); /* never started: nothing is written */
	m->request = (struct message){ .verb = S("GET") };
	m->call = (struct http_call){ .received_start_ms = 1377112607007, .bytes_out = 42 };
	m->x = (struct exchange){ .call = &m->call, .request = &m->request, .request_path = path, .message_id = S("m-1"),
		                  .virtual_host = S("default"), .client_sent_end_ms = 1377112607010 };
}

static void a_line(void **state)
{
	(void)state;
	static const struct { str path; bool fault; const char *want; } rows[] = {
		{ S_INIT("/a"), false, "{\"time\":\"2013-08-21T19:16:47.007Z\",\"id\":\"m-1\",\"vhost\":\"default\",\"verb\":\"GET\",\"path\":\"/a\",\"status\":200,\"bytes\":42,\"ms\":3}\n" },
		{ S_INIT("/\"\\\n\xff\0"), true, "{\"time\":\"2013-08-21T19:16:47.007Z\",\"id\":\"m-1\",\"vhost\":\"default\",\"verb\":\"GET\",\"path\":\"/\\u0022\\u005c\\u000a\\u00ff\\u0000\",\"status\":200,\"bytes\":42,\"ms\":3,\"fault\":\"x.Y\"}\n" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct made m;
		make(&m, rows[i].path);
		m.x.in_error = rows[i].fault;
		m.x.raised.code = S("x.Y");
		access_log_add(&m.log, &m.x, 200);
		assert_true(str_eq(str_from(m.log.filling, m.log.filled), str_from_z(rows[i].want)));
		arena_destroy(&m.arena);
	}
}

static void the_longest_line_fits(void **state)
{
	(void)state;
	static char rubbish[100000];
	struct made m;
	memset(rubbish, '\n', sizeof rubbish);
	str long_text = str_from(rubbish, sizeof rubbish);
	make(&m, long_text);
	m.x.virtual_host = m.request.verb = m.x.raised.code = long_text;
	m.x.in_error = true;
	m.x.target_sent_start_ms = 1;
	m.x.target_received_start_ms = m.call.received_start_ms = m.x.client_sent_end_ms = INT64_MAX / 4;
	m.call.bytes_out = UINT64_MAX;
	m.call.received_start_ms = 253402300799999;
	char *before = m.log.filling;
	size_t n = 0;
	do {
		n = m.log.filled;
		access_log_add(&m.log, &m.x, 4294967295u);
		assert_true(m.log.filled - n < LINE_MAX_BYTES);
	} while (m.log.filled > n);
	assert_true(m.log.filled <= ACCESS_LOG_BYTES && m.log.filling == before);
	assert_int_equal(atomic_load(&m.log.dropped), 1);
	arena_destroy(&m.arena);
}

static void no_log(void **state)
{
	(void)state;
	struct made m;
	struct waker done = { 0 };
	make(&m, S("/"));
	m.log.fd = -1;
	access_log_add(&m.log, &m.x, 200);
	assert_int_equal(m.log.filled, 0);
	access_log_stop(&m.log, &done);
	wait_end(&done); /* at once */
	arena_destroy(&m.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_line), cmocka_unit_test(the_longest_line_fits), cmocka_unit_test(no_log) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
