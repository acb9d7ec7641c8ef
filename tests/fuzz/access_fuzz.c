/* SPDX-License-Identifier: Apache-2.0 */
/* What get_token and acurl read of a server's answers.
 * Invariant: what is found is a piece of the answer; claims are the bytes of the token's middle.
 * Source: cli/access_inside.h. */
#include <stdint.h>

#include "cli/access_read.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(str piece, str whole)
{
	return !piece.n || (piece.p >= whole.p && piece.p + piece.n <= whole.p + whole.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str answer = str_from(data, size), text = access_text(answer, S("access_token"));
	int64_t n;
	must(inside(text, answer) && str_find_char(text, '"') == STR_NPOS);
	must(!access_number(answer, S("expires_in"), &n) || n >= 0);
	must(inside(access_prompts(answer), answer));
	must(access_claims(a, text).n < text.n + 1);
	(void)access_claims(a, answer);
	arena_destroy(&a);
	return 0;
}
