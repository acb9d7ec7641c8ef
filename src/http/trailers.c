/* SPDX-License-Identifier: Apache-2.0 */
/* Trailer sections.
 * What frames, routes, authenticates or describes a message is refused here: a reader that merged it
 * into the head would come to another message than the one that was looked at.
 * Source: RFC 9110 §6.5.1, RFC 9112 §7.1.2. */
#include "http/trailers.h"

bool trailer_ok(str name)
{
	static const str not [] = {
		S_INIT("Host"),          S_INIT("TE"),          S_INIT("Trailer"),
		S_INIT("Connection"),    S_INIT("Keep-Alive"),  S_INIT("Transfer-Encoding"),
		S_INIT("Upgrade"),       S_INIT("Expect"),      S_INIT("Authorization"),
		S_INIT("Cookie"),        S_INIT("Set-Cookie"),  S_INIT("WWW-Authenticate"),
		S_INIT("Cache-Control"), S_INIT("Range"),       S_INIT("Max-Forwards"),
		S_INIT("Location"),      S_INIT("Forwarded"),   S_INIT("Vary"),
		S_INIT("Age"),           S_INIT("Date"),        S_INIT("Expires"),
		S_INIT("Pragma"),        S_INIT("Retry-After"),
	};
	static const str prefixes[] = { S_INIT("Content-"), S_INIT("If-"), S_INIT("Proxy-"),
		                        S_INIT("X-Forwarded-"), S_INIT("Access-Control-") };
	for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
		if (str_ieq(name, not [i]))
			return false;
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (str_istarts(name, prefixes[i]))
			return false;
	return header_name_ok(name);
}

void trailers_take(struct arena *a, str section, struct headers *out)
{
	enum { MAX_FIELDS = 64 };
	while (section.n && out->n < MAX_FIELDS) {
		str value = str_cut(&section, '\n'), name = str_cut(&value, ':');
		value = str_trim(str_sub(value, 0, str_find_char(value, '\r')));
		if (trailer_ok(name))
			headers_add(a, out, name, value);
	}
}

str trailers_last_chunk(struct arena *a, const struct headers *h)
{
	struct buf b = buf_in(a);
	buf_add(&b, S("0\r\n"));
	for (size_t i = 0; i < h->n; i++) {
		if (!trailer_ok(h->v[i].name) || !header_value_ok(h->v[i].value))
			continue;
		buf_add(&b, h->v[i].name);
		buf_add(&b, S(": "));
		buf_add(&b, h->v[i].value);
		buf_add(&b, S("\r\n"));
	}
	buf_add(&b, S("\r\n"));
	return buf_str(&b);
}
