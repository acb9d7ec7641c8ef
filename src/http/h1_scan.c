/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/1.1 scanner: a head in a contiguous buffer becomes slices of it.
 * A head is taken whole or refused whole, and the same whether it came at once or byte by byte.
 * Source: RFC 9112 §2 to §6, RFC 9110 §5. */
#include "http/h1_scan.h"
#include "http/h1_class.h"
#include "http/uri.h"

static void skip_value(struct scan *s)
{
	s->at += h1_value_span(str_from(s->at, (size_t)(s->end - s->at)));
}

/* At the end of a line, which is CR LF and nothing else (RFC 9112 §2.2: no bare CR, no bare LF). */
static enum step line_end(struct scan *s)
{
	if (s->at == s->end)
		return STEP_MORE;
	if (*s->at != '\r')
		return h1_bad(s, 400,
		              *s->at == '\n' ? "a bare LF" : "a character that is not allowed");
	if (s->at + 1 == s->end)
		return STEP_MORE;
	if (s->at[1] != '\n')
		return h1_bad(s, 400, "a bare CR");
	s->at += 2;
	return STEP_ON;
}

/* ---- the fields ---- */

static enum step field_name(struct scan *s, str *name)
{
	const char *p = s->at + h1_token_span(str_from(s->at, (size_t)(s->end - s->at)));
	if (p == s->end)
		return STEP_MORE;
	*name = str_from(s->at, (size_t)(p - s->at));
	if (name->n == 0 && (*p == ' ' || *p == '\t'))
		return h1_bad(s, 400, "a folded line");
	if (*p == ' ' || *p == '\t') /* RFC 9112 §5.1 */
		return h1_bad(s, 400, "white space before the colon");
	if (*p != ':' || name->n == 0)
		return h1_bad(s, 400, "a field name is not valid");
	s->at = p + 1;
	return STEP_ON;
}

static enum step field(struct scan *s)
{
	str name;
	enum step step = field_name(s, &name);
	if (step != STEP_ON)
		return step;
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
	str value = str_from(s->at, 0);
	skip_value(s);
	value.n = (size_t)(s->at - value.p);
	step = line_end(s);
	if (step != STEP_ON)
		return step;
	while (value.n && (value.p[value.n - 1] == ' ' || value.p[value.n - 1] == '\t'))
		value.n--;
	if (s->m->headers.n >= s->limits->headers)
		return h1_bad(s, 431, "too many header fields");
	headers_add(s->arena, &s->m->headers, name, value);
	return h1_field_meaning(s, name, value);
}

static enum step fields(struct scan *s)
{
	enum { FIRST_CAP = 24 }; /* enough for a browser: no array is outgrown and left behind */
	s->m->headers = (struct headers){ arena_alloc(s->arena, FIRST_CAP * sizeof(struct header),
		                                      _Alignof(struct header)),
		                          0, FIRST_CAP };
	for (;;) {
		if (s->at == s->end)
			return STEP_MORE;
		if (*s->at == '\r' || *s->at == '\n') /* the empty line */
			return line_end(s);
		enum step step = field(s);
		if (step != STEP_ON)
			return step;
	}
}

/* ---- start lines ---- */

/* "HTTP/1.x": a higher minor version is ours (RFC 9110 §2.5), another major one is not. */
static enum step version(struct scan *s)
{
	static const char form[] = "HTTP/d.d";
	if (s->end - s->at > 8 && memcmp(s->at, "HTTP/1.1", 8) == 0) { /* nearly always */
		s->m->version = 11;
		s->at += 8;
		return STEP_ON;
	}
	for (int i = 0; i < 8; i++) {
		if (s->at + i == s->end)
			return STEP_MORE;
		if (form[i] == 'd' ? !h1_is(s->at[i], H1_DIGIT) : s->at[i] != form[i])
			return h1_bad(s, 400, "the HTTP version is malformed");
	}
	if (s->at[5] != '1')
		return h1_bad(s, 505, "the HTTP version is not supported");
	s->m->version = s->at[7] == '0' ? 10 : 11;
	s->at += 8;
	return STEP_ON;
}

/* Any visible character save '#' (a fragment is not sent) and '\' (some read it as '/'); RFC 3986
 * would refuse a few more, which browsers send all the same.  '%' must be followed by two digits. */
