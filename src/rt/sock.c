/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of rt/sock.h: readiness is remembered until the kernel says EAGAIN or moves less than asked.
 * So a request that finds its bytes costs one recv and one send, and nothing is asked twice.
 * Source: epoll(7) "edge-triggered", recv(2), sendmsg(2). */
#include "rt/sock_inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PIECES = 16 };

static unsigned state_of(const struct sock *s)
{
	return s->ready | (s->hup ? READY_HUP : 0) | (s->broken ? READY_BROKEN : 0);
}

void sock_tell(struct sock *s, unsigned ready)
{
	if (s->away) {
		away_note(s->away, ready);
	} else if (s->fiber) {
		if (s->wanted & state_of(s))
			fiber_ready(s->fiber);
	} else if (s->on_ready) {
		s->on_ready(s->arg, ready);
	}
}

static void on_event(struct watch *w, unsigned ready)
{
	struct sock *s = (struct sock *)w;
	unsigned can = ready & (READY_READ | READY_WRITE);
	s->raw |= can;
	s->ready |= s->crossed && can ? READY_READ | READY_WRITE : can;
	s->hup |= (ready & READY_HUP) != 0;
	s->broken |= (ready & READY_BROKEN) != 0;
	if (s->cancels && (ready & (READY_BROKEN | (s->cancels_on_end ? READY_HUP : 0))))
		fiber_cancel(s->cancels);
	sock_tell(s, ready);
}

struct sock *sock_new(struct loop *l, int fd, unsigned ready)
{
	struct sock *s = rt_alloc(sizeof *s);
	int one = 1;
	s->watch.fd = fd;
	s->watch.fn = on_event;
	s->raw = s->ready = ready;
	ioctl(fd, FIONBIO, &one);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* a socketpair has none */
	if (watch_add(l, &s->watch).code)
		s->ended = s->broken = true;
	return s;
}

struct sock *sock_accepted(struct loop *l, int fd, struct tls_context *tls)
{
	struct sock *s = sock_new(l, fd, READY_READ | READY_WRITE);
	if (tls && !tls_attach(s, tls, true))
		s->ended = s->broken = true;
	return s;
}

void sock_close(struct sock **sock)
{
	struct sock *s = *sock;
	if (!s)
		return;
	*sock = NULL;
	must(!s->fiber);
	if (s->away) {
		away_close(s->away);
		return;
	}
	if (s->ssl)
		tls_detach(s);
	watch_remove(&s->watch);
	close(s->watch.fd);
	free(s->peer_ip);
	free(s);
}

bool sock_ended(const struct sock *s) { return s->ended; }

/* ---- the descriptor ---- */
static err broke(struct sock *s)
{
	s->ended = s->broken = true;
	return FAIL(ERR_IO);
}

/* glibc makes recv() and send() places where a thread may be cancelled: two locked instructions a call. */
static ssize_t receive(int fd, void *buf, size_t n)
{
	return syscall(SYS_recvfrom, fd, buf, n, 0, NULL, NULL);
}

static ssize_t send_one(int fd, const struct iovec *v)
{
	return syscall(SYS_sendto, fd, v->iov_base, v->iov_len, MSG_NOSIGNAL, NULL, 0);
}

err raw_recv(struct sock *s, void *buf, size_t n, size_t *got)
{
	*got = 0;
	while (s->raw & READY_READ) {
		ssize_t r = receive(s->watch.fd, buf, n);
		if (r > 0) {
			*got = (size_t)r;
			if (*got < n && !s->hup) /* after the last edge only the 0 tells */
				s->raw &= ~(unsigned)READY_READ;
			return DONE;
		}
		if (r == 0) {
			s->ended = true;
			return DONE;
		}
		if (errno == EAGAIN)
			s->raw &= ~(unsigned)READY_READ;
		else if (errno != EINTR)
			return broke(s);
	}
	return DONE;
}

