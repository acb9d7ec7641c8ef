/* SPDX-License-Identifier: Apache-2.0 */
/* What the TLS files share: the context, and the hooks of the ticket keys.
 * A context is not changed once a sock uses it.
 * Source: house. */
#pragma once

#include "rt/sock_inside.h"
#include "rt/tls.h"

struct tls_named { /* a certificate of a server */
	SSL_CTX *ctx;
	X509 *leaf;
};

struct tls_context {
	_Atomic(unsigned) holders;
	struct tls_named *named; /* a client has one, too */
	size_t n, cap;
	bool verify;
	_Atomic(bool) h2; /* of a server: is offered */
};

SSL *tls_new(struct tls_context *);
void tls_use_tickets(SSL_CTX *); /* session tickets under keys of this process */
