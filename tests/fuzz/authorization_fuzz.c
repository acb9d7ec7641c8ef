/* SPDX-License-Identifier: Apache-2.0 */
/* What a request says of who sends it: the Authorization header and cookies.
 * Invariant: a pair that is read can be written as the header it came from; a cookie is one piece of the header.
 * Source: RFC 7617; RFC 6265 §4.2.1; RFC 6749 §2.3.1. */
#include <stdint.h>

#include "sso/need_client.c"
#include "sso/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void basic(struct sso_call *q, str header)
{
	struct presented p, again;
	if (!basic_read(q, header, &p))
		return;
	str id = percent_encode(q->arena, p.id), secret = percent_encode(q->arena, p.secret);
	str pair = base64_write(q->arena, str_fmt(q->arena, "%.*s:%.*s", STR(id), STR(secret)));
	must(basic_read(q, str_fmt(q->arena, "Basic %.*s", STR(pair)), &again));
	must(str_eq(p.id, again.id) && str_eq(p.secret, again.secret));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str header = str_from(data, size);
	struct http_call call = { .arena = a, .request = message_request(a, S("GET"), S("/")) };
	struct sso_call q = { .arena = a, .call = &call };
	headers_add(a, &call.request->headers, S("Cookie"), str_fmt(a, "%.*s; last=1", STR(header)));
	str found = sso_cookie(&q, "JSESSIONID");
	must(str_find_char(found, ';') == STR_NPOS && (!found.n || str_has(header, found)));
	must(str_given(sso_cookie(&q, "last")));
	basic(&q, header);
	arena_destroy(&a);
	return 0;
}
