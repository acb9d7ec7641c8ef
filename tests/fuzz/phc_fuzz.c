/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of password hashes, which people may bring along.
 * Invariant: one text for a value, and none that costs more than the bounds say.
 * Source: identity/phc.h. */
#include <stdint.h>

#include "identity/phc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str text = str_from(data, size);
	struct phc p;
	if (!phc_read(a, text, &p).code) {
		must(str_eq(phc_write(a, &p), text));
		must(p.memory_kib <= 1 << 20 && p.passes <= 64 && p.lanes >= 1 && p.lanes <= 16);
		must(p.memory_kib >= 8 * p.lanes && p.salt.n <= PHC_SALT_MAX && p.hash.n <= PHC_HASH_MAX);
	}
	arena_destroy(&a);
	return 0;
}
