/* SPDX-License-Identifier: Apache-2.0 */
/* What the certificate files share: OpenSSL's objects from texts and back.
 * Whoever gets an object frees it.
 * Source: PEM_read_bio(3). */
#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "codec/certificate.h"

static inline void free_bio(BIO **b) { BIO_free(*b); }
static inline void free_key(EVP_PKEY **k) { EVP_PKEY_free(*k); }
static inline void free_cert(X509 **x) { X509_free(*x); }

BIO *pem_bio(str text);
str bio_text(struct arena *, BIO *);
const char *openssl_reason(void);
X509 *pem_certificate(BIO *); /* the next; NULL: no more, or not understood */
EVP_PKEY *pem_key(str text, str password);
str key_pem_of(struct arena *, const EVP_PKEY *);
#define CERTIFICATE_COSTLY "the file asks for too many rounds of its password's hash"
/* Whether opening them takes no more than about a second, which they say themselves. */
bool pem_key_is_modest(str text);
bool pkcs12_is_modest(const PKCS12 *, const char *password);
