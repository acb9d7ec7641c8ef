/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle, as a zip or as text ("=== path" before each file), through import, export and deploy.
 * Invariant: what deploys was taken at import; a trouble has a finding; export gives every byte back.
 * Source: house. */
#include <stdint.h>

#include "bundle/bundle.h"
#include "policy/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct zip_files files_of(struct arena *a, str text)
{
	struct zip_files files = { 0 };
	while (text.n && files.n < 50) {
		size_t next = str_find(text, S("\n=== "));
		str one = str_sub(text, 0, next == STR_NPOS ? text.n : next + 1);
		text = str_sub(text, one.n, STR_NPOS);
		str path = str_cut(&one, '\n');
		if (str_starts(path, S("=== ")))
			VEC_PUSH(a, &files, (struct zip_file){ str_sub(path, 4, STR_NPOS), str_given(one) ? one : S("") });
	}
	return files;
}

static void export(struct arena *a, const struct zip_files *files, enum bundle_kind kind)
{
	struct diag diag = { .arena = a };
	struct zip_files back = { 0 };
	enum bundle_kind again;
	str zip;
	if (!files->n || zip_write(a, files, &zip).code)
		return;
	must(!bundle_unzip(a, zip, &diag, &back, &again).code);
	must(again == kind && back.n == files->n);
	for (size_t i = 0; i < back.n; i++)
		must(str_eq(back.v[i].path, files->v[i].path) && str_eq(back.v[i].bytes, files->v[i].bytes));
}

static void deploy(struct arena *a, const struct zip_files *files, enum bundle_kind kind)
{
	struct diag at_import = { .arena = a }, at_deploy = { .arena = a };
	struct bundle_identity id = { S("o"), S("e"), S("p"), S("1"), NULL };
	struct proxy *proxy;
	err import = bundle_check(a, files, kind, policy_find, &at_import);
	err e = bundle_compile(files, kind, &id, policy_find, &at_deploy, &proxy);
	must((import.code != ERR_NONE) == (at_import.findings.n > 0));
	must((e.code != ERR_NONE) == (at_deploy.findings.n > 0));
	must(e.code || !import.code);
	if (!e.code)
		proxy_release(proxy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	str text = str_from(data, size);
	struct zip_files files = { 0 };
	enum bundle_kind kind = BUNDLE_PROXY;
	if (str_starts(text, S("PK"))) {
		if (!bundle_unzip(a, text, &diag, &files, &kind).code) {
			export(a, &files, kind);
			deploy(a, &files, kind);
		}
	} else {
		files = files_of(a, text);
		deploy(a, &files, BUNDLE_PROXY);
		deploy(a, &files, BUNDLE_SHARED_FLOW);
	}
	arena_destroy(&a);
	return 0;
}
