/* SPDX-License-Identifier: Apache-2.0 */
/* A connected stream, plain or TLS, that belongs to a loop.
 * Two ways to use it: driven by the loop (sock_try_*, sock_on_ready) while no fiber is needed, and from
 * a fiber (sock_read, sock_write), which waits.  Every wait has a deadline; one fiber waits at a time.
 * Source: socket(7), OpenSSL's SSL_read and SSL_write. */
#pragma once

#include <sys/uio.h>

#include "rt/fiber.h"

struct tls_context; /* rt/tls.h */

/* Takes the descriptor (non-blocking is set here).  With tls, a handshake as server must follow.
 * Never NULL: what fails here shows as a stream that has ended. */
struct sock *sock_accepted(struct loop *, int fd, struct tls_context *tls);

/* From a fiber: connects to host:port (an address or a name; see rt/dns.h for what is looked up where).
 * With tls: handshakes with SNI = host and verifies as the context says; with h2 HTTP/2 is offered before
 * HTTP/1.1.
 * ERR_TIMEOUT, ERR_IO (refused, unreachable), ERR_NOT_FOUND (no such name), ERR_LIMIT (too many
 * look-ups), ERR_DENIED (an address that no target may reach), ERR_SYNTAX (the TLS handshake failed, or
 * the certificate is not trusted; the log says why). */
err sock_connect(str host, unsigned port, struct tls_context *tls, bool h2, deadline,
                 struct sock **out) MUST_CHECK;
void sock_close(struct sock **); /* TLS: says close_notify, waits for nothing */

/* One try, never waits.  *got: bytes moved; 0 with DONE means: not ready (sock_ended tells an end). */
err sock_try_read(struct sock *, void *buf, size_t n, size_t *got) MUST_CHECK;
err sock_try_write(struct sock *, const struct iovec *, int n, size_t *put) MUST_CHECK;
err sock_try_handshake(struct sock *, bool *done) MUST_CHECK;
bool sock_ended(const struct sock *); /* no more will be read: the peer closed, or it broke */

/* From a fiber.  sock_read answers at least one byte, or *got == 0 at the end of the stream. */
err sock_read(struct sock *, void *buf, size_t n, size_t *got, deadline) MUST_CHECK;
err sock_write(struct sock *, const struct iovec *, int n, deadline) MUST_CHECK; /* all of it */
err sock_handshake(struct sock *, deadline) MUST_CHECK;

/* Ends our direction of the stream (TLS: close_notify first); the peer's can still be read. */
void sock_shutdown(struct sock *);

/* The loop's side: fn is called on readiness while no fiber waits on the sock.  NULL: nobody.
 * fn may close the sock. */
void sock_on_ready(struct sock *, void (*fn)(void *arg, unsigned ready), void *arg);

/* Tells when the peer goes away while a fiber is busy elsewhere: the fiber is then canceled.  A reset
 * always counts; the end of the peer's stream only with on_end (a peer may close its half and listen),
 * and only when it comes after this call.  fiber NULL: no more; do so before the fiber ends. */
void sock_cancels(struct sock *, struct fiber *, bool on_end);

/* For wait_any(): both directions at once.  Fires also for what is there already. */
struct wait sock_wait(struct sock *, unsigned ready);

/* Peer and own address, "127.0.0.1" or "::1"; live as long as the sock. */
str sock_peer_ip(struct sock *);
unsigned sock_peer_port(struct sock *);
unsigned sock_local_port(struct sock *);
bool sock_is_tls(const struct sock *);
str sock_tls_protocol(const struct sock *);    /* as ALPN chose, "h2"; absent without */
str sock_tls_server_name(const struct sock *); /* SNI as the client sent it; absent without */
str sock_tls_label(const struct sock *); /* of the terms that a server's side took (rt/tls.h) */
enum tls_trust { TLS_NO_PEER, TLS_DOUBTFUL_PEER, TLS_TRUSTED_PEER };
enum tls_trust sock_tls_peer(const struct sock *); /* which certificate came, if one did */
/* The first four are of the session, the others of the peer's certificate. */
enum tls_fact {
	TLS_CIPHER,
	TLS_PROTOCOL,
	TLS_SERVER_NAME,
	TLS_SESSION_ID,
	TLS_PEER_SUBJECT, /* RFC 2253 */
	TLS_PEER_ISSUER,
	TLS_PEER_PEM,
	TLS_PEER_SERIAL,      /* hexadecimal digits, upper case */
	TLS_PEER_FINGERPRINT, /* SHA-1, hexadecimal, lower case */
	TLS_PEER_CN,
	TLS_PEER_COUNTRY,
	TLS_PEER_EMAIL,
	TLS_PEER_LOCALITY,
	TLS_PEER_ORGANIZATION,
	TLS_PEER_UNIT,
	TLS_PEER_STATE,
};
str sock_tls_fact(struct arena *, const struct sock *, enum tls_fact); /* STR_NONE: there is none */
/* The peer's certificate, which outlives the connection with the arena; NULL: it showed none. */
struct tls_peer;
const struct tls_peer *sock_tls_peer_keep(struct arena *, const struct sock *);
str tls_peer_fact(struct arena *, const struct tls_peer *, enum tls_fact); /* TLS_PEER_... */

/* Listening on "HOST:PORT", "[::1]:PORT" or ":PORT" (all addresses); port 0 takes a free one.
 * ERR_SYNTAX or ERR_IO with a finding that names the address and the reason.  Fails when any other
 * socket listens there.  Loops, and during a hand-over processes, share it. */
struct diag;
err sock_listen(str address, int *fd, struct diag *) MUST_CHECK;
unsigned sock_listen_port(int fd); /* the port that it got */
