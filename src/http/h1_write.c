/* SPDX-License-Identifier: Apache-2.0 */
/* Writing heads anew from messages, in memory that is reserved once.
 * No byte of a message can end a line: a policy may have put anything into it.
 * Source: RFC 9112 §3, §4, §6; RFC 9110 §7.6.1. */
#include "http/h1.h"

#include "http/h1_class.h"

enum { START_LINE = 64, OWN_FIELDS = 128 };

static char *put(char *p, str s)
{
	if (s.n)
		memcpy(p, s.p, s.n);
	return p + s.n;
}
#define PUT(p, literal) put((p), S(literal))

/* Copies eight bytes; answers which of them no value may hold. */
static uint64_t put_word(char *to, const char *from)
{
	uint64_t w = word_at(from);
	memcpy(to, from, 8);
	return h1_controls(w);
}

/* A line end or another control character in a value becomes a space (RFC 9110 §5.5).  Copied and looked
 * at eight bytes at a time, the last eight over again. */
static char *put_value(char *p, str s)
{
	uint64_t bad = s.n < 8;
	for (size_t i = 0; i + 8 < s.n; i += 8)
		bad |= put_word(p + i, s.p + i);
	if (s.n >= 8)
		bad |= put_word(p + s.n - 8, s.p + s.n - 8);
	for (size_t i = 0; bad && i < s.n; i++)
		p[i] = h1_is(s.p[i], H1_VALUE) ? s.p[i] : ' ';
	return p + s.n;
}

static char *put_token(char *p, str s, unsigned *all)
{
	size_t i = 0;
	for (; s.n - i >= 8 && !h1_not_usual(word_at(s.p + i)); i += 8)
		memcpy(p + i, s.p + i, 8);
	for (; i < s.n; i++) {
		*all &= h1_classes[(unsigned char)s.p[i]];
		p[i] = s.p[i];
	}
	return p + s.n;
}

/* What may not stand in a request target is percent-encoded; room for three times its size is there. */
static char *put_target(char *p, str s, enum h1_class allowed)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (h1_is(s.p[i], allowed) || c == '%') {
			*p++ = s.p[i];
			continue;
		}
		*p++ = '%';
		*p++ = hex[c >> 4];
		*p++ = hex[c & 15];
	}
	return p;
}

/* Fields that a writer leaves out. */
enum { OF_CONNECTION = 1, HOST = 2, EXPECT = 4 };

/* By length first: most names differ there. */
static unsigned kind_of(str name)
{
	switch (name.n) {
	case 2:
		return str_ieq(name, S("TE")) ? OF_CONNECTION : 0;
	case 4:
		return str_ieq(name, S("Host")) ? HOST : 0;
	case 6:
		return str_ieq(name, S("Expect")) ? EXPECT : 0;
	case 7:
		return str_ieq(name, S("Trailer")) || str_ieq(name, S("Upgrade")) ? OF_CONNECTION
		                                                                  : 0;
	case 10:
		return str_ieq(name, S("Connection")) || str_ieq(name, S("Keep-Alive"))
		               ? OF_CONNECTION
		               : 0;
	case 14:
		return str_ieq(name, S("Content-Length")) ? OF_CONNECTION : 0;
	case 16:
		return str_ieq(name, S("Proxy-Connection")) ? OF_CONNECTION : 0;
	case 17:
		return str_ieq(name, S("Transfer-Encoding")) ? OF_CONNECTION : 0;
	case 19:
		return str_ieq(name, S("Proxy-Authorization")) ? OF_CONNECTION : 0;
	default:
		return 0;
	}
}

bool h1_of_connection(str name) { return (kind_of(name) & OF_CONNECTION) != 0; }

static size_t fields_size(const struct headers *h)
{
	size_t n = OWN_FIELDS;
	for (size_t i = 0; i < h->n; i++)
		n += h->v[i].name.n + h->v[i].value.n + 4;
	return n;
}

