/* SPDX-License-Identifier: Apache-2.0 */
/* TLS over loopback: who is trusted, which certificate is shown, what flows.
 * A client that verifies talks to nobody but the name that it asked for.
 * Source: rt/tls.h, rt/dns.h. */
#include "inloop.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rt/dns.h"
#include "rt/sock.h"
#include "rt/tls.h"

enum { BULK = 300000 };

struct pair {
	str cert, key;
};
static struct arena *arena;
static struct pair a_pair, b_pair, ip_pair;

/* ---- a server that echoes ---- */
struct server {
	struct watch watch; /* first */
	struct loop *loop;
	struct tls_context *tls;
	int fd;
	char name[64];
};

struct visit {
	struct server *server;
	struct sock *sock;
};

static void serve(void *arg)
{
	struct visit v = *(struct visit *)arg;
	char buf[20000];
	size_t got = 1;
	free(arg);
	if (!sock_handshake(v.sock, deadline_in(5000)).code) {
		str name = sock_tls_server_name(v.sock);
		snprintf(v.server->name, sizeof v.server->name, "%.*s", STR(name));
		while (got) {
			if (sock_read(v.sock, buf, sizeof buf, &got, deadline_in(5000)).code)
				break;
			struct iovec two[2] = { { buf, got / 2 }, { buf + got / 2, got - got / 2 } };
			if (got && sock_write(v.sock, two, 2, deadline_in(5000)).code)
				break;
		}
	}
	sock_close(&v.sock);
}

static const struct strs no_names;

static void accepts(struct watch *w, unsigned ready)
{
	struct server *s = (struct server *)w;
	(void)ready;
	for (int fd; (fd = accept(s->fd, NULL, NULL)) >= 0;) {
		struct visit *v = malloc(sizeof *v);
		*v = (struct visit){ s, sock_accepted(s->loop, fd, s->tls) };
		if (fiber_start(s->loop, serve, v).code)
			abort();
	}
}

static void server_open(struct server *s, struct loop *l)
{
	struct diag d = { .arena = arena };
	*s = (struct server){ .loop = l };
	struct pair *all[] = { &a_pair, &b_pair, &ip_pair };
	for (size_t i = 0; i < 3; i++) {
		struct tls_terms t = { .cert_pem = all[i]->cert, .key_pem = all[i]->key };
		assert_int_equal(tls_server_add(&s->tls, &t, &no_names, S(""), &d).code, ERR_NONE);
	}
	assert_int_equal(sock_listen(S("127.0.0.1:0"), &s->fd, &d).code, ERR_NONE);
	s->watch = (struct watch){ .fd = s->fd, .fn = accepts };
	assert_int_equal(watch_add(l, &s->watch).code, ERR_NONE);
}

static void server_close(struct server *s)
{
	watch_remove(&s->watch);
	close(s->fd);
	tls_release(&s->tls);
}

/* ---- its clients ---- */
struct client {
	struct loop *loop;
	const char *host;
	unsigned port;
	struct tls_context *tls;
	size_t bulk, back;
	bool same;
	err e;
};

struct half {
	struct sock *sock;
	const char *p;
	size_t n;
	err e;
};

/* Sends and reads back with one fiber: wait_any() for both directions, as a body pump does. */
static void exchange(struct client *c, struct sock *s)
{
	char *out = malloc(c->bulk), *in = malloc(c->bulk);
	size_t sent = 0, n;
	for (size_t i = 0; i < c->bulk; i++)
		out[i] = (char)(i % 251);
	while (c->back < c->bulk && !c->e.code) {
		struct iovec v = { out + sent, c->bulk - sent };
		c->e = sock_try_write(s, &v, 1, &n);
		sent += n;
		size_t got = 0;
		if (!c->e.code)
			c->e = sock_try_read(s, in + c->back, c->bulk - c->back, &got);
		c->back += got;
		struct wait w = sock_wait(s, READY_READ | (sent < c->bulk ? READY_WRITE : 0));
		if (!n && !got && !c->e.code)
			c->e = wait_any(&w, 1, deadline_in(5000));
	}
	c->same = c->back == c->bulk && memcmp(in, out, c->bulk) == 0;
	free(out);
	free(in);
}

