/* SPDX-License-Identifier: Apache-2.0 */
/* What a successor finds in its channel: descriptors with their names, or a text that is none of ours.
 * A row is a text, how many descriptors came with it, and what is understood.
 * Source: main/successor.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "main/successor.h"

enum { MANY = 20 };

static const struct { const char *text; size_t fds; bool good, lock; size_t sockets; const char *name, *address; } rows[] = {
	{ "gatehouse 1\nlock \nmanagement 127.0.0.1:8080\n", 2, true, true, 1, "management", "127.0.0.1:8080" },
	{ "gatehouse 1\ngateway.default :9001\ngateway.secure [::]:9443\n", 2, true, false, 2, "gateway.default", ":9001" },
	{ "gatehouse 1\nother x\n", 1, true, false, 1, "other", "x" },
	{ "gatehouse 2\nlock \n", 1, .good = false },
	{ "gatehouse 1\nlock \nmanagement 127.0.0.1:8080\n", 1, .good = false },
	{ "gatehouse 1\nlock \n", 2, .good = false },
	{ "gatehouse 1\nlock \n", 0, .good = false },
	{ "gatehouse 1\n", MANY, .good = false },
	{ "", 0, .good = false },
};

static void send_row(int channel, const char *text, size_t n)
{
	union { struct cmsghdr head; char room[CMSG_SPACE(MANY * sizeof(int))]; } c = { .room = { 0 } };
	struct iovec bytes = { (char *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &bytes, .msg_iovlen = 1 };
	int fds[MANY];
	for (size_t i = 0; i < n; i++)
		fds[i] = channel;
	if (n) {
		c.head = (struct cmsghdr){ CMSG_LEN(n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(&c.head), fds, n * sizeof(int));
		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	assert_true(sendmsg(channel, &m, 0) >= 0);
}

static void name_channel(struct arena *a, int fd) { setenv("GATEHOUSE_HANDOVER", str_z(a, str_fmt(a, "%d", fd)), 1); }

static void understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_create(0, 0);
		struct diag d = { .arena = a };
		struct inheritance in;
		int ends[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
		send_row(ends[0], rows[i].text, rows[i].fds);
		name_channel(a, ends[1]);
		err e = inheritance_read(&d, &in);
		assert_null(getenv("GATEHOUSE_HANDOVER"));
		assert_int_equal(in.channel, ends[1]);
		if (!e.code != rows[i].good || (!e.code && (in.lock > 0) != rows[i].lock))
			fail_msg("row %zu: %.*s", i, STR(diag_text(a, &d)));
		if (rows[i].good) {
			assert_int_equal(in.sockets.n, rows[i].sockets);
			assert_true(str_eq(in.sockets.v[0].name, str_from_z(rows[i].name)));
			assert_true(str_eq(in.sockets.v[0].address, str_from_z(rows[i].address)));
		}
		close(ends[0]);
		close(ends[1]);
		arena_destroy(&a);
	}
}

static void no_channel(void **state)
{
	(void)state;
	static const char *const values[] = { "", "x", "-1", "99", "99999999999" };
	struct arena *a = arena_create(0, 0);
	struct diag d = { .arena = a };
	struct inheritance in;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		setenv("GATEHOUSE_HANDOVER", values[i], 1);
		assert_int_equal(inheritance_read(&d, &in).code, ERR_IO);
	}
	assert_int_equal(inheritance_read(&d, &in).code, ERR_NONE);
	assert_int_equal(in.channel, -1);
	arena_destroy(&a);
}

static void words(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(channel_hear(ends[1]), WORD_NONE);
	channel_say(ends[0], WORD_READY);
	channel_say(ends[0], WORD_YOURS);
	assert_int_equal(channel_hear(ends[1]), WORD_READY);
	assert_int_equal(channel_hear(ends[1]), WORD_YOURS);
	assert_int_equal(write(ends[0], "?", 1), 1); /* no word of ours is no better than none at all */
	assert_int_equal(channel_hear(ends[1]), WORD_END);
	close(ends[0]);
	assert_int_equal(channel_hear(ends[1]), WORD_END);
	channel_say(ends[1], WORD_READY); /* nobody is there: no signal either */
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(understood), cmocka_unit_test(no_channel), cmocka_unit_test(words) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