err raw_send(struct sock *s, const struct iovec *v, int n, size_t *put)
{
	struct msghdr m = { .msg_iov = (struct iovec *)v, .msg_iovlen = (size_t)n };
	size_t all = 0;
	*put = 0;
	for (int i = 0; i < n; i++)
		all += v[i].iov_len;
	while (all && (s->raw & READY_WRITE)) {
		/* without a message header to copy in the call is cheaper */
		ssize_t r =
			n == 1 ? send_one(s->watch.fd, v) : sendmsg(s->watch.fd, &m, MSG_NOSIGNAL);
		if (r >= 0) {
			*put = (size_t)r;
			if (*put < all)
				s->raw &= ~(unsigned)READY_WRITE;
			return DONE;
		}
		if (errno == EAGAIN)
			s->raw &= ~(unsigned)READY_WRITE;
		else if (errno != EINTR) {
			/* What the peer said before it closed may still be there: reading finds the end. */
			s->broken = true;
			s->raw |= READY_READ;
			s->ready |= READY_READ;
			return FAIL(ERR_IO);
		}
	}
	return DONE;
}

/* ---- one try ---- */
err sock_try_read(struct sock *s, void *buf, size_t n, size_t *got)
{
	*got = 0;
	if (s->ended || !(s->ready & READY_READ))
		return DONE;
	if (s->ssl)
		return tls_read(s, buf, n, got);
	err e = raw_recv(s, buf, n, got);
	s->ready = s->raw;
	return e;
}

err sock_try_write(struct sock *s, const struct iovec *v, int n, size_t *put)
{
	*put = 0;
	if (s->broken)
		return FAIL(ERR_IO);
	if (!(s->ready & READY_WRITE))
		return DONE;
	if (s->ssl)
		return tls_write_pieces(s, v, n, put);
	err e = raw_send(s, v, n, put);
	s->ready = s->raw;
	return e;
}

err sock_try_handshake(struct sock *s, bool *done)
{
	*done = !s->ssl;
	if (s->broken)
		return FAIL(ERR_IO);
	return s->ssl ? tls_handshake(s, done) : DONE;
}

/* ---- from a fiber ---- */
err sock_block(struct sock *s, unsigned want, deadline d)
{
	struct fiber *f = fiber_must();
	must(!s->fiber);
	for (;;) {
		TRY(wait_over(f, d));
		s->fiber = f;
		s->wanted = want;
		fiber_suspend(f, d);
		s->fiber = NULL;
		if (f->canceled)
			return FAIL(ERR_CANCELED);
		if (state_of(s) & (want | READY_BROKEN))
			return DONE;
	}
}

err sock_read(struct sock *s, void *buf, size_t n, size_t *got, deadline d)
{
	fiber_pause();
	for (;;) {
		TRY(sock_try_read(s, buf, n, got));
		if (*got || s->ended)
			return DONE;
		if (!(s->ready & READY_READ))
			TRY(sock_block(s, READY_READ, d));
	}
}

/* Drops put bytes at the front; skips empty pieces. */
static void advance(struct iovec *v, int n, int *at, size_t put)
{
	while (*at < n && put >= v[*at].iov_len) {
		put -= v[*at].iov_len;
		(*at)++;
	}
	if (*at < n) {
		v[*at].iov_base = (char *)v[*at].iov_base + put;
		v[*at].iov_len -= put;
	}
}

static err write_pieces(struct sock *s, const struct iovec *pieces, int n, deadline d)
{
	struct iovec v[PIECES];
	int at = 0;
	memcpy(v, pieces, sizeof *v * (size_t)n);
	advance(v, n, &at, 0);
	while (at < n) {
		size_t put;
		TRY(sock_try_write(s, v + at, n - at, &put));
		advance(v, n, &at, put);
		if (at < n && !(s->ready & READY_WRITE))
			TRY(sock_block(s, READY_WRITE, d));
	}
	return DONE;
}

