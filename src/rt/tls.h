/* SPDX-License-Identifier: Apache-2.0 */
/* TLS contexts: what a listener presents and what a client trusts.  TLS 1.2 and up, ALPN http/1.1, and h2 if asked.
 * Contexts are shared by loops and counted; a sock holds its own.
 * Source: RFC 8446, RFC 7301, OpenSSL 3; SSLInfo of Apigee's endpoint reference. */
#pragma once

#include "base/diag.h"
#include "base/field.h"

struct tls_context;

/* What one side shows and asks for.  PEM texts: a certificate with its chain, a key that is not
 * encrypted, any number of certificates that are trusted, be they roots or not. */
struct tls_terms {
	str cert_pem, key_pem; /* absent: none is presented */
	str trust_pem;         /* absent: a client trusts the system's store, a server nobody */
	bool asks;             /* of a server: for a certificate, which sock_tls_peer() judges */
	bool any;              /* of a client: any certificate will do (IgnoreValidationErrors) */
	str common_name; /* of a client: what the certificate must say instead of the host's name */
	bool wildcard;   /* its leading "*." stands for one label */
	struct strs protocols; /* "TLSv1.2", "TLSv1.3"; older ones are never spoken; none: both */
	struct strs ciphers;   /* as OpenSSL or IANA names them; none: OpenSSL's own */
};

/* ERR_SYNTAX with a finding when something cannot be read, does not fit, or leaves nothing to speak.
 * A server's terms hold for the names ("api.example.com", "*.example.com"), else for those that are in
 * the certificate, and the first of all for who sends no SNI, or another.  The label tells afterwards
 * which were taken.  All are added before the first sock uses the context; *at NULL: it is made. */
err tls_server_add(struct tls_context **at, const struct tls_terms *, const struct strs *names,
                   str label, struct diag *) MUST_CHECK;

/* This server offers HTTP/2 before HTTP/1.1.  From any thread. */
void tls_offer_h2(struct tls_context *);

err tls_client(const struct tls_terms *, struct diag *, struct tls_context **out) MUST_CHECK;
void tls_hold(struct tls_context *);
void tls_release(struct tls_context **);

/* A self-signed ECDSA P-256 certificate for the names and addresses (a comma list), valid for days. */
err tls_self_signed(struct arena *, str names, unsigned days, str *cert_pem,
                    str *key_pem) MUST_CHECK;
