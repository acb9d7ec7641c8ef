/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of targets: which connection takes one up again, which must not, and how many are kept.
 * A row is one connection to a server that echoes a byte; the rows share a client's context.
 * Source: rt/tls_session.c. */
#include "inloop.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rt/dns.h"
#include "rt/tls_inside.h"

static struct arena *arena;
static str cert, key;

struct run {
	struct loop *loop;
	struct watch watch;
	struct tls_context *server, *client;
	const char *host;
	unsigned port;
	int accepted;
	bool silent; /* the server closes instead of a handshake */
	bool reused;
	err e;
};

static void echo(void *arg)
{
	struct run *r = arg;
	char byte;
	size_t got = 0;
	struct sock *s = sock_accepted(r->loop, r->accepted, r->server);
	if (!r->silent && !sock_handshake(s, deadline_in(5000)).code &&
	    !sock_read(s, &byte, 1, &got, deadline_in(5000)).code && got) {
		err e = sock_write(s, &(struct iovec){ &byte, 1 }, 1, deadline_in(5000));
		(void)e;
	}
	sock_close(&s);
}

static void comes(struct watch *w, unsigned ready)
{
	struct run *r = (struct run *)((char *)w - offsetof(struct run, watch));
	(void)ready;
	while ((r->accepted = accept(w->fd, NULL, NULL)) >= 0) /* the fiber runs at once */
		must(!fiber_start(w->loop, echo, r).code);
}

static void visit(void *arg)
{
	struct run *r = arg;
	char byte = 'x';
	size_t got;
	struct sock *s;
	r->reused = false;
	r->e = sock_connect(str_from_z(r->host), r->port, r->client, false, deadline_in(5000), &s);
	if (r->e.code)
		return;
	r->e = sock_write(s, &(struct iovec){ &byte, 1 }, 1, deadline_in(5000));
	if (!r->e.code)
		r->e = sock_read(s, &byte, 1, &got, deadline_in(5000));
	r->reused = SSL_session_reused(s->ssl);
	sock_close(&s);
}

static void map_host(struct dns_rules *rules, const char *host, unsigned port)
{
	str to = str_fmt(arena, "127.0.0.1:%u", port);
	assert_int_equal(dns_rules_map(rules, str_fmt(arena, "%s:%u", host, port), to).code, ERR_NONE);
}

static void open_run(struct run *r, const char *protocol)
{
	struct diag d = { .arena = arena };
	struct tls_terms server = { .cert_pem = cert, .key_pem = key };
	struct tls_terms client = { .trust_pem = cert };
	str only = str_from_z(protocol);
	client.protocols = (struct strs){ .v = &only, .n = 1 };
	*r = (struct run){ .loop = loop_create(32) };
	assert_int_equal(tls_server_add(&r->server, &server, &(struct strs){ 0 }, STR_NONE, &d).code, ERR_NONE);
	assert_int_equal(tls_client(&client, &d, &r->client).code, ERR_NONE);
	assert_int_equal(sock_listen(S("127.0.0.1:0"), &r->watch.fd, &d).code, ERR_NONE);
	r->watch.fn = comes;
	r->port = sock_listen_port(r->watch.fd);
	assert_int_equal(watch_add(r->loop, &r->watch).code, ERR_NONE);
	struct dns_rules *rules = dns_rules_create();
	for (const char *const *h = (const char *const[]){ "a.example.com", "b.example.com", NULL }; *h; h++)
		map_host(rules, *h, r->port);
	dns_rules_use(&rules);
}

static void close_run(struct run *r)
{
	watch_remove(&r->watch);
	close(r->watch.fd);
	tls_release(&r->client);
	tls_release(&r->server);
	loop_destroy(&r->loop);
}

static void taken_up(void **state)
{
	(void)state;
	static const struct {
		const char *host;
		bool silent, reused;
	} rows[] = {
		{ "a.example.com", false, false },
		{ "a.example.com", false, true },
		{ "a.example.com", false, true },
		{ "b.example.com", false, false }, /* the same server by another name proves itself anew */
		{ "b.example.com", false, true },
		{ "a.example.com", false, true },
		{ "a.example.com", true, false }, /* what fails may have failed for the session's sake */
		{ "a.example.com", false, false },
		{ "a.example.com", false, true },
		{ "b.example.com", false, true },
	};
	for (const char *const *p = (const char *const[]){ "TLSv1.3", "TLSv1.2", NULL }; *p; p++) {
		struct run r;
		open_run(&r, *p);
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			r.host = rows[i].host;
			r.silent = rows[i].silent;
			inloop_run(r.loop, visit, &r, 0, 1);
			if (r.reused != rows[i].reused || !r.e.code == rows[i].silent)
				fail_msg("%s, row %zu: resumed %d, %s", *p, i, r.reused, err_word(r.e.code));
		}
		close_run(&r);
	}
}

/* More hosts than are kept: the one whose session is the oldest must prove itself anew. */
static void bounded(void **state)
{
	(void)state;
	struct run r;
	struct dns_rules *rules = dns_rules_create();
	const char *hosts[65];
	open_run(&r, "TLSv1.3");
	for (int i = 0; i < 65; i++) {
		hosts[i] = str_z(arena, str_fmt(arena, "h%d.example.com", i));
		map_host(rules, hosts[i], r.port);
	}
	dns_rules_use(&rules);
	for (int i = 0; i < 65; i++) {
		r.host = hosts[i];
		inloop_run(r.loop, visit, &r, 0, 1);
		assert_int_equal(r.e.code, ERR_NONE);
	}
	static const struct {
		const char *host;
		bool reused;
	} rows[] = { { "h1.example.com", true }, { "h64.example.com", true }, { "h0.example.com", false } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		r.host = rows[i].host;
		inloop_run(r.loop, visit, &r, 0, 1);
		assert_int_equal(r.reused, rows[i].reused);
	}
	close_run(&r);
}

static int setup(void **state)
{
	(void)state;
	arena = arena_create(0, 0);
	return (int)tls_self_signed(arena, S("a.example.com, *.example.com"), 1, &cert, &key).code;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(taken_up), cmocka_unit_test(bounded) };
	return cmocka_run_group_tests(tests, setup, teardown);
}
