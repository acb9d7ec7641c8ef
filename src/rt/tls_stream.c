/* SPDX-License-Identifier: Apache-2.0 */
/* TLS on a sock: OpenSSL reads and writes the descriptor through a BIO of ours.
 * The BIO never waits and keeps the sock's `raw`; what OpenSSL wants decides the sock's `ready`.
 * Source: BIO_meth_new(3), SSL_get_error(3), RFC 9325. */
#include "rt/tls_inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/log.h"

static BIO_METHOD *method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int moved_away(BIO *b, int r, int direction)
{
	if (r < 0 && errno == EAGAIN)
		BIO_set_flags(b, direction | BIO_FLAGS_SHOULD_RETRY);
	return r;
}

static int bio_read(BIO *b, char *buf, int n)
{
	struct sock *s = BIO_get_data(b);
	size_t got;
	BIO_clear_retry_flags(b);
	if (s->away)
		return moved_away(b, away_recv(s->away, buf, (size_t)n), BIO_FLAGS_READ);
	if (raw_recv(s, buf, (size_t)n, &got).code)
		return -1;
	if (!got && !s->ended)
		BIO_set_retry_read(b);
	return got ? (int)got : s->ended ? 0 : -1;
}

static int bio_write(BIO *b, const char *buf, int n)
{
	struct sock *s = BIO_get_data(b);
	struct iovec v = { (void *)buf, (size_t)n };
	size_t put;
	BIO_clear_retry_flags(b);
	if (s->away)
		return moved_away(b, away_send(s->away, buf, (size_t)n), BIO_FLAGS_WRITE);
	if (raw_send(s, &v, 1, &put).code)
		return -1;
	if (!put)
		BIO_set_retry_write(b);
	return put ? (int)put : -1;
}

static long bio_ctrl(BIO *b, int cmd, long number, void *p)
{
	const struct sock *s = BIO_get_data(b);
	(void)number, (void)p;
	if (cmd == BIO_CTRL_FLUSH)
		return 1;
	if (cmd != BIO_CTRL_EOF)
		return 0;
	return s->away ? away_ended(s->away) : s->ended;
}

static void make_method(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sock");
	must(method);
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_ctrl(method, bio_ctrl);
}

static BIO *new_bio(void)
{
	pthread_once(&once, make_method);
	BIO *b = BIO_new(method);
	if (b)
		BIO_set_init(b, 1);
	return b;
}

static void free_bio(struct loop *l) { BIO_free(l->bio); }

/* Only a handshake, which may leave the loop, needs a BIO of its own.  After it the stream shares the loop's: many
 * are idle, and a BIO is 200 bytes. */
static void share_bio(struct sock *s)
{
	struct loop *l = s->watch.loop;
	if (!l->bio)
		l->bio = new_bio();
	l->free_bio = free_bio;
	if (l->bio && l->bio != SSL_get_rbio(s->ssl) && BIO_up_ref(l->bio))
		SSL_set_bio(s->ssl, l->bio, l->bio);
}

/* Before each call of OpenSSL. */
static void begin(struct sock *s)
{
	ERR_clear_error();
	BIO_set_data(SSL_get_rbio(s->ssl), s);
}

bool tls_attach(struct sock *s, struct tls_context *t, bool server)
{
	ERR_clear_error();
	BIO *b = new_bio();
	s->ssl = tls_new(t);
	if (!b || !s->ssl) {
		BIO_free(b);
		SSL_free(s->ssl);
		s->ssl = NULL;
		return false;
	}
	BIO_set_data(b, s);
	SSL_set_bio(s->ssl, b, b);
	if (server)
		SSL_set_accept_state(s->ssl);
	else
		SSL_set_connect_state(s->ssl);
	tls_hold(t);
	s->tls = t;
	return true;
}

err tls_expect(struct sock *s, str host, unsigned port)
{
	char z[256], peer[sizeof z + 8];
	unsigned char ip[16];
	if (host.n >= sizeof z)
		return FAIL(ERR_LIMIT);
	snprintf(z, sizeof z, "%.*s", STR(host));
	snprintf(peer, sizeof peer, "%s:%u", z, port);
	ERR_clear_error();
	bool ok, named = s->tls->common_name.n > 0; /* then that is what it must prove */
	if (inet_pton(AF_INET, z, ip) == 1 || inet_pton(AF_INET6, z, ip) == 1) {
		ok = named || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(s->ssl), z) == 1;
	} else { /* RFC 6066 §3: a name without the dot at its end */
		if (host.n && z[host.n - 1] == '.')
			z[host.n - 1] = 0;
		SSL_set_hostflags(s->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		ok = (named || SSL_set1_host(s->ssl, z) == 1) &&
		     SSL_set_tlsext_host_name(s->ssl, z) == 1;
	}
	return ok && tls_resume(s, peer) ? DONE : FAIL(ERR_IO);
}