/* skip: the kinds that are left out. */
static char *put_fields(char *p, const struct headers *h, unsigned skip, unsigned *tokens)
{
	for (size_t i = 0; i < h->n; i++) {
		str name = h->v[i].name;
		if (kind_of(name) & skip)
			continue;
		*tokens &= name.n ? ~0u : 0;
		p = put_token(p, name, tokens);
		p = PUT(p, ": ");
		p = put_value(p, h->v[i].value);
		p = PUT(p, "\r\n");
	}
	return p;
}

#define WEBSOCKET "Connection: Upgrade\r\nUpgrade: websocket\r\n"

static char *put_framing(char *p, enum h1_framing framing, int64_t length)
{
	if (framing == H1_CHUNKED)
		return PUT(p, "Transfer-Encoding: chunked\r\n");
	if (framing == H1_UNTIL_CLOSE || length < 0)
		return p;
	p = PUT(p, "Content-Length: ");
	p = str_put_u64(p, (uint64_t)length);
	return PUT(p, "\r\n");
}

static char *put_path(char *p, const struct message *m)
{
	p = put_target(p, m->path, H1_PATH);
	if (!str_given(m->query))
		return p;
	p = PUT(p, "?");
	return put_target(p, m->query, H1_QUERY);
}

void h1_write_target(struct buf *b, const struct message *m)
{
	char *start = buf_room(b, 3 * (m->path.n + m->query.n) + 1);
	b->n += (size_t)(put_path(start, m) - start);
}

err h1_write_request(struct buf *b, const struct message *m, str host, enum h1_framing framing,
                     int64_t length, bool http10)
{
	unsigned tokens = H1_TOKEN;
	char *start = buf_room(b, START_LINE + m->verb.n + 3 * (m->path.n + m->query.n) + host.n +
	                                  fields_size(&m->headers));
	char *p = put_token(start, m->verb, &tokens);
	p = PUT(p, " ");
	p = put_path(p, m);
	p = http10 ? PUT(p, " HTTP/1.0\r\n") : PUT(p, " HTTP/1.1\r\n");
	if (str_given(host)) {
		p = PUT(p, "Host: ");
		p = put_value(p, host);
		p = PUT(p, "\r\n");
	}
	/* Expect was for us; the target is sent the body without being asked. */
	p = put_fields(p, &m->headers, OF_CONNECTION | EXPECT | (str_given(host) ? HOST : 0),
	               &tokens);
	p = put_framing(p, framing, length);
	if (m->takes_trailers && !http10)
		p = PUT(p, "Connection: TE\r\nTE: trailers\r\n");
	if (m->tunnel)
		p = PUT(p, WEBSOCKET);
	p = PUT(p, "\r\n");
	if (!tokens || m->verb.n == 0)
		return FAIL(ERR_SYNTAX);
	b->n += (size_t)(p - start);
	return DONE;
}

err h1_write_response(struct buf *b, const struct message *m, const struct h1_answer *answer)
{
	unsigned tokens = H1_TOKEN;
	char *start = buf_room(b, START_LINE + m->reason.n + answer->date.n + answer->connection.n +
	                                  fields_size(&m->headers));
	if (m->status < 100 || m->status > 999)
		return FAIL(ERR_SYNTAX);
	char *p = PUT(start, "HTTP/1.1 ");
	p = str_put_u64(p, m->status);
	p = PUT(p, " ");
	p = put_value(p, m->reason);
	p = PUT(p, "\r\n");
	p = put_fields(p, &m->headers, OF_CONNECTION, &tokens);
	p = put_framing(p, answer->framing, answer->length);
	if (str_given(answer->date) && !str_given(headers_get(&m->headers, S("Date")))) {
		p = PUT(p, "Date: ");
		p = put(p, answer->date);
		p = PUT(p, "\r\n");
	}
	if (answer->websocket) {
		p = PUT(p, WEBSOCKET);
	} else if (str_given(answer->connection)) {
		p = PUT(p, "Connection: ");
		p = put(p, answer->connection);
		p = PUT(p, "\r\n");
	}
	p = PUT(p, "\r\n");
	if (!tokens)
		return FAIL(ERR_SYNTAX);
	b->n += (size_t)(p - start);
	return DONE;
}
