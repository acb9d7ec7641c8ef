/* SPDX-License-Identifier: Apache-2.0 */
/* What the fields of a head say of its body and its connection.
 * Two readers of one head must not come to different lengths: where they could, it is refused.
 * Source: RFC 9112 §6, §9.3; RFC 9110 §7.2, §7.6.1, §10.1.1. */
#include "http/h1_class.h"
#include "http/h1_scan.h"
#include "http/uri.h"

enum step h1_bad(struct scan *s, unsigned status, const char *what)
{
	s->h->bad_status = status;
	s->h->bad = what;
	return STEP_BAD;
}

static enum step content_length(struct scan *s, str value)
{
	uint64_t n;
	if (s->sized)
		return h1_bad(s, 400, "more than one Content-Length");
	s->sized = true;
	if (value.n == 0 || h1_span(value, H1_DIGIT) != value.n)
		return h1_bad(s, 400, "Content-Length is not a number");
	if (!str_to_u64(value, &n) || n > INT64_MAX)
		return h1_bad(s, 400, "Content-Length is too large");
	s->h->length = (int64_t)n;
	return STEP_ON;
}

/* RFC 9112 §6.1: we know one coding, chunked, which must be the last and stand once. */
static enum step transfer_encoding(struct scan *s, str value)
{
	for (str rest = value; str_given(rest);) {
		str one = str_trim(str_cut(&rest, ','));
		if (s->chunked)
			return h1_bad(s, 400, "Transfer-Encoding does not end with chunked");
		s->coded = true;
		if (one.n == 0)
			return h1_bad(s, 400, "an empty Transfer-Encoding");
		if (!str_ieq(one, S("chunked")))
			return h1_bad(s, 501, "Transfer-Encoding is not known");
		s->chunked = true;
	}
	return STEP_ON;
}

static enum step connection(struct scan *s, str value)
{
	enum { MAX_LISTED = 32 }; /* each is compared with every field, also what names none */
	for (str rest = value; str_given(rest);) {
		str one = str_trim(str_cut(&rest, ','));
		if (++s->listed > MAX_LISTED)
			return h1_bad(s, 431, "Connection lists too much");
		if (str_ieq(one, S("close")))
			s->close = true;
		else if (str_ieq(one, S("keep-alive")))
			s->keep = true;
		else if (str_ieq(one, S("upgrade")))
			s->asks_upgrade = true;
		else
			s->names_fields = true;
	}
	return STEP_ON;
}

static enum step host(struct scan *s, str value)
{
	str beside;
	unsigned port;
	if (s->host)
		return h1_bad(s, 400, "more than one Host");
	s->host = s->m->headers.n; /* the field was pushed just now */
	return uri_authority(value, str_given(s->authority) ? &beside : &s->m->host, &port)
	               ? STEP_ON
	               : h1_bad(s, 400, "Host is not valid");
}

static enum step expect(struct scan *s, str value)
{
	if (s->m->version < 11) /* RFC 9110 §10.1.1: ignored in HTTP/1.0 */
		return STEP_ON;
	if (!str_ieq(value, S("100-continue")))
		return h1_bad(s, 417, "Expect asks for something unknown");
	s->h->expect_continue = true;
	return STEP_ON;
}

static bool lists(str value, str token)
{
	for (str rest = value; str_given(rest);) {
		str one = str_cut(&rest, ',');
		if (str_ieq(str_trim(str_sub(one, 0, str_find_char(one, ';'))), token))
			return true;
	}
	return false;
}

enum step h1_field_meaning(struct scan *s, str name, str value)
{
	bool request = s->m->kind == MESSAGE_REQUEST;
	switch (name.n) {
	case 2:
		if (str_ieq(name, S("TE")))
			s->m->takes_trailers |= s->m->version >= 11 && lists(value, S("trailers"));
		return STEP_ON;
	case 4:
		return request && str_ieq(name, S("Host")) ? host(s, value) : STEP_ON;
	case 6:
		return request && str_ieq(name, S("Expect")) ? expect(s, value) : STEP_ON;
	case 7:
		s->names_protocol |= str_ieq(name, S("Upgrade"));
		return STEP_ON;
	case 10:
		return str_ieq(name, S("Connection")) ? connection(s, value) : STEP_ON;
	case 14:
		return str_ieq(name, S("Content-Length")) ? content_length(s, value) : STEP_ON;
	case 17:
		return str_ieq(name, S("Transfer-Encoding")) ? transfer_encoding(s, value)
		                                             : STEP_ON;
	default:
		return STEP_ON;
	}
}

/* Fields that are not the sender's to list: whom it goes to, and where it ends. */
static bool unlistable(str name)
{
	return str_ieq(name, S("Host")) || str_ieq(name, S("Connection")) ||
	       str_ieq(name, S("Content-Length")) || str_ieq(name, S("Transfer-Encoding"));
}

static void drop_listed(struct headers *h)
{
	size_t kept = 0;
	for (size_t i = 0; i < h->n; i++) {
		struct header one = h->v[i];
		if (unlistable(one.name) || !headers_have_token(h, S("Connection"), one.name))
			h->v[kept++] = one;
	}
	h->n = kept;
}

static void connection_whole(struct scan *s)
{
	if (s->names_fields)
		drop_listed(&s->m->headers);
	s->h->keep_alive = !s->close && (s->m->version >= 11 || s->keep); /* RFC 9112 §9.3 */
	/* No other protocol passes: inside h2c, say, requests would go to the target that no proxy has seen. */
	s->h->websocket = s->asks_upgrade && s->names_protocol && s->m->version >= 11 &&
	                  headers_have_token(&s->m->headers, S("Upgrade"), S("websocket"));
}

static enum step coding(struct scan *s)
{
	if (s->coded && s->sized) /* RFC 9112 §6.3: the classic smuggling; no guess is made */
		return h1_bad(s, 400, "both Content-Length and Transfer-Encoding");
	if (s->coded && s->m->version < 11)
		return h1_bad(s, 400, "Transfer-Encoding in HTTP/1.0");
	s->h->framing = s->coded ? H1_CHUNKED : s->sized ? H1_LENGTH : H1_NO_BODY;
	return STEP_ON;
}

enum step h1_request_framing(struct scan *s)
{
	if (!s->host && s->m->version >= 11)
		return h1_bad(s, 400, "Host is missing");
	if (str_given(s->authority)) {
		if (s->host)
			s->m->headers.v[s->host - 1].value = s->authority;
		else
			headers_add(s->arena, &s->m->headers, S("Host"), s->authority);
	}
	connection_whole(s);
	enum step step = coding(s);
	s->h->websocket &= s->h->framing == H1_NO_BODY && str_eq(s->m->verb, S("GET"));
	return step;
}

/* RFC 9112 §6.3: some answers have no body whatever their fields say. */
enum step h1_response_framing(struct scan *s, str verb)
{
	unsigned status = s->m->status;
	connection_whole(s);
	enum step step = coding(s);
	if (step != STEP_ON)
		return step;
	if (status < 200 || status == 204 || status == 304 || str_eq(verb, S("HEAD")))
		s->h->framing = H1_NO_BODY;
	else if (s->h->framing == H1_NO_BODY)
		s->h->framing = H1_UNTIL_CLOSE;
	if (s->h->framing == H1_UNTIL_CLOSE)
		s->h->keep_alive = false;
	return STEP_ON;
}
