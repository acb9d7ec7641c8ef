/* SPDX-License-Identifier: Apache-2.0 */
/* The stream as sock.c, connect.c and tls.c see it.
 * `raw` is what the descriptor can do, `ready` what the stream can: they differ only under TLS, which
 * holds bytes of its own in both directions.
 * Source: house. */
#pragma once

#include <openssl/ssl.h>

#include "rt/inside.h"
#include "rt/sock.h"

struct sock {
	struct watch watch; /* first: on_event() casts */
	unsigned raw, ready, wanted;
	bool hup;   /* the peer sends no more: the kernel has told of its last edge */
	bool ended; /* and all of it has been read */
	bool broken;
	bool cancels_on_end;
	bool crossed;          /* TLS waits for the other direction than the caller */
	unsigned tls_wants;    /* after a try that moved nothing */
	bool long_step;        /* the handshake's next step is for the lane */
	struct tls_step *away; /* it is there: ssl is the worker's alone */
	struct fiber *fiber, *cancels;
	void (*on_ready)(void *arg, unsigned ready);
	void *arg;
	SSL *ssl;
	struct tls_context *tls;
	uint16_t peer_port, local_port;
	uint8_t peer_ip_n;
	char *peer_ip; /* NULL: nobody has asked */
};

struct sock *sock_new(struct loop *, int fd, unsigned ready);
err sock_block(struct sock *, unsigned want, deadline) MUST_CHECK;

void sock_tell(struct sock *, unsigned ready); /* the fiber that waits, or on_ready() */

/* tls_stream.c; on a sock with ssl */
bool tls_attach(struct sock *, struct tls_context *, bool server);
bool tls_ask_h2(struct sock *); /* a client's: offers HTTP/2 before HTTP/1.1 */
/* Of a client: SNI, the name that the peer must prove, and a session that this host and port gave. */
err tls_expect(struct sock *, str host, unsigned port) MUST_CHECK;
err tls_handshake(struct sock *, bool *done) MUST_CHECK;
err tls_read(struct sock *, void *buf, size_t n, size_t *got) MUST_CHECK;
err tls_write_pieces(struct sock *, const struct iovec *, int n, size_t *put) MUST_CHECK;
void tls_shut(struct sock *);
void tls_detach(struct sock *);

/* tls_step.c; on a sock that is away.  What it moves touches nothing that is the loop's. */
int away_recv(struct tls_step *, void *buf, size_t n);
int away_send(const struct tls_step *, const void *buf, size_t n);
bool away_ended(const struct tls_step *);
void away_note(struct tls_step *, unsigned ready); /* an edge */
void away_close(struct tls_step *);                /* sock_close() is due when it is back */

/* The descriptor's own calls; got == 0 with DONE: not ready, or ended. */
err raw_recv(struct sock *, void *buf, size_t n, size_t *got) MUST_CHECK;
err raw_send(struct sock *, const struct iovec *, int n, size_t *put) MUST_CHECK;
