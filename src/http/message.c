/* SPDX-License-Identifier: Apache-2.0 */
/* Making messages, and having their body in memory.
 * Content-Length in the headers, where it stands, agrees with a body that was set here.
 * Source: RFC 9110 §6, §8.6, §15. */
#include "http/message.h"

#include <stdlib.h>

enum { GRACE_MS = 20000, LEAST_RATE = 500 /* bytes a second */ };

bool http_idempotent(str verb)
{
	static const str verbs[] = { S_INIT("GET"),    S_INIT("HEAD"),    S_INIT("PUT"),
		                     S_INIT("DELETE"), S_INIT("OPTIONS"), S_INIT("TRACE") };
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (str_eq(verb, verbs[i]))
			return true;
	return false;
}

struct message *message_request(struct arena *a, str verb, str path)
{
	struct message *m = arena_new(a, struct message);
	m->kind = MESSAGE_REQUEST;
	m->verb = verb;
	m->path = path;
	m->version = 11;
	return m;
}

struct message *message_response(struct arena *a, unsigned status)
{
	struct message *m = arena_new(a, struct message);
	m->kind = MESSAGE_RESPONSE;
	m->status = status;
	m->reason = http_reason(status);
	m->version = 11;
	return m;
}

/* RFC 9110 §15, RFC 6585 and others of the IANA registry */
static const str phrases[] = {
	[100] = S_INIT("Continue"),
	[101] = S_INIT("Switching Protocols"),
	[102] = S_INIT("Processing"),
	[103] = S_INIT("Early Hints"),
	[200] = S_INIT("OK"),
	[201] = S_INIT("Created"),
	[202] = S_INIT("Accepted"),
	[203] = S_INIT("Non-Authoritative Information"),
	[204] = S_INIT("No Content"),
	[205] = S_INIT("Reset Content"),
	[206] = S_INIT("Partial Content"),
	[207] = S_INIT("Multi-Status"),
	[208] = S_INIT("Already Reported"),
	[226] = S_INIT("IM Used"),
	[300] = S_INIT("Multiple Choices"),
	[301] = S_INIT("Moved Permanently"),
	[302] = S_INIT("Found"),
	[303] = S_INIT("See Other"),
	[304] = S_INIT("Not Modified"),
	[305] = S_INIT("Use Proxy"),
	[307] = S_INIT("Temporary Redirect"),
	[308] = S_INIT("Permanent Redirect"),
	[400] = S_INIT("Bad Request"),
	[401] = S_INIT("Unauthorized"),
	[402] = S_INIT("Payment Required"),
	[403] = S_INIT("Forbidden"),
	[404] = S_INIT("Not Found"),
	[405] = S_INIT("Method Not Allowed"),
	[406] = S_INIT("Not Acceptable"),
	[407] = S_INIT("Proxy Authentication Required"),
	[408] = S_INIT("Request Timeout"),
	[409] = S_INIT("Conflict"),
	[410] = S_INIT("Gone"),
	[411] = S_INIT("Length Required"),
	[412] = S_INIT("Precondition Failed"),
	[413] = S_INIT("Content Too Large"),
	[414] = S_INIT("URI Too Long"),
	[415] = S_INIT("Unsupported Media Type"),
	[416] = S_INIT("Range Not Satisfiable"),
	[417] = S_INIT("Expectation Failed"),
	[421] = S_INIT("Misdirected Request"),
	[422] = S_INIT("Unprocessable Content"),
	[423] = S_INIT("Locked"),
	[424] = S_INIT("Failed Dependency"),
	[425] = S_INIT("Too Early"),
	[426] = S_INIT("Upgrade Required"),
	[428] = S_INIT("Precondition Required"),
	[429] = S_INIT("Too Many Requests"),
	[431] = S_INIT("Request Header Fields Too Large"),
	[451] = S_INIT("Unavailable For Legal Reasons"),
	[500] = S_INIT("Internal Server Error"),
	[501] = S_INIT("Not Implemented"),
	[502] = S_INIT("Bad Gateway"),
	[503] = S_INIT("Service Unavailable"),
	[504] = S_INIT("Gateway Timeout"),
	[505] = S_INIT("HTTP Version Not Supported"),
	[506] = S_INIT("Variant Also Negotiates"),
	[507] = S_INIT("Insufficient Storage"),
	[508] = S_INIT("Loop Detected"),
	[511] = S_INIT("Network Authentication Required"),
};

str http_reason(unsigned status)
{
	if (status >= sizeof phrases / sizeof *phrases || !phrases[status].p)
		return S("");
	return phrases[status];
}

static str decimal(struct arena *a, uint64_t n)
{
	char *p = arena_alloc(a, STR_DECIMAL, 1);
	return str_from(p, (size_t)(str_put_u64(p, n) - p));
}

static void describe(struct arena *a, struct message *m)
{
	headers_remove(&m->headers, S("Transfer-Encoding"));
	headers_set(a, &m->headers, S("Content-Length"), decimal(a, m->body.bytes.n));
}

void message_set_content(struct arena *a, struct message *m, str bytes, str content_type)
{
	m->body = (struct body){ .kind = BODY_BYTES, .bytes = bytes };
	if (str_given(content_type))
		headers_set(a, &m->headers, S("Content-Type"), content_type);
	headers_remove(&m->headers, S("Content-Encoding"));
	describe(a, m);
}

/* On the heap: it may grow to megabytes, where realloc moves pages instead of leaving copies behind. */
struct collected {
	char *p;
	size_t n, cap;
};

static void collected_free(void *c) { free(((struct collected *)c)->p); }

static void collect(struct collected *c, str piece)
{
	if (piece.n > c->cap - c->n) {
		while (piece.n > c->cap - c->n)
			c->cap = c->cap ? c->cap * 2 : 16 * 1024;
		c->p = realloc(c->p, c->cap);
		must(c->p);
	}
	memcpy(c->p + c->n, piece.p, piece.n);
	c->n += piece.n;
}

/* By when the piece after so many bytes must come: a request is held to a least pace, so that who sends a
 * byte a minute does not keep a fiber for ever. */
static deadline pace(enum message_kind kind, deadline grace, size_t bytes)
{
	if (kind != MESSAGE_REQUEST)
		return NEVER;
	return (deadline){ grace.mono_ms + (int64_t)bytes * 1000 / LEAST_RATE };
}

static err collect_all(struct arena *a, struct message *m, size_t limit, deadline until)
{
	struct body *b = &m->body;
	struct collected *c = arena_new(a, struct collected);
	deadline grace = deadline_in(GRACE_MS);
	if (b->length > 0 && (uint64_t)b->length > limit)
		return FAIL(ERR_LIMIT);
	arena_defer(a, collected_free, c);
	for (str piece;;) {
		TRY(body_read(b, &piece, deadline_min(until, pace(m->kind, grace, c->n))));
		if (piece.n == 0)
			break;
		if (piece.n > limit - c->n)
			return FAIL(ERR_LIMIT);
		collect(c, piece);
	}
	*b = (struct body){ .kind = BODY_BYTES, .bytes = { c->p ? c->p : "", c->n } };
	return DONE;
}

err message_content(struct arena *a, struct message *m, size_t limit, deadline until, str *out)
{
	struct body *b = &m->body;
	*out = S("");
	if (b->kind == BODY_STREAM) {
		TRY(collect_all(a, m, limit, until));
		describe(a, m);
	}
	if (b->kind == BODY_BYTES && b->bytes.n > limit)
		return FAIL(ERR_LIMIT);
	if (b->kind == BODY_BYTES)
		*out = b->bytes;
	return DONE;
}
