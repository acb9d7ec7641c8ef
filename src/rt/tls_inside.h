/* SPDX-License-Identifier: Apache-2.0 */
/* What the TLS files share: the context, a step of a handshake, and the hooks of the ticket keys.
 * A context is not changed once a sock uses it.
 * Source: house. */
#pragma once

#include "rt/sock_inside.h"
#include "rt/tls.h"

struct tls_named { /* the terms of a server for some names; a client has one, too */
	SSL_CTX *ctx;
	X509 *leaf;
	struct strs names; /* lower case */
	str label;
};

struct tls_context {
	_Atomic(unsigned) holders;
	struct arena *arena; /* of the texts */
	struct tls_named *named;
	size_t n, cap;
	str common_name; /* of a client */
	bool wildcard;
	struct tls_sessions *sessions; /* likewise */
	_Atomic(bool) h2;              /* of a server: is offered */
};

/* tls_session.c; of a client */
void tls_sessions_keep(struct tls_context *);
void tls_sessions_free(struct tls_sessions *);
bool tls_resume(struct sock *, const char *peer);
void tls_resume_end(const struct sock *); /* of every sock */

/* What SSL_do_handshake() said, on whatever thread. */
struct tls_outcome {
	int error;       /* SSL_get_error() */
	const char *why; /* static; NULL: nothing is known */
	bool long_step;  /* a key that computes long is at work still */
};

SSL *tls_new(struct tls_context *);
const struct tls_named *tls_taken(const struct sock *); /* by a server's side */
/* tls_terms.c: protocols and ciphers */
err tls_narrow(SSL_CTX *, const struct tls_terms *, struct diag *) MUST_CHECK;
struct tls_outcome tls_step(SSL *);
err tls_settle(struct sock *, const struct tls_outcome *) MUST_CHECK; /* on the loop */
void tls_spare_loop(SSL_CTX *);                                       /* its key may compute long */
err tls_go_away(struct sock *) MUST_CHECK; /* the next step, to the lane; ERR_LIMIT: it is full */
void tls_use_tickets(SSL_CTX *);           /* session tickets under keys of this process */
