/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 in both alphabets, hexadecimal, and UTF-8.
 * Invariant: bytes have one text each, and the text of no others is read.
 * Source: codec/base64.h, codec/utf8.h. */
#include <stdint.h>

#include "codec/base64.h"
#include "codec/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void characters(struct arena *a, str text)
{
	struct buf b = buf_in(a);
	size_t count = 0;
	for (size_t at = 0; at < text.n; count++)
		utf8_put(&b, utf8_take(text, &at));
	must(count == utf8_count(text) && utf8_valid(buf_str(&b)));
	must(utf8_valid(text) == str_eq(buf_str(&b), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str text = str_from(data, size), out;
	if (!base64_read(a, text, &out).code)
		must(str_eq(base64_write(a, out), text));
	if (!base64url_read(a, text, &out).code)
		must(str_starts(text, base64url_write(a, out)));
	if (!hex_read(a, text, &out).code)
		must(str_eq(str_hex(a, out), str_lower(a, text)));
	must(!base64_read(a, base64_write(a, text), &out).code && str_eq(out, text));
	must(!base64url_read(a, base64url_write(a, text), &out).code && str_eq(out, text));
	must(!hex_read(a, str_hex(a, text), &out).code && str_eq(out, text));
	characters(a, text);
	arena_destroy(&a);
	return 0;
}
