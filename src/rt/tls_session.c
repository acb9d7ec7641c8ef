/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions that targets gave, to be taken up again: of one client context, for all of its loops.
 * The newest of each host and port is kept, and serves them only, under the terms that the certificate was judged by.
 * Source: RFC 8446 §2.2, RFC 5077, SSL_CTX_sess_set_new_cb(3). */
#include "rt/tls_inside.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SESSIONS = 64, TICKET_BYTES = 4096 };

struct kept {
	SSL_SESSION *session;
	char *peer;
	uint64_t at; /* the higher, the newer */
};

struct tls_sessions {
	pthread_mutex_t lock;
	uint64_t now;
	size_t n;
	struct kept v[SESSIONS];
};

static void drop(struct tls_sessions *c, struct kept *k)
{
	SSL_SESSION_free(k->session);
	free(k->peer);
	*k = c->v[--c->n];
}

static struct kept *find(struct tls_sessions *c, const char *peer)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].peer, peer) == 0)
			return &c->v[i];
	return NULL;
}

static struct kept *oldest(struct tls_sessions *c)
{
	struct kept *found = c->v;
	for (size_t i = 1; i < c->n; i++)
		if (c->v[i].at < found->at)
			found = &c->v[i];
	return found;
}

/* 1: the reference is ours now. */
static int on_new(SSL *ssl, SSL_SESSION *session)
{
	const struct tls_context *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct tls_sessions *c = t->sessions;
	const char *peer = SSL_get_app_data(ssl);
	const unsigned char *ticket;
	size_t n;
	SSL_SESSION_get0_ticket(session, &ticket, &n);
	if (!peer || n > TICKET_BYTES)
		return 0;
	pthread_mutex_lock(&c->lock);
	struct kept *before = find(c, peer);
	if (before || c->n == SESSIONS)
		drop(c, before ? before : oldest(c));
	c->v[c->n] = (struct kept){ session, strdup(peer), c->now++ };
	must(c->v[c->n++].peer);
	pthread_mutex_unlock(&c->lock);
	return 1;
}

static bool lives(const SSL_SESSION *s)
{
	return SSL_SESSION_is_resumable(s) &&
	       SSL_SESSION_get_time(s) + SSL_SESSION_get_timeout(s) > (long)time(NULL);
}

/* A copy, since OpenSSL spoils what was shown: it would have a ticket of TLS 1.3 shown only once (RFC 8446 §C.4), so
 * that nobody can tell two connections to be one client's.  A gateway's address says so anyway. */
static SSL_SESSION *take(struct tls_sessions *c, const char *peer)
{
	SSL_SESSION *s = NULL;
	pthread_mutex_lock(&c->lock);
	struct kept *k = find(c, peer);
	if (k && !lives(k->session))
		drop(c, k);
	else if (k)
		s = SSL_SESSION_dup(k->session);
	pthread_mutex_unlock(&c->lock);
	return s;
}

void tls_sessions_keep(struct tls_context *t)
{
	SSL_CTX *ctx = t->named[0].ctx;
	t->sessions = rt_alloc(sizeof *t->sessions);
	pthread_mutex_init(&t->sessions->lock, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_new);
}

void tls_sessions_free(struct tls_sessions *c)
{
	if (!c)
		return;
	while (c->n)
		drop(c, c->v);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

bool tls_resume(struct sock *s, const char *peer)
{
	char *own = strdup(peer);
	must(own);
	SSL_SESSION *session = take(s->tls->sessions, peer);
	bool ok = SSL_set_app_data(s->ssl, own) == 1 &&
	          (!session || SSL_set_session(s->ssl, session) == 1);
	SSL_SESSION_free(session);
	return ok;
}

/* What came to nothing may have done so for the session's sake. */
void tls_resume_end(const struct sock *s)
{
	char *peer = SSL_get_app_data(s->ssl);
	struct tls_sessions *c = s->tls->sessions;
	if (!peer)
		return;
	pthread_mutex_lock(&c->lock);
	struct kept *k = SSL_is_init_finished(s->ssl) ? NULL : find(c, peer);
	if (k)
		drop(c, k);
	pthread_mutex_unlock(&c->lock);
	SSL_set_app_data(s->ssl, NULL);
	free(peer);
}
