/* SPDX-License-Identifier: Apache-2.0 */
/* XPath over XML.  The first byte chooses the type, the first line is the expression, the rest the document.
 * Invariant: a refusal is one of two; a boolean and a number look like one; the steps bound the time.
 * Source: codec/xpath.h. */
#include <stdint.h>

#include "codec/utf8.h"
#include "codec/xpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str rest = str_from(data, size), line = str_cut(&rest, '\n');
	struct xpath x = { .expression = str_sub(line, 1, STR_NPOS), .xml = str_given(rest) ? rest : S(""), .steps = 20000 };
	VEC_PUSH(a, &x.prefixes, (struct pair){ S("p"), S("u") });
	x.type = line.n ? (unsigned char)line.p[0] % (XPATH_TYPE_STRING + 1) : 0;
	str out;
	err e = xpath_eval(a, &x, &out);
	must(!e.code || e.code == ERR_SYNTAX || e.code == ERR_LIMIT);
	if (!e.code) {
		must(utf8_valid(out));
		must(x.type != XPATH_TYPE_BOOLEAN || str_eq(out, S("true")) || str_eq(out, S("false")));
	}
	arena_destroy(&a);
	return 0;
}
