/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 in both alphabets, and hexadecimal in.
 * Decoding is strict: no white space, no stray bits; padding is optional only for the URL alphabet.
 * Source: RFC 4648 §4, §5, §8. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

str base64_write(struct arena *, str bytes);
str base64url_write(struct arena *, str bytes); /* no padding */
err base64_read(struct arena *, str text, str *out) MUST_CHECK;
err base64url_read(struct arena *, str text, str *out) MUST_CHECK;
err hex_read(struct arena *, str text, str *out) MUST_CHECK;
