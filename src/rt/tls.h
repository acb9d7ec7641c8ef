/* SPDX-License-Identifier: Apache-2.0 */
/* TLS contexts: what a listener presents and what a client trusts.  TLS 1.2 and up, ALPN http/1.1, and h2 if asked.
 * Contexts are shared by loops and counted; a sock holds its own.
 * Source: RFC 8446, RFC 7301, OpenSSL 3; SSLInfo of Apigee's endpoint reference. */
#pragma once

#include "base/diag.h"

struct tls_context;

/* PEM texts: a certificate with its chain, and its key (not encrypted).  ERR_SYNTAX with a finding when
 * one cannot be read or they do not fit.  A server picks by SNI among those added; without a match, or
 * without SNI, the first is presented; all are added before the first sock uses it. */
err tls_server(str cert_pem, str key_pem, struct diag *, struct tls_context **out) MUST_CHECK;
err tls_server_add(struct tls_context *, str cert_pem, str key_pem, struct diag *) MUST_CHECK;

/* This server offers HTTP/2 before HTTP/1.1.  From any thread. */
void tls_offer_h2(struct tls_context *);

/* trust_pem absent: the system's store. cert_pem and key_pem absent: none is presented.
 * verify=false: any certificate will do (IgnoreValidationErrors). */
err tls_client(str trust_pem, str cert_pem, str key_pem, bool verify, struct diag *,
               struct tls_context **out) MUST_CHECK;
void tls_hold(struct tls_context *);
void tls_release(struct tls_context **);

/* A self-signed ECDSA P-256 certificate for the names and addresses (a comma list), valid for days. */
err tls_self_signed(struct arena *, str names, unsigned days, str *cert_pem,
                    str *key_pem) MUST_CHECK;
