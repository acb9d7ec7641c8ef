/* SPDX-License-Identifier: Apache-2.0 */
/* What is stored encrypted or as a MAC, under keys derived from one key file.
 * A sealed text names its key and is bound to its place: moved to another row it does not open.
 * Source: NIST SP 800-38D (AES-256-GCM), RFC 5869 (HKDF), RFC 2104. */
#pragma once

#include "base/diag.h"

struct seal; /* the keys */

/* The file: a line a key, "ID 64-hex-digits", the newest last; mode 0600 or it is refused.
 * create: makes it, with one key, if it is not there. */
err seal_open(struct arena *, str file, bool create, struct diag *, struct seal **out) MUST_CHECK;
size_t seal_keys(const struct seal *);
uint32_t seal_id(const struct seal *, size_t nth); /* 0 is the newest */
void seal_subkey(const struct seal *, const char *purpose, size_t nth, unsigned char out[32]);

/* place: what the row is, e.g. "credential/acme/KEY". */
str seal_text(struct arena *, const struct seal *, str place, str text);
err seal_open_text(struct arena *, const struct seal *, str place, str sealed,
                   str *text) MUST_CHECK; /* ERR_STORE */
