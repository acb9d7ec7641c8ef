/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes with keys that compute long, against OpenSSL's own client, while the lane is held up.
 * What uses such a key waits for the lane, and the loop does not; what uses none needs no lane.
 * Source: rt/tls_step.c. */
#include "inloop.h"

#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rt/inside.h"
#include "rt/sock.h"
#include "rt/tls.h"

struct pair {
	str cert, key;
};
static struct arena *arena;
static struct pair rsa, p256;

static str text_of(BIO *b)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);
	str s = str_dup(arena, str_from(p, (size_t)n));
	BIO_free(b);
	return s;
}

static void make_rsa(struct pair *out)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *x = X509_new();
	BIO *cert_out = BIO_new(BIO_s_mem()), *key_out = BIO_new(BIO_s_mem());
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	PEM_write_bio_X509(cert_out, x);
	PEM_write_bio_PrivateKey(key_out, key, NULL, NULL, 0, NULL, NULL);
	*out = (struct pair){ text_of(cert_out), text_of(key_out) };
	X509_free(x);
	EVP_PKEY_free(key);
}

/* ---- the lane, held up until it is let go ---- */
static sem_t held, go;

static void hold(void *arg)
{
	(void)arg;
	sem_post(&held);
	sem_wait(&go);
}

static void pass(void *arg) { (void)arg; }

/* ---- one connection ---- */
struct row {
	const char *what;
	struct pair *pair;
	int version;
	const char *ciphers;
	bool again;     /* with the session of the row before */
	int patience_ms; /* of the server */
	unsigned jobs;  /* in the lane's queue */
	bool away, connected;
};

struct run {
	const struct row *row;
	struct loop *loop;
	struct watch watch;
	struct timer look;
	unsigned port;
	SSL_SESSION *session;
	bool released, away, connected, reused;
	err e;
};

static void release(struct run *r)
{
	if (!r->released)
		sem_post(&go);
	r->released = true;
}

static void look(void *arg)
{
	struct run *r = arg;
	bool seen = r->loop->n_away > 0;
	r->away |= seen;
	if (seen && !r->row->patience_ms)
		release(r);
	timer_set(r->loop, &r->look, deadline_in(2), look, r);
}

static void serve(void *arg)
{
	struct run *r = arg;
	struct diag d = { .arena = arena };
	struct tls_context *t = NULL;
	char byte;
	size_t got;
	int fd = accept(r->watch.fd, NULL, NULL);
	must(fd >= 0 && !tls_server_add(&t, &(struct tls_terms){ .cert_pem = r->row->pair->cert, .key_pem = r->row->pair->key }, &(struct strs){ 0 }, STR_NONE, &d).code);
	struct sock *s = sock_accepted(r->loop, fd, t);
	tls_release(&t);
	r->e = sock_handshake(s, deadline_in(r->row->patience_ms ? r->row->patience_ms : 5000));
	if (!r->e.code)
		r->e = sock_read(s, &byte, 1, &got, deadline_in(5000));
	struct iovec v = { &byte, 1 };
	if (!r->e.code)
		r->e = sock_write(s, &v, 1, deadline_in(5000));
	sock_close(&s);
	release(r);
}

static void comes(struct watch *w, unsigned ready)
{
	(void)ready;
	must(!fiber_start(w->loop, serve, (struct run *)((char *)w - offsetof(struct run, watch))).code);
}

static void talk(struct run *r, SSL *ssl)
{
	char byte = 'x';
	r->connected = SSL_connect(ssl) == 1 && SSL_write(ssl, &byte, 1) == 1 && SSL_read(ssl, &byte, 1) == 1;
	r->reused = SSL_session_reused(ssl);
	SSL_SESSION_free(r->session);
	r->session = r->connected ? SSL_get1_session(ssl) : NULL;
	SSL_shutdown(ssl); /* else the session may not be used again */
}

static void *client(void *arg)
{
	struct run *r = arg;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)r->port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	SSL_set_max_proto_version(ssl, r->row->version);
	if (r->row->ciphers)
		SSL_set_cipher_list(ssl, r->row->ciphers);
	if (r->session)
		SSL_set_session(ssl, r->session);
	SSL_set_fd(ssl, fd);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		talk(r, ssl);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
	loop_stop(r->loop);
	return NULL;
}

static void one(const struct row *row, SSL_SESSION **session)
{
	struct run r = { .row = row, .loop = loop_create(4), .session = row->again ? *session : NULL };
	struct diag d = { .arena = arena };
	struct lane_job blocks = { .fn = hold };
	static struct lane_job queued[1024];
	pthread_t thread;
	assert_true(lane_submit(LANE_CPU, &blocks));
	sem_wait(&held);
	for (unsigned i = 0; i < row->jobs; i++) {
		queued[i] = (struct lane_job){ .fn = pass };
		assert_true(lane_submit(LANE_CPU, &queued[i]));
	}
	if (!row->again)
		SSL_SESSION_free(*session);
	assert_int_equal(sock_listen(S("127.0.0.1:0"), &r.watch.fd, &d).code, ERR_NONE);
	r.port = sock_listen_port(r.watch.fd);
	r.watch.fn = comes;
	assert_int_equal(watch_add(r.loop, &r.watch).code, ERR_NONE);
	timer_set(r.loop, &r.look, deadline_in(0), look, &r);
	pthread_create(&thread, NULL, client, &r);
	loop_run(r.loop);
	pthread_join(thread, NULL);
	timer_cancel(&r.look);
	watch_remove(&r.watch);
	close(r.watch.fd);
	loop_destroy(&r.loop); /* waits for what is away */
	*session = r.session;
	if (r.connected != row->connected || r.away != row->away || r.reused != row->again)
		fail_msg("%s: connected %d, away %d, resumed %d", row->what, r.connected, r.away, r.reused);
}

static void long_keys(void **state)
{
	(void)state;
	const struct row rows[] = {
		{ "P-256", .pair = &p256, .connected = true },
		{ "RSA", .pair = &rsa, .away = true, .connected = true },
		{ "RSA again", .pair = &rsa, .again = true, .connected = true },
		{ "TLS 1.2", .pair = &rsa, .version = TLS1_2_VERSION, .away = true, .connected = true },
		{ "TLS 1.2 again", .pair = &rsa, .version = TLS1_2_VERSION, .again = true, .connected = true },
		{ "RSA decrypts", .pair = &rsa, .version = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256", .away = true, .connected = true },
		{ "RSA decrypts again", .pair = &rsa, .version = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256", .again = true, .connected = true },
		{ "is closed meanwhile", .pair = &rsa, .patience_ms = 50, .away = true },
		{ "the lane is full", .pair = &rsa, .jobs = 1024 },
	};
	SSL_SESSION *session = NULL;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		one(&rows[i], &session);
	SSL_SESSION_free(session);
}

static int setup(void **state)
{
	(void)state;
	arena = arena_create(0, 0);
	signal(SIGPIPE, SIG_IGN); /* the client's writes */
	sem_init(&held, 0, 0);
	sem_init(&go, 0, 0);
	make_rsa(&rsa);
	offload_start(1);
	return (int)tls_self_signed(arena, S("a.example.com"), 1, &p256.cert, &p256.key).code;
}

static int teardown(void **state)
{
	(void)state;
	offload_stop();
	arena_destroy(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(long_keys) };
	return cmocka_run_group_tests(tests, setup, teardown);
}
