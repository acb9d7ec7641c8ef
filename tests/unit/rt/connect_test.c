/* SPDX-License-Identifier: Apache-2.0 */
/* Listening, names, and what connecting answers; addresses of both ends.
 * No target gets an address that the deny list holds, however it is written.
 * Source: rt/sock.h, rt/dns.h. */
#include "inloop.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/diag.h"
#include "rt/dns.h"
#include "rt/sock.h"

static struct arena *arena;

/* ---- listening ---- */
static void listening(void **state)
{
	(void)state;
	int taken;
	struct diag d = { .arena = arena };
	assert_int_equal(sock_listen(S("127.0.0.1:0"), &taken, &d).code, ERR_NONE);
	unsigned port = sock_listen_port(taken);
	const char *used = str_z(arena, str_fmt(arena, "127.0.0.1:%u", port));
	const char *all = str_z(arena, str_fmt(arena, ":%u", port));
	const struct {
		const char *address;
		enum err_code e;
		const char *text;
	} rows[] = {
		{ ":0", ERR_NONE, "" },
		{ "localhost:0", ERR_NONE, "" },
		{ "", ERR_SYNTAX, "cannot listen on \"\": it must read HOST:PORT, [IPv6]:PORT or :PORT" },
		{ "8080", ERR_SYNTAX, "cannot listen on \"8080\": it must read HOST:PORT, [IPv6]:PORT or :PORT" },
		{ "::1:80", ERR_SYNTAX, "cannot listen on \"::1:80\": it must read HOST:PORT, [IPv6]:PORT or :PORT" },
		{ "a:65536", ERR_SYNTAX, "cannot listen on \"a:65536\": it must read HOST:PORT, [IPv6]:PORT or :PORT" },
		{ "203.0.113.1:80", ERR_IO, "cannot listen on 203.0.113.1:80: Cannot assign requested address" },
		{ used, ERR_IO, str_z(arena, str_fmt(arena, "cannot listen on %s: Address already in use", used)) },
		{ all, ERR_IO, str_z(arena, str_fmt(arena, "cannot listen on %s: Address already in use", all)) },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct diag one = { .arena = arena };
		int fd;
		assert_int_equal(sock_listen(str_from_z(rows[i].address), &fd, &one).code, rows[i].e);
		assert_string_equal(str_z(arena, diag_text(arena, &one)), rows[i].text);
		assert_true(rows[i].e ? fd == -1 : sock_listen_port(fd) > 0);
		if (fd >= 0)
			close(fd);
	}
	close(taken);
}

/* ---- names ---- */
struct asks {
	const char *host;
	unsigned port;
	int64_t left_ms;
	enum err_code e;
	const char *first; /* ip, or what sock_peer_ip() would say */
	struct dns_answer answer;
};

static void resolves(void *arg)
{
	struct asks *a = arg;
	a->e = dns_resolve(str_from_z(a->host), a->port, deadline_in(a->left_ms), &a->answer).code;
}

