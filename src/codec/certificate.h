/* SPDX-License-Identifier: Apache-2.0 */
/* X.509 certificates and private keys as texts: read, described, made, packed.
 * Nothing waits; making an RSA key takes some 100 ms of CPU.  A key or container that would take more than about
 * a second to open is refused with ERR_LIMIT.
 * Source: RFC 5280, RFC 7292 (PKCS #12), RFC 2986 (PKCS #10). */
#pragma once

#include "base/diag.h"
#include "base/field.h"

struct certificate { /* in the words of Apigee's management API */
	int64_t version, valid_from_ms, expires_ms;
	str subject, issuer; /* "CN=a, O=b, C=US": the last part first */
	str serial_number;   /* "00:92:85" */
	str signature;       /* "SHA256withRSA" */
	str public_key;      /* "RSA Public Key, 2048 bits" */
	str basic_constraints;
	struct strs alternative_names;
};
struct certificates {
	struct certificate *v;
	size_t n, cap;
};

/* All that the PEM holds, at least one.  ERR_SYNTAX with a finding. */
err certificates_read(struct arena *, str pem, struct diag *, struct certificates *) MUST_CHECK;

/* The key opened with the password, which may be absent, as PEM without one; it must fit the first
 * certificate. */
err certificate_key_read(struct arena *, str cert_pem, str key_pem, str password, struct diag *,
                         str *key) MUST_CHECK;

/* A PKCS #12 file: certificate with chain, and key. */
err certificate_unpack(struct arena *, str pkcs12, str password, struct diag *, str *cert_pem,
                       str *key_pem) MUST_CHECK;

/* A request for a new certificate with the subject and names of this one. */
err certificate_request(struct arena *, str cert_pem, str key_pem, str *request) MUST_CHECK;

struct certificate_wish {
	str country, state, locality, org, unit, common_name, email; /* absent ones are left out */
	struct strs names;                                           /* DNS */
	str digest;                                                  /* "SHA256" */
	unsigned bits, days;
};
/* Signed by its own, new RSA key. */
err certificate_make(struct arena *, const struct certificate_wish *, struct diag *, str *cert_pem,
                     str *key_pem) MUST_CHECK;
