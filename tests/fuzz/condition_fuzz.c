/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions: compiled and evaluated.
 * Invariant: a refusal is one finding; the negation of a condition is never true with it.
 * Source: house. */
#include <stdint.h>

#include "lang/condition.h"
#include "lang_scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	struct binder binder = { .arena = a, .bind = fuzz_bind, .diag = &diag };
	struct scope scope = { a, fuzz_get };
	struct condition *c, *no;
	str text = str_from(data, size);
	if (condition_compile(&binder, text, 1, &c).code) {
		must(diag.findings.n == 1);
	} else {
		bool yes = condition_true(c, &scope);
		str opposite = str_fmt(a, "not (%.*s)", STR(condition_text(c)));
		if (condition_text(c).n && !condition_compile(&binder, opposite, 1, &no).code)
			must(condition_true(no, &scope) != yes);
	}
	arena_destroy(&a);
	return 0;
}
