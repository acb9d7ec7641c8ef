/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: read, written, and read again.
 * Invariant: what was read is written so that it reads and writes the same, compact and pretty.
 * Source: house. */
#include <stdint.h>

#include "codec/json.h"

static str written(struct arena *a, const json_t *v, bool pretty)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, pretty);
	json_tree(&w, v);
	return buf_str(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	json_t *v, *again;
	if (!json_read(a, str_from(data, size), &diag, &v).code) {
		str compact = written(a, v, false);
		must(!json_read(a, compact, &diag, &again).code);
		must(str_eq(written(a, again, false), compact));
		must(!json_read(a, written(a, v, true), &diag, &again).code);
		must(str_eq(written(a, again, false), compact));
	} else {
		must(diag.findings.n == 1);
	}
	str escaped = json_escape(a, str_from(data, size), true);
	must(!json_read(a, str_fmt(a, "[\"%.*s\"]", STR(escaped)), &diag, &v).code ||
	     str_has(escaped, S("\\u0000")));
	arena_destroy(&a);
	return 0;
}
