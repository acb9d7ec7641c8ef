/* SPDX-License-Identifier: Apache-2.0 */
/* One policy's XML against all field tables.
 * Invariant: it is refused with a finding, or taken without one; and twice alike.
 * Source: house. */
#include <stdint.h>

#include "bundle/bundle.h"
#include "policy/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	struct diag one = { .arena = a }, two = { .arena = a };
	struct zip_file policy = { S("apiproxy/policies/p.xml"), str_from(data, size) };
	const struct zip_files files = { &policy, 1, 1 };
	err e = bundle_check(a, &files, BUNDLE_PROXY, policy_find, &one);
	must((e.code != ERR_NONE) == (one.findings.n > 0));
	must(one.findings.n <= DIAG_MAX);
	must(bundle_check(a, &files, BUNDLE_PROXY, policy_find, &two).code == e.code);
	must(str_eq(diag_text(a, &one), diag_text(a, &two)));
	arena_destroy(&a);
	return 0;
}