static const char *text_of(const union dns_address *a, char *buf, size_t n)
{
	char port[8];
	if (getnameinfo(&a->any, a->any.sa_family == AF_INET ? sizeof a->v4 : sizeof a->v6, buf, (socklen_t)n,
	                port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
		return "?";
	return buf;
}

static void names(void **state)
{
	(void)state;
	struct asks rows[] = {
		{ "127.0.0.1", 80, 1000, ERR_NONE, "127.0.0.1", { 0 } },
		{ "[::1]", 80, 1000, ERR_NONE, "::1", { 0 } },
		{ "localhost", 80, 1000, ERR_NONE, "127.0.0.1", { 0 } },
		{ "Acme-Test.LOCALHOST.", 80, 1000, ERR_NONE, "127.0.0.1", { 0 } },
		{ "mocktarget.example", 80, 1000, ERR_NONE, "127.0.0.9", { 0 } },
		{ "MockTarget.example.", 80, 1000, ERR_NONE, "127.0.0.9", { 0 } },
		{ "metadata.example", 80, 1000, ERR_NONE, "169.254.169.254", { 0 } }, /* the operator said so */
		{ "169.254.169.254", 80, 1000, ERR_DENIED, NULL, { 0 } },
		{ "::ffff:169.254.169.254", 80, 1000, ERR_DENIED, NULL, { 0 } },
		{ "febf:ffff::1", 80, 1000, ERR_DENIED, NULL, { 0 } },
		{ "fec0::1", 80, 1000, ERR_NONE, "fec0::1", { 0 } },
		{ "169.253.255.255", 80, 1000, ERR_NONE, "169.253.255.255", { 0 } },
		{ "", 80, 1000, ERR_NOT_FOUND, NULL, { 0 } },
		{ "a b", 80, 1000, ERR_NOT_FOUND, NULL, { 0 } },
		{ "a/b", 80, 1000, ERR_NOT_FOUND, NULL, { 0 } },
		{ "a\tb", 80, 1000, ERR_NOT_FOUND, NULL, { 0 } },
	};
	enum { N = sizeof rows / sizeof *rows };
	enum err_code want[N];
	struct dns_rules *rules = dns_rules_create();
	assert_int_equal(dns_rules_map(rules, S("mocktarget.example:80"), S("127.0.0.9:8081")).code, ERR_NONE);
	assert_int_equal(dns_rules_map(rules, S("Metadata.example:80"), S("169.254.169.254:80")).code, ERR_NONE);
	static const char *const bad[][2] = { { "a", "127.0.0.1:80" }, { "a:80", "b:80" }, { "a:80", "127.0.0.1" },
		                              { ":80", "127.0.0.1:80" }, { "a:0", "127.0.0.1:80" } };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(dns_rules_map(rules, str_from_z(bad[i][0]), str_from_z(bad[i][1])).code, ERR_SYNTAX);
	assert_int_equal(dns_rules_deny(rules, S("169.254.0.0/16")).code, ERR_NONE);
	assert_int_equal(dns_rules_deny(rules, S("fe80::/10")).code, ERR_NONE);
	dns_rules_use(&rules);
	for (int i = 0; i < N; i++)
		want[i] = rows[i].e;
	struct loop *l = loop_create(16);
	offload_start(1);
	inloop_run(l, resolves, rows, sizeof *rows, N);
	loop_destroy(&l);
	offload_stop();
	for (int i = 0; i < N; i++) {
		char buf[64];
		assert_int_equal(rows[i].e, want[i]);
		if (rows[i].first)
			assert_string_equal(text_of(&rows[i].answer.v[0], buf, sizeof buf), rows[i].first);
		else
			assert_int_equal(rows[i].answer.n, 0);
	}
}

/* Through the lane, the cache and a name server or its absence: the answer is one of these, in time. */
static void looked_up(void **state)
{
	(void)state;
	static const char *const host = "no-such-host.invalid";
	struct asks rows[8];
	for (int i = 0; i < 8; i++)
		rows[i] = (struct asks){ .host = host, .port = 80, .left_ms = 300 };
	struct loop *l = loop_create(16);
	int64_t from = inloop_ms();
	offload_start(1);
	inloop_run(l, resolves, rows, sizeof *rows, 8);
	assert_in_range(inloop_ms() - from, 0, 3000);
	loop_destroy(&l);
	offload_stop();
	for (int i = 0; i < 8; i++)
		assert_true(rows[i].e == ERR_NOT_FOUND || rows[i].e == ERR_IO || rows[i].e == ERR_TIMEOUT);
}

static void denied(void **state)
{
	(void)state;
	static const struct {
		const char *block;
		enum err_code e;
	} blocks[] = {
		{ "10.0.0.0/33", ERR_SYNTAX }, { "x/8", ERR_SYNTAX }, { "::/129", ERR_SYNTAX },
		{ "10.0.0.0/", ERR_SYNTAX },   { "", ERR_SYNTAX },    { "10.0.0.0/8 ", ERR_SYNTAX },
		{ "10.0.0.0/8", ERR_NONE },    { "192.168.1.128/25", ERR_NONE },
		{ "2001:db8::/33", ERR_NONE }, { "203.0.113.7", ERR_NONE },
	};
	static const struct {
		const char *host;
		enum err_code e;
	} rows[] = {
		{ "10.255.0.1", ERR_DENIED },    { "11.0.0.1", ERR_NONE },      { "192.168.1.127", ERR_NONE },
		{ "192.168.1.128", ERR_DENIED }, { "2001:db8::1", ERR_DENIED }, { "2001:db8:8000::1", ERR_NONE },
		{ "203.0.113.7", ERR_DENIED },   { "203.0.113.8", ERR_NONE },   { "169.254.1.1", ERR_NONE },
		{ "::ffff:10.1.1.1", ERR_DENIED },
	};
	struct dns_rules *rules = dns_rules_create();
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		assert_int_equal(dns_rules_deny(rules, str_from_z(blocks[i].block)).code, blocks[i].e);
	dns_rules_use(&rules);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dns_answer a;
		assert_int_equal(dns_resolve(str_from_z(rows[i].host), 80, NEVER, &a).code, rows[i].e);
	}
	rules = dns_rules_create();
	dns_rules_use(&rules);
}

/* ---- connecting ---- */
struct connects {
	const char *host;
	unsigned port;
	int64_t left_ms;
	enum err_code e;
	char peer[46];
	unsigned peer_port, local_port;
};

static void connects(void *arg)
{
	struct connects *c = arg;
	struct sock *s;
	c->e = sock_connect(str_from_z(c->host), c->port, NULL, false, deadline_in(c->left_ms), &s).code;
	if (c->e)
		return;
	memcpy(c->peer, sock_peer_ip(s).p, sock_peer_ip(s).n);
	c->peer_port = sock_peer_port(s);
	c->local_port = sock_local_port(s);
	sock_close(&s);
}

static void connecting(void **state)
{
	(void)state;
	struct diag d = { .arena = arena };
	int all, closed;
	assert_int_equal(sock_listen(S(":0"), &all, &d).code, ERR_NONE);
	assert_int_equal(sock_listen(S("127.0.0.1:0"), &closed, &d).code, ERR_NONE);
	unsigned port = sock_listen_port(all), nobody = sock_listen_port(closed);
	close(closed);
	struct connects rows[] = {
		{ .host = "127.0.0.1", .port = port, .left_ms = 5000 },
		{ .host = "localhost", .port = port, .left_ms = 5000 },
		{ .host = "localhost", .port = nobody, .left_ms = 5000 },
		{ .host = "a b", .port = port, .left_ms = 5000 },
	};
	static const enum err_code want[] = { ERR_NONE, ERR_NONE, ERR_IO, ERR_NOT_FOUND };
	struct loop *l = loop_create(16);
	inloop_run(l, connects, rows, sizeof *rows, 4);
	loop_destroy(&l);
	close(all);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(rows[i].e, want[i]);
		if (want[i])
			continue;
		assert_string_equal(rows[i].peer, "127.0.0.1");
		assert_int_equal(rows[i].peer_port, port);
		assert_true(rows[i].local_port > 0);
	}
}

/* A listener whose queue is full answers nothing: the deadline decides. */
static void silent(void **state)
{
	(void)state;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int full = socket(AF_INET, SOCK_STREAM, 0), fill[4];
	assert_int_equal(bind(full, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(full, 0), 0);
	getsockname(full, (struct sockaddr *)&a, &n);
	for (int i = 0; i < 4; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fill[i], (struct sockaddr *)&a, n) == 0)
			continue;
	}
	usleep(10000);
	struct connects c = { .host = "127.0.0.1", .port = ntohs(a.sin_port), .left_ms = 60 };
	struct loop *l = loop_create(1);
	int64_t from = inloop_ms();
	inloop_run(l, connects, &c, 0, 1);
	int64_t took = inloop_ms() - from;
	loop_destroy(&l);
	for (int i = 0; i < 4; i++)
		close(fill[i]);
	close(full);
	assert_int_equal(c.e, ERR_TIMEOUT);
	assert_in_range(took, 60, 2000);
}

static int setup(void **state)
{
	(void)state;
	arena = arena_create(0, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listening), cmocka_unit_test(names),      cmocka_unit_test(looked_up),
		cmocka_unit_test(denied),    cmocka_unit_test(connecting), cmocka_unit_test(silent),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
