/* SPDX-License-Identifier: Apache-2.0 */
/* A handshake's step with a key that computes long (RSA: 0.3 ms with 2,048 bits, 3.9 with 4,096) runs in a lane.
 * While it is there the SSL is the worker's alone: the loop notes edges, and a sock that is closed goes when it is back.
 * Source: SSL_CTX_set_cert_cb(3), SSL_get_error(3). */
#include "rt/tls_inside.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct tls_step {
	struct lane_job job;
	struct sock *sock;
	struct loop *loop;
	struct tls_outcome outcome;
	bool ended;    /* the worker has read the end of the stream */
	unsigned came; /* edges meanwhile */
	bool closed;   /* so is the sock, when it is back */
};

static bool computes_long(EVP_PKEY *key)
{
	char group[32];
	size_t n;
	if (EVP_PKEY_is_a(key, "ED25519"))
		return false;
	return !EVP_PKEY_is_a(key, "EC") ||
	       EVP_PKEY_get_group_name(key, group, sizeof group, &n) != 1 ||
	       strcmp(group, "prime256v1") != 0;
}

/* Called when the key is about to be used, and only then: a resumed handshake needs none.  -1 has the step
 * end here with SSL_ERROR_WANT_X509_LOOKUP. */
static int before_key(SSL *ssl, void *arg)
{
	(void)ssl, (void)arg;
	return loop_self() && lanes_running() ? -1 : 1;
}

void tls_spare_loop(SSL_CTX *ctx)
{
	if (computes_long(SSL_CTX_get0_privatekey(ctx)))
		SSL_CTX_set_cert_cb(ctx, before_key, NULL);
}

/* ---- the worker's side ---- */
int away_recv(struct tls_step *t, void *buf, size_t n)
{
	ssize_t r;
	do
		r = recv(t->sock->watch.fd, buf, n, 0);
	while (r < 0 && errno == EINTR);
	t->ended = r == 0 || (r < 0 && errno != EAGAIN);
	return (int)r;
}

int away_send(const struct tls_step *t, const void *buf, size_t n)
{
	ssize_t r;
	do
		r = send(t->sock->watch.fd, buf, n, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	return (int)r;
}

bool away_ended(const struct tls_step *t) { return t->ended; }

/* Whether the next step may use the key, too. */
static bool goes_on(SSL *ssl, int error)
{
	const SSL_CIPHER *c = SSL_get_pending_cipher(ssl);
	bool decrypts = c && SSL_CIPHER_get_kx_nid(c) == NID_kx_rsa;
	return error == SSL_ERROR_WANT_WRITE || (error == SSL_ERROR_WANT_READ && decrypts);
}

static void came_back(void *arg);

static void run(void *arg)
{
	struct tls_step *t = arg;
	t->outcome = tls_step(t->sock->ssl);
	t->outcome.long_step = goes_on(t->sock->ssl, t->outcome.error);
	loop_post(t->loop, came_back, t);
}

/* ---- the loop's ---- */
static void came_back(void *arg)
{
	struct tls_step *t = arg;
	struct sock *s = t->sock;
	t->loop->n_away--;
	s->away = NULL;
	if (t->closed) {
		sock_close(&s);
	} else {
		/* what the worker saw of the descriptor is not told: it is asked again */
		s->raw = s->ready = READY_READ | READY_WRITE;
		s->long_step = t->outcome.long_step;
		err e = tls_settle(s, &t->outcome);
		bool waits = !e.code && t->outcome.error != SSL_ERROR_NONE;
		if (!waits || (t->came & (s->tls_wants | READY_HUP | READY_BROKEN)))
			sock_tell(s, READY_READ | READY_WRITE);
	}
	free(t);
}

err tls_go_away(struct sock *s)
{
	struct tls_step *t = rt_alloc(sizeof *t);
	*t = (struct tls_step){ .job = { .fn = run, .arg = t }, .sock = s, .loop = loop_self() };
	s->away = t; /* from here on the worker may look */
	if (!lane_submit(LANE_CPU, &t->job)) {
		s->away = NULL;
		free(t);
		return FAIL(ERR_LIMIT);
	}
	t->loop->n_away++;
	s->tls_wants = READY_READ | READY_WRITE;
	return DONE;
}

void away_note(struct tls_step *t, unsigned ready) { t->came |= ready; }

void away_close(struct tls_step *t)
{
	t->closed = true;
	watch_remove(&t->sock->watch);
}
