/* SPDX-License-Identifier: Apache-2.0 */
/* Uploaded forms.  The first line of the input is the content type, the rest the body.
 * Invariant: a part is a piece of the body, and written again with another boundary all parts read the same;
 * what stands in quotes is one value.
 * Source: codec/multipart.h. */
#include <stdint.h>

#include "codec/multipart.c"

#define BOUNDARY "a-boundary-that-no-body-of-the-corpus-has"

static str written(struct arena *a, const struct parts *parts)
{
	struct buf b = buf_in(a);
	for (size_t i = 0; i < parts->n; i++) {
		buf_fmt(&b, "%s--" BOUNDARY "\r\n\r\n", i ? "\r\n" : "");
		buf_add(&b, parts->v[i].bytes);
	}
	buf_fmt(&b, "%s--" BOUNDARY "--", parts->n ? "\r\n" : "");
	return buf_str(&b);
}

static void again(struct arena *a, const struct parts *parts)
{
	struct parts two = { 0 };
	must(!multipart_read(a, S("multipart/form-data; boundary=\"" BOUNDARY "\""), written(a, parts), &two).code);
	must(two.n == parts->n);
	for (size_t i = 0; i < two.n; i++)
		must(str_eq(two.v[i].bytes, parts->v[i].bytes) && !str_given(two.v[i].name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str rest = str_from(data, size), type = str_cut(&rest, '\n');
	str body = str_given(rest) ? rest : S("");
	struct parts parts = { 0 };
	if (!multipart_read(a, type, body, &parts).code && !str_has(body, S(BOUNDARY))) {
		must(parts.n <= MULTIPART_MAX);
		again(a, &parts);
	}
	if (str_find_char(type, '"') == STR_NPOS && str_find_char(type, 0) == STR_NPOS)
		must(str_eq(parameter(str_fmt(a, "form-data; filename=\"%.*s\"; name=\"%.*s\"", STR(type), STR(type)), S("name")), type));
	arena_destroy(&a);
	return 0;
}
