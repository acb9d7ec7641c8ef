/* SPDX-License-Identifier: Apache-2.0 */
/* Digests and MACs through OpenSSL.
 * Names are Apigee's template functions': md5, sha1, sha224, sha256, sha384, sha512.
 * Source: FIPS 180-4, RFC 2104. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

void sha256(str data, unsigned char out[32]);
void hmac_sha256(str key, str data, unsigned char out[32]);

/* ERR_NOT_FOUND: there is no digest of that name. */
err digest(struct arena *, const char *name, str data, str *out) MUST_CHECK;
err digest_hmac(struct arena *, const char *name, str key, str data, str *out) MUST_CHECK;