err sock_write(struct sock *s, const struct iovec *v, int n, deadline d)
{
	fiber_pause();
	for (; n > PIECES; v += PIECES, n -= PIECES)
		TRY(write_pieces(s, v, PIECES, d));
	return write_pieces(s, v, n, d);
}

err sock_handshake(struct sock *s, deadline d)
{
	bool done;
	for (;;) {
		TRY(sock_try_handshake(s, &done));
		if (done)
			return DONE;
		s->ready &= ~s->tls_wants;
		TRY(sock_block(s, s->tls_wants, d));
	}
}

void sock_shutdown(struct sock *s)
{
	if (s->ssl)
		tls_shut(s);
	shutdown(s->watch.fd, SHUT_WR);
}

/* ---- the loop's side, and wait_any() ---- */
void sock_on_ready(struct sock *s, void (*fn)(void *, unsigned), void *arg)
{
	s->on_ready = fn;
	s->arg = arg;
}

void sock_cancels(struct sock *s, struct fiber *f, bool on_end)
{
	s->cancels = f;
	s->cancels_on_end = on_end;
	if (f && s->broken)
		fiber_cancel(f);
}

struct wait sock_wait(struct sock *s, unsigned ready)
{
	return (struct wait){ .fd = -1, .sock = s, .ready = ready };
}

unsigned sock_arm(struct sock *s, unsigned ready, struct fiber *f)
{
	must(!s->fiber || s->fiber == f);
	if (!s->fiber)
		s->wanted = 0;
	s->fiber = f;
	s->wanted |= ready | READY_BROKEN;
	return state_of(s) & (ready | READY_BROKEN);
}

unsigned sock_disarm(struct sock *s, unsigned ready)
{
	s->fiber = NULL;
	return state_of(s) & (ready | READY_BROKEN);
}

/* ---- addresses ---- */
static uint16_t port_of(const struct sockaddr_storage *a)
{
	const struct sockaddr_in *v4 = (const void *)a;
	const struct sockaddr_in6 *v6 = (const void *)a;
	return ntohs(a->ss_family == AF_INET    ? v4->sin_port
	             : a->ss_family == AF_INET6 ? v6->sin6_port
	                                        : 0);
}

static void ip_of(const struct sockaddr_storage *a, char *ip)
{
	const struct sockaddr_in *v4 = (const void *)a;
	const struct sockaddr_in6 *v6 = (const void *)a;
	*ip = 0;
	if (a->ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, ip, INET6_ADDRSTRLEN);
	else if (a->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], ip, INET6_ADDRSTRLEN);
	else if (a->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, ip, INET6_ADDRSTRLEN);
}

static COLD void find_names(struct sock *s)
{
	struct sockaddr_storage peer = { 0 }, local = { 0 };
	socklen_t n_peer = sizeof peer, n_local = sizeof local;
	char ip[INET6_ADDRSTRLEN];
	(void)!getpeername(s->watch.fd, (struct sockaddr *)&peer, &n_peer);
	(void)!getsockname(s->watch.fd, (struct sockaddr *)&local, &n_local);
	ip_of(&peer, ip);
	s->peer_port = port_of(&peer);
	s->local_port = port_of(&local);
	size_t n = strlen(ip); /* no room for the longest: many are idle */
	s->peer_ip = memcpy(rt_alloc(n + 1), ip, n);
	s->peer_ip_n = (uint8_t)n;
}

static const char *names(struct sock *s)
{
	if (!s->peer_ip)
		find_names(s);
	return s->peer_ip;
}

str sock_peer_ip(struct sock *s)
{
	const char *peer = names(s);
	return str_from(peer, s->peer_ip_n);
}

unsigned sock_peer_port(struct sock *s)
{
	names(s);
	return s->peer_port;
}

unsigned sock_local_port(struct sock *s)
{
	names(s);
	return s->local_port;
}

bool sock_is_tls(const struct sock *s) { return s->ssl != NULL; }
