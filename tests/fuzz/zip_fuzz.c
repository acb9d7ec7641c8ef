/* SPDX-License-Identifier: Apache-2.0 */
/* Zip archives from any bytes.
 * Invariant: what was read has safe names and bounded sizes, and survives writing.
 * Source: house. */
#include <stdint.h>

#include "codec/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	struct zip_files files, again;
	str archive;
	if (zip_read(a, str_from(data, size), &diag, &files).code) {
		must(diag.findings.n == 1);
	} else {
		size_t total = 0;
		for (size_t i = 0; i < files.n; i++) {
			str path = files.v[i].path;
			must(path.n && path.n <= ZIP_PATH_MAX && path.p[0] != '/');
			must(!str_has(str_fmt(a, "/%.*s/", STR(path)), S("/../")));
			total += files.v[i].bytes.n;
		}
		must(total <= ZIP_TOTAL_MAX && files.n <= ZIP_ENTRIES_MAX);
		must(!zip_write(a, &files, &archive).code);
		must(!zip_read(a, archive, &diag, &again).code && again.n == files.n);
	}
	arena_destroy(&a);
	return 0;
}
