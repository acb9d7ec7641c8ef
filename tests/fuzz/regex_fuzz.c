/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions.  Lines: the expression, what replaces; the rest is the text.
 * Invariant: what is refused has a finding; a text that xeger() makes of a plain expression fits it.
 * Source: lang/regex.h, lang/xeger.h. */
#include <stdint.h>

#include "lang/regex.h"
#include "lang/xeger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static str line(str *rest)
{
	str one = str_cut(rest, '\n');
	return str_given(one) ? one : S("");
}

/* Neither anchors, which ask what stands beside, nor possessive quantifiers, nor classes, in which the
 * dialects differ. */
static bool is_plain(str pattern)
{
	static const str signs[] = { S_INIT("^"), S_INIT("$"), S_INIT("["), S_INIT("\\"), S_INIT("++"), S_INIT("*+"), S_INIT("?+"), S_INIT("}+") };
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (str_has(pattern, signs[i]))
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	str rest = str_from(data, size), pattern = line(&rest), with = line(&rest), text = line(&rest), made;
	struct regex *r;
	err e = regex_compile(a, pattern, &diag, 1, &r);
	must((e.code != ERR_NONE) == (diag.findings.n == 1));
	err x = xeger(a, pattern, &made);
	must(x.code || made.n <= XEGER_MAX);
	if (!e.code) {
		(void)regex_matches(r, text);
		must(regex_replace(a, r, text, with, true).n <= 16 << 20);
		must(x.code || made.n > 64 || !is_plain(pattern) || regex_matches(r, made));
	}
	arena_destroy(&a);
	return 0;
}
