/* SPDX-License-Identifier: Apache-2.0 */
/* JSONPath: the first line is a path, the rest a document.
 * Invariant: a definite path finds one place at most.
 * Source: house. */
#include <stdint.h>

#include "lang/jsonpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	str json = str_from(data, size), path = str_cut(&json, '\n');
	struct jsonpath *p;
	struct jsonpath_found found;
	json_t *root;
	if (jsonpath_compile(a, path, &diag, 1, &p).code)
		must(diag.findings.n == 1);
	else if (!json_read(a, json, &diag, &root).code && !jsonpath_find(a, p, root, &found).code)
		must(found.n <= JSONPATH_VISITS_MAX + 1 && (found.n <= 1 || !jsonpath_is_definite(p)));
	arena_destroy(&a);
	return 0;
}