static void visit(void *arg)
{
	struct client *c = arg;
	struct sock *s;
	c->e = sock_connect(str_from_z(c->host), c->port, c->tls, false, deadline_in(5000), &s);
	if (c->e.code)
		return;
	exchange(c, s);
	sock_close(&s);
}

static void handshakes(void **state)
{
	(void)state;
	struct pair *none = NULL;
	const struct {
		const char *host;
		struct pair *trust; /* none: the system's */
		bool verify;
		enum err_code e;
		const char *sni;
	} rows[] = {
		{ "a.example.com", &a_pair, true, ERR_NONE, "a.example.com" },
		{ "b.example.com", &b_pair, true, ERR_NONE, "b.example.com" }, /* chosen by SNI */
		{ "x.b.example.com", &b_pair, true, ERR_NONE, "x.b.example.com" }, /* a wildcard */
		{ "b.example.com", &a_pair, true, ERR_SYNTAX, "" },
		{ "c.example.com", &a_pair, true, ERR_SYNTAX, "" }, /* the default, which is not c */
		{ "c.example.com", none, false, ERR_NONE, "c.example.com" },
		{ "a.example.com", none, true, ERR_SYNTAX, "" }, /* self-signed */
		{ "127.0.0.1", &a_pair, true, ERR_SYNTAX, "" }, /* a name is no proof of an address */
		{ "127.0.0.1", none, false, ERR_NONE, "" },
	};
	struct loop *l = loop_create(16);
	struct server s;
	server_open(&s, l);
	unsigned port = sock_listen_port(s.fd);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct diag d = { .arena = arena };
		struct client c = { .loop = l, .host = rows[i].host, .port = port, .bulk = i ? 100 : BULK };
		s.name[0] = 0;
		str to = str_fmt(arena, "127.0.0.1:%u", port);
		struct dns_rules *rules = dns_rules_create();
		assert_int_equal(dns_rules_map(rules, str_fmt(arena, "%s:%u", rows[i].host, port), to).code, ERR_NONE);
		dns_rules_use(&rules);
		struct tls_terms terms = { .trust_pem = rows[i].trust ? rows[i].trust->cert : STR_NONE, .any = !rows[i].verify };
		assert_int_equal(tls_client(&terms, &d, &c.tls).code, ERR_NONE);
		inloop_run(l, visit, &c, 0, 1);
		tls_release(&c.tls);
		assert_int_equal(c.e.code, rows[i].e);
		assert_string_equal(s.name, rows[i].sni);
		assert_true(c.same == !rows[i].e);
	}
	server_close(&s);
	loop_destroy(&l);
}

/* ---- a client that speaks no TLS, one that says nothing, one that leaves ---- */
struct stranger {
	unsigned port;
	const char *says;
	char answer[64];
	size_t n;
	err e;
};

static void stranger(void *arg)
{
	struct stranger *t = arg;
	struct sock *s;
	t->e = sock_connect(S("127.0.0.1"), t->port, NULL, false, deadline_in(5000), &s);
	if (t->e.code)
		return;
	struct iovec v = { (char *)t->says, strlen(t->says) };
	t->e = sock_write(s, &v, 1, deadline_in(5000));
	sock_shutdown(s);
	for (size_t got = 1; !t->e.code && got && t->n < sizeof t->answer; t->n += got)
		t->e = sock_read(s, t->answer + t->n, sizeof t->answer - t->n, &got, deadline_in(5000));
	sock_close(&s);
}

static void strangers(void **state)
{
	(void)state;
	static const char *const says[] = { "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01", "" };
	struct loop *l = loop_create(16);
	struct server s;
	server_open(&s, l);
	for (size_t i = 0; i < sizeof says / sizeof *says; i++) {
		struct stranger t = { .port = sock_listen_port(s.fd), .says = says[i] };
		inloop_run(l, stranger, &t, 0, 1);
		assert_true(t.n == 0 || t.answer[0] == 0x15); /* nothing, or an alert: never an answer */
		assert_string_equal(s.name, "");
	}
	server_close(&s);
	loop_destroy(&l);
}

