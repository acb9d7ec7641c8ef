/* SPDX-License-Identifier: Apache-2.0 */
/* Forms: read, written, and read again.
 * Invariant: writing keeps every pair to the byte.
 * Source: house. */
#include <stdint.h>

#include "codec/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str text = str_from(data, size);
	struct pairs pairs, again;
	if (!form_read(a, text, &pairs).code) {
		must(!form_read(a, form_write(a, &pairs), &again).code);
		must(again.n == pairs.n);
		for (size_t i = 0; i < pairs.n; i++)
			must(str_eq(pairs.v[i].name, again.v[i].name) &&
			     str_eq(pairs.v[i].value, again.v[i].value));
	}
	must(str_eq(percent_decode(a, percent_encode(a, text), true), text));
	arena_destroy(&a);
	return 0;
}