static enum step path(struct scan *s, const char *from)
{
	for (;; s->at++) {
		while (s->at < s->end && h1_is(*s->at, H1_PATH))
			s->at++;
		if (s->end - s->at < 3 && (s->at == s->end || *s->at == '%'))
			return STEP_MORE;
		if (*s->at != '%')
			break;
		if (!h1_is(s->at[1], H1_HEX) || !h1_is(s->at[2], H1_HEX))
			return h1_bad(s, 400, "a malformed percent sign in the path");
	}
	s->m->path = str_from(from, (size_t)(s->at - from));
	if (*s->at != '?')
		return STEP_ON;
	const char *query = ++s->at;
	while (s->at < s->end && h1_is(*s->at, H1_QUERY))
		s->at++;
	if (s->at == s->end)
		return STEP_MORE;
	s->m->query = str_from(query, (size_t)(s->at - query));
	return STEP_ON;
}

/* RFC 9112 §3.2.2: "http://host/path"; its authority stands above Host. */
static enum step absolute(struct scan *s)
{
	str all = str_from(s->at, (size_t)(s->end - s->at));
	unsigned port;
	size_t scheme = str_istarts(all, S("http://"))    ? 7
	                : str_istarts(all, S("https://")) ? 8
	                                                  : 0;
	if (scheme == 0)
		return h1_bad(s, 400, "the request target is malformed");
	const char *p = s->at + scheme;
	s->authority = str_from(p, 0);
	while (p < s->end && (h1_is(*p, H1_HOST) || *p == ':' || *p == '[' || *p == ']'))
		p++;
	if (p == s->end)
		return STEP_MORE;
	s->authority.n = (size_t)(p - s->authority.p);
	if (!uri_authority(s->authority, &s->m->host, &port))
		return h1_bad(s, 400, "the request target is malformed");
	s->at = p;
	if (*p != '/' && *p != '?' && *p != ' ')
		return h1_bad(s, 400, "the request target is malformed");
	enum step step = path(s, p);
	if (step == STEP_ON && s->m->path.n == 0)
		s->m->path = S("/");
	return step;
}

static enum step target(struct scan *s)
{
	const char *from = s->at;
	if (from == s->end)
		return STEP_MORE;
	if (str_eq(s->m->verb, S("CONNECT")))
		return h1_bad(s, 501, "CONNECT is not supported");
	/* RFC 9113 §3.4: the preface of HTTP/2, or a part of it */
	if (str_eq(s->m->verb, S("PRI")))
		return h1_bad(s, 400, "PRI is no method of HTTP/1");
	if (*from == '/')
		return path(s, from);
	if (*from == '*') { /* RFC 9112 §3.2.4 */
		if (!str_eq(s->m->verb, S("OPTIONS")))
			return h1_bad(s, 400, "the request target is malformed");
		s->m->path = str_from(from, 1);
		s->at++;
		return STEP_ON;
	}
	/* An absolute form that is cut short must not be judged before it is whole. */
	if (!memchr(from, ' ', (size_t)(s->end - from)) &&
	    !memchr(from, '\n', (size_t)(s->end - from)))
		return STEP_MORE;
	return absolute(s);
}

static enum step space(struct scan *s, const char *what)
{
	if (s->at == s->end)
		return STEP_MORE;
	if (*s->at != ' ')
		return h1_bad(s, 400, what);
	s->at++;
	return STEP_ON;
}

static enum step request_line(struct scan *s)
{
	const char *from = s->at;
	while (s->at < s->end && h1_is(*s->at, H1_TOKEN))
		s->at++;
	s->m->verb = str_from(from, (size_t)(s->at - from));
	enum step step = space(s, "the method is malformed");
	if (step == STEP_ON && s->m->verb.n == 0)
		return h1_bad(s, 400, "the method is malformed");
	if (step == STEP_ON)
		step = target(s);
	if (step == STEP_ON)
		step = space(s, "the request target is malformed");
	if (step == STEP_ON)
		step = version(s);
	return step == STEP_ON ? line_end(s) : step;
}

/* "HTTP/1.1 200 OK"; the space after the code is missing in some servers' answers, and not missed. */
static enum step status_line(struct scan *s)
{
	enum step step = version(s);
	if (step == STEP_ON)
		step = space(s, "the status line is malformed");
	if (step != STEP_ON)
		return step;
	for (int i = 0; i < 3; i++) {
		if (s->at + i == s->end)
			return STEP_MORE;
		if (!h1_is(s->at[i], H1_DIGIT))
			return h1_bad(s, 400, "the status is malformed");
		s->m->status = s->m->status * 10 + (unsigned)(s->at[i] - '0');
	}
	s->at += 3;
	if (s->m->status < 100)
		return h1_bad(s, 400, "the status is malformed");
	if (s->at < s->end && *s->at == ' ') {
		const char *reason = ++s->at;
		skip_value(s);
		s->m->reason = str_from(reason, (size_t)(s->at - reason));
	}
	return line_end(s);
}

