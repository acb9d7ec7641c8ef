/* SPDX-License-Identifier: Apache-2.0 */
/* TLS contexts: what a listener presents and what a client trusts.
 * Contexts are shared by loops and counted; a sock holds its own.
 * Source: RFC 8446, OpenSSL 3; SSLInfo of Apigee's endpoint reference. */
#pragma once

#include "base/diag.h"

struct tls_context;

/* PEM texts.  A server context picks by SNI among those added; the first is the default. */
err tls_server(str cert_pem, str key_pem, struct diag *, struct tls_context **out) MUST_CHECK;
/* trust_pem absent: the system's store. verify=false: any certificate (IgnoreValidationErrors). */
err tls_client(str trust_pem, str cert_pem, str key_pem, bool verify, struct diag *,
               struct tls_context **out) MUST_CHECK;
void tls_hold(struct tls_context *);
void tls_release(struct tls_context **);

/* A self-signed ECDSA P-256 certificate for the names (a comma list), valid for days. */
err tls_self_signed(struct arena *, str names, unsigned days, str *cert_pem, str *key_pem) MUST_CHECK;