/* After a call that did not succeed: what it waits for, or that the stream is over. */
static err outcome(struct sock *s, int error, unsigned direction)
{
	switch (error) {
	case SSL_ERROR_WANT_READ:
		s->tls_wants = READY_READ;
		break;
	case SSL_ERROR_WANT_WRITE:
		s->tls_wants = READY_WRITE;
		break;
	case SSL_ERROR_ZERO_RETURN:
		s->ended = true;
		return DONE;
	default:
		s->ended = s->broken = true;
		return FAIL(ERR_IO);
	}
	s->ready &= ~direction;
	s->crossed = s->tls_wants != direction; /* then either edge is worth a try */
	return DONE;
}

static void log_failure(const struct sock *s, const char *why)
{
	long verdict = SSL_get_verify_result(s->ssl);
	const char *name = SSL_get_servername(s->ssl, TLSEXT_NAMETYPE_host_name);
	if (verdict != X509_V_OK)
		why = X509_verify_cert_error_string(verdict);
	if (SSL_is_server(s->ssl))
		log_debug("tls_client_failed", LOG_Z("why", why ? why : "closed"));
	else
		log_warn("tls_target_failed", LOG_Z("host", name ? name : ""),
		         LOG_Z("why", why ? why : "closed"));
}

struct tls_outcome tls_step(SSL *ssl)
{
	ERR_clear_error();
	int r = SSL_do_handshake(ssl);
	return (struct tls_outcome){ .error = SSL_get_error(ssl, r),
		                     .why = ERR_reason_error_string(ERR_peek_last_error()) };
}

err tls_settle(struct sock *s, const struct tls_outcome *o)
{
	if (o->error == SSL_ERROR_NONE) {
		s->crossed = false;
		share_bio(s);
		return DONE;
	}
	err e = outcome(s, o->error, 0);
	if (!e.code && s->ended)
		e = FAIL(ERR_IO);
	if (e.code)
		log_failure(s, o->why);
	return e;
}

err tls_handshake(struct sock *s, bool *done)
{
	*done = false;
	if (s->away)
		return DONE;
	if (s->long_step)
		return tls_go_away(s);
	struct tls_outcome o = tls_step(s->ssl);
	if (o.error == SSL_ERROR_WANT_X509_LOOKUP)
		return tls_go_away(s);
	*done = o.error == SSL_ERROR_NONE;
	return tls_settle(s, &o);
}

err tls_read(struct sock *s, void *buf, size_t n, size_t *got)
{
	begin(s);
	int r = SSL_read_ex(s->ssl, buf, n, got);
	if (r == 1)
		return DONE;
	*got = 0;
	return outcome(s, SSL_get_error(s->ssl, r), READY_READ);
}

static err tls_write(struct sock *s, const void *buf, size_t n, size_t *put)
{
	begin(s);
	int r = SSL_write_ex(s->ssl, buf, n, put);
	if (r == 1)
		return DONE;
	*put = 0;
	return outcome(s, SSL_get_error(s->ssl, r), READY_WRITE);
}

/* A head and its body in one record, not in two.  Never inlined: a frame of four pages is touched by
 * the compiler's own probes, and whoever writes in plain would pay for it. */
__attribute__((noinline)) err tls_write_pieces(struct sock *s, const struct iovec *v, int n,
                                               size_t *put)
{
	char record[SSL3_RT_MAX_PLAIN_LENGTH];
	size_t have = 0;
	if (n == 1 && v->iov_len)
		return tls_write(s, v->iov_base, v->iov_len, put);
	for (int i = 0; i < n && have < sizeof record; i++) {
		size_t room = sizeof record - have;
		size_t piece = v[i].iov_len < room ? v[i].iov_len : room;
		if (piece)
			memcpy(record + have, v[i].iov_base, piece);
		have += piece;
	}
	return have ? tls_write(s, record, have, put) : DONE;
}

void tls_shut(struct sock *s)
{
	begin(s);
	if (!s->broken && SSL_is_init_finished(s->ssl))
		SSL_shutdown(s->ssl);
}

void tls_detach(struct sock *s)
{
	tls_shut(s);
	tls_resume_end(s);
	SSL_free(s->ssl);
	s->ssl = NULL;
	tls_release(&s->tls);
}