/* ---- a whole head ---- */

/* Of bytes that came later: is there something that no further byte can mend? */
static bool lines_broken(str buf, size_t from)
{
	for (size_t i = from ? from - 1 : 0; i < buf.n; i++) {
		char c = buf.p[i];
		if (c == '\n' ? i == 0 || buf.p[i - 1] != '\r' : c != '\r' && !h1_is(c, H1_VALUE))
			return true;
		if (c == '\r' && i + 1 < buf.n && buf.p[i + 1] != '\n')
			return true;
	}
	return false;
}

/* STEP_MORE ends here: it is waited for, unless the limits say that it cannot become good. */
static enum step too_much(struct scan *s, str buf, size_t line)
{
	if (line > s->limits->line)
		return h1_bad(s, 414, "the request line is too long");
	if (buf.n > s->limits->head)
		return h1_bad(s, 431, "the head is too large");
	return STEP_MORE;
}

static size_t first_line(const struct scan *s, str buf)
{
	const char *nl = memchr(s->at, '\n', (size_t)(s->end - s->at));
	return (size_t)((nl ? nl : buf.p + buf.n) - s->at);
}

static err outcome(struct scan *s, enum step step, str buf)
{
	if (step == STEP_ON)
		s->h->size = (size_t)(s->at - buf.p);
	if (step == STEP_ON && s->h->size > s->limits->head)
		step = h1_bad(s, 431, "the head is too large");
	if (step != STEP_BAD)
		return DONE;
	s->h->size = 0;
	return FAIL(s->h->bad_status == 414 || s->h->bad_status == 431 ? ERR_LIMIT : ERR_SYNTAX);
}

/* Common to both: whether to scan now. A head that drips in is scanned when its end has come. */
static enum step begin(struct scan *s, str buf, size_t *line)
{
	size_t from = s->h->seen;
	*s->h = (struct h1_head){ .seen = buf.n };
	*line = 0;
	if (buf.n == 0)
		return STEP_MORE;
	/* RFC 9112 §2.2: empty lines before a request are passed over. */
	while (s->m->kind == MESSAGE_REQUEST && s->at < s->end && *s->at == '\r') {
		if (s->at + 1 == s->end)
			return STEP_MORE;
		if (s->at[1] != '\n')
			return h1_bad(s, 400, "a bare CR");
		s->at += 2;
	}
	*line = first_line(s, buf);
	if (from == 0)
		return STEP_ON;
	if (str_has(str_sub(buf, from > 3 ? from - 3 : 0, STR_NPOS), S("\r\n\r\n")))
		return STEP_ON;
	return lines_broken(buf, from) ? h1_bad(s, 400, "a character that is not allowed")
	                               : STEP_MORE;
}

err h1_request(struct arena *arena, str buf, const struct h1_limits *limits, struct message *m,
               struct h1_head *head)
{
	struct scan s = { .at = buf.p,
		          .end = buf.p + buf.n,
		          .arena = arena,
		          .limits = limits,
		          .m = m,
		          .h = head };
	size_t line;
	*m = (struct message){ .kind = MESSAGE_REQUEST };
	enum step step = begin(&s, buf, &line);
	if (step == STEP_ON && line > limits->line + 1) /* its CR is counted in */
		step = h1_bad(&s, 414, "the request line is too long");
	if (step == STEP_ON)
		step = request_line(&s);
	if (step == STEP_ON)
		step = fields(&s);
	if (step == STEP_ON)
		step = h1_request_framing(&s);
	if (step == STEP_MORE)
		step = too_much(&s, buf, line ? line - 1 : 0);
	return outcome(&s, step, buf);
}

err h1_response(struct arena *arena, str buf, const struct h1_limits *limits, str request_verb,
                struct message *m, struct h1_head *head)
{
	struct scan s = { .at = buf.p,
		          .end = buf.p + buf.n,
		          .arena = arena,
		          .limits = limits,
		          .m = m,
		          .h = head };
	size_t line;
	*m = (struct message){ .kind = MESSAGE_RESPONSE };
	enum step step = begin(&s, buf, &line);
	if (step == STEP_ON && line > limits->line + 1)
		step = h1_bad(&s, 414, "the status line is too long");
	if (step == STEP_ON)
		step = status_line(&s);
	if (step == STEP_ON)
		step = fields(&s);
	if (step == STEP_ON)
		step = h1_response_framing(&s, request_verb);
	if (step == STEP_MORE)
		step = too_much(&s, buf, line ? line - 1 : 0);
	return outcome(&s, step, buf);
}
