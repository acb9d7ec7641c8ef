/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: compiled and rendered, with both kinds of delimiters.
 * Invariant: a template without delimiters is its own text.
 * Source: house. */
#include <stdint.h>

#include "lang/template.h"
#include "lang_scope.h"

static void render(struct arena *a, str text, char prefix, char suffix)
{
	struct diag diag = { .arena = a };
	struct binder binder = { .arena = a, .bind = fuzz_bind, .diag = &diag };
	struct scope scope = { a, fuzz_get };
	struct template *t;
	str unresolved, literal;
	if (template_compile(&binder, text, prefix, suffix, 1, &t).code) {
		must(diag.findings.n == 1);
		return;
	}
	str out = template_render(t, &scope, &unresolved);
	if (template_is_literal(t, &literal))
		must(str_eq(out, text) && str_eq(literal, text) && !str_given(unresolved));
	else
		must(str_find_char(text, prefix) != STR_NPOS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	render(a, str_from(data, size), '{', '}');
	render(a, str_from(data, size), '@', '#');
	arena_destroy(&a);
	return 0;
}