/* ---- OpenSSL's own client, blocking, on a thread: ALPN, versions, resumption ---- */
struct plain_client {
	unsigned port;
	const char *alpn; /* as on the wire */
	int max_version;
	SSL_SESSION *session; /* in and out */
	bool connected, reused;
	char chosen[16];
	struct loop *loop;
};

static void talk(struct plain_client *c, SSL *ssl)
{
	const unsigned char *name;
	unsigned n;
	char buf[4];
	if (SSL_connect(ssl) != 1)
		return;
	c->connected = SSL_write(ssl, "ping", 4) == 4 && SSL_read(ssl, buf, 4) > 0;
	c->reused = SSL_session_reused(ssl);
	SSL_get0_alpn_selected(ssl, &name, &n);
	snprintf(c->chosen, sizeof c->chosen, "%.*s", (int)n, n ? (const char *)name : "");
	SSL_SESSION_free(c->session);
	c->session = SSL_get1_session(ssl); /* after the read: the ticket has come */
	SSL_shutdown(ssl);
}

static void *plain_client(void *arg)
{
	struct plain_client *c = arg;
	struct sockaddr_in a = { .sin_family = AF_INET,
		                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		                 .sin_port = htons((uint16_t)c->port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	SSL_set_max_proto_version(ssl, c->max_version);
	if (c->max_version && c->max_version < TLS1_2_VERSION)
		SSL_set_security_level(ssl, 0);
	if (c->alpn)
		SSL_set_alpn_protos(ssl, (const unsigned char *)c->alpn, (unsigned)strlen(c->alpn));
	if (c->session)
		SSL_set_session(ssl, c->session);
	SSL_set_fd(ssl, fd);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		talk(c, ssl);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
	loop_stop(c->loop);
	return NULL;
}

static void other_clients(void **state)
{
	(void)state;
	static const struct {
		const char *alpn;
		int max_version;
		bool again, connected, reused;
		const char *chosen;
	} rows[] = {
		{ NULL, 0, false, true, false, "" },
		{ NULL, 0, true, true, true, "" }, /* with another context: the ticket keys are the process's */
		{ NULL, TLS1_2_VERSION, false, true, false, "" },
		{ NULL, TLS1_2_VERSION, true, true, true, "" },
		{ NULL, TLS1_1_VERSION, false, false, false, "" },
		{ "\x08http/1.1", 0, false, true, false, "http/1.1" },
		{ "\x02h2\x08http/1.1", 0, false, true, false, "http/1.1" },
		{ "\x02h2", 0, false, false, false, "" }, /* RFC 7301 §3.2 */
	};
	SSL_SESSION *kept = NULL;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct loop *l = loop_create(4);
		struct server s;
		pthread_t thread;
		server_open(&s, l);
		struct plain_client c = { .port = sock_listen_port(s.fd), .alpn = rows[i].alpn, .loop = l,
			                  .max_version = rows[i].max_version, .session = rows[i].again ? kept : NULL };
		if (!rows[i].again)
			SSL_SESSION_free(kept);
		assert_int_equal(pthread_create(&thread, NULL, plain_client, &c), 0);
		loop_run(l);
		pthread_join(thread, NULL);
		server_close(&s);
		loop_destroy(&l);
		kept = c.session;
		assert_int_equal(c.connected, rows[i].connected);
		assert_int_equal(c.reused, rows[i].reused);
		assert_string_equal(c.chosen, rows[i].chosen);
	}
	SSL_SESSION_free(kept);
}

static int setup(void **state)
{
	(void)state;
	arena = arena_create(0, 0);
	return tls_self_signed(arena, S("a.example.com"), 30, &a_pair.cert, &a_pair.key).code ||
	       tls_self_signed(arena, S("b.example.com, *.b.example.com"), 30, &b_pair.cert, &b_pair.key).code ||
	       tls_self_signed(arena, S("127.0.0.1,::1"), 30, &ip_pair.cert, &ip_pair.key).code;
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
		cmocka_unit_test(handshakes),
		cmocka_unit_test(strangers),
		cmocka_unit_test(other_clients),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
