/* SPDX-License-Identifier: Apache-2.0 */
/* Header lists, messages, contents, and the heads that are written of them.
 * Whatever a message holds, what is written is one head and no more.
 * Source: RFC 9110 §5, §6, §7.6.1; RFC 9112 §3, §4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/h1.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* "a=1|b=2" */
static struct headers headers_from(struct arena *a, const char *text)
{
	struct headers h = { 0 };
	for (str rest = str_from_z(text); str_given(rest) && rest.n;) {
		str value = str_cut(&rest, '|');
		str name = str_cut(&value, '=');
		headers_add(a, &h, name, value);
	}
	return h;
}

static const char *headers_text(struct arena *a, const struct headers *h)
{
	struct buf b = buf_in(a);
	for (size_t i = 0; i < h->n; i++)
		buf_fmt(&b, "%s%.*s=%.*s", i ? "|" : "", STR(h->v[i].name), STR(h->v[i].value));
	return str_z(a, buf_str(&b));
}

static void lists(void **state)
{
	(void)state;
	static const struct { const char *in, *name, *first, *all; size_t n; const char *set, *removed; } rows[] = {
		{ "", "a", NULL, NULL, 0, "a=X", "" },
		{ "A=1", "a", "1", "1", 1, "a=X", "" },
		{ "a=1|b=2|A=3", "A", "1", "1, 3", 2, "A=X|b=2", "b=2" },
		{ "b=2|a=|a=3|c=4", "a", "", ", 3", 2, "b=2|a=X|c=4", "b=2|c=4" },
		{ "b=2", "a", NULL, NULL, 0, "b=2|a=X", "b=2" },
	};
	struct arena *a = arena_create(0, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		str name = str_from_z(rows[i].name);
		struct headers h = headers_from(a, rows[i].in);
		assert_int_equal(headers_count(&h, name), rows[i].n);
		assert_true(str_eq(headers_get(&h, name), str_from_z(rows[i].first)));
		assert_int_equal(str_given(headers_get(&h, name)), rows[i].first != NULL);
		assert_true(str_eq(headers_all(a, &h, name), str_from_z(rows[i].all)));
		headers_set(a, &h, name, S("X"));
		assert_string_equal(headers_text(a, &h), rows[i].set);
		h = headers_from(a, rows[i].in);
		headers_remove(&h, name);
		assert_string_equal(headers_text(a, &h), rows[i].removed);
	}
	arena_destroy(&a);
}

static void tokens(void **state)
{
	(void)state;
	static const struct { const char *in; bool has; } rows[] = {
		{ "C=close", true },        { "c=a, CLOSE ,b", true },   { "C=a|C=close", true },
		{ "C=closed", false },      { "C=clos", false },         { "C=", false },
		{ "D=close", false },       { "C=close;q=0.5", true },   { "C=,,close", true },
	};
	struct arena *a = arena_create(0, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct headers h = headers_from(a, rows[i].in);
		assert_int_equal(headers_have_token(&h, S("C"), S("close")), rows[i].has);
	}
	assert_true(header_name_ok(S("X-A_b.c~1")));
	assert_false(header_name_ok(S("")));
	assert_false(header_name_ok(S("a b")));
	assert_false(header_name_ok(S("a:")));
	assert_true(header_value_ok(S("")));
	assert_true(header_value_ok(S("a\tb \xff")));
	assert_false(header_value_ok(S("a\r\nb")));
	assert_false(header_value_ok(S("quite a long text and then a NUL\0")));
	arena_destroy(&a);
}

static void requests(void **state)
{
	(void)state;
	static const struct {
		const char *verb, *path, *query, *headers, *host;
		enum h1_framing framing;
		int64_t length;
		const char *out; /* NULL: refused */
	} rows[] = {
		{ "GET", "/", NULL, "Host=a", NULL, H1_NO_BODY, -1, "GET / HTTP/1.1\r\nHost: a\r\n\r\n" },
		{ "GET", "/b", "c=d", "Host=a|X=y", "t:8", H1_NO_BODY, -1, "GET /b?c=d HTTP/1.1\r\nHost: t:8\r\nX: y\r\n\r\n" },
		{ "POST", "/", "", "", "t", H1_LENGTH, 0, "POST /? HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n" },
		{ "POST", "/", NULL, "Content-Length=99", "t", H1_LENGTH, 12345678901, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 12345678901\r\n\r\n" },
		{ "PUT", "/", NULL, "Content-Length=99|Transfer-Encoding=gzip", "t", H1_CHUNKED, -1, "PUT / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n" },
		{ "GET", "/", NULL, "Connection=close|Keep-Alive=1|TE=trailers|Trailer=X|Upgrade=h2c|Proxy-Connection=a|Proxy-Authorization=b|Expect=100-continue|A=b", "t", H1_NO_BODY, -1, "GET / HTTP/1.1\r\nHost: t\r\nA: b\r\n\r\n" },
		{ "GET", "/a b\r\nX: y", "\r\n#\xc3\xa9", "", "t", H1_NO_BODY, -1, "GET /a%20b%0D%0AX:%20y?%0D%0A%23%C3%A9 HTTP/1.1\r\nHost: t\r\n\r\n" },
		{ "GET", "/a?b\\%41", NULL, "", "t", H1_NO_BODY, -1, "GET /a%3Fb%5C%41 HTTP/1.1\r\nHost: t\r\n\r\n" },
		{ "GET", "/", NULL, "A=b\r\nC: d|E=\x01\x7f", "t\r\nX: y", H1_NO_BODY, -1, "GET / HTTP/1.1\r\nHost: t  X: y\r\nA: b  C: d\r\nE:   \r\n\r\n" },
		{ "GET", "/", NULL, "A\r\nB=c", "t", H1_NO_BODY, -1, NULL },
		{ "GET", "/", NULL, "=c", "t", H1_NO_BODY, -1, NULL },
		{ "GET", "/", NULL, "A:=c", "t", H1_NO_BODY, -1, NULL },
		{ "GET /x", "/", NULL, "", "t", H1_NO_BODY, -1, NULL },
		{ "", "/", NULL, "", "t", H1_NO_BODY, -1, NULL },
	};
	struct arena *a = arena_create(0, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct message *m = message_request(a, str_from_z(rows[i].verb), str_from_z(rows[i].path));
		struct buf b = buf_in(a);
		m->query = str_from_z(rows[i].query);
		m->headers = headers_from(a, rows[i].headers);
		err e = h1_write_request(&b, m, str_from_z(rows[i].host), rows[i].framing, rows[i].length, false);
		assert_int_equal(e.code, rows[i].out ? ERR_NONE : ERR_SYNTAX);
		assert_string_equal(str_z(a, buf_str(&b)), rows[i].out ? rows[i].out : "");
	}
	arena_destroy(&a);
}

static void responses(void **state)
{
	(void)state;
	static const struct {
		unsigned status;
		const char *reason, *headers;
		struct h1_answer answer;
		const char *out;
	} rows[] = {
		{ 200, "OK", "", { H1_LENGTH, 3, S_INIT("now"), { 0 }, false }, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nDate: now\r\n\r\n" },
		{ 200, "OK", "date=then", { H1_CHUNKED, -1, S_INIT("now"), S_INIT("close"), false }, "HTTP/1.1 200 OK\r\ndate: then\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" },
		{ 204, "", "Content-Length=5", { H1_NO_BODY, -1, { 0 }, { 0 }, false }, "HTTP/1.1 204 \r\n\r\n" },
		{ 304, "x\ry", "", { H1_NO_BODY, 5, { 0 }, { 0 }, false }, "HTTP/1.1 304 x y\r\nContent-Length: 5\r\n\r\n" },
		{ 911, "Help", "Connection=a|Upgrade=b|Location=c\nd", { H1_UNTIL_CLOSE, -1, { 0 }, S_INIT("close"), false }, "HTTP/1.1 911 Help\r\nLocation: c d\r\nConnection: close\r\n\r\n" },
		{ 101, "S", "Connection=a|Upgrade=b", { H1_UNTIL_CLOSE, -1, { 0 }, S_INIT("close"), true }, "HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" },
		{ 99, "", "", { H1_NO_BODY, -1, { 0 }, { 0 }, false }, NULL },
		{ 1000, "", "", { H1_NO_BODY, -1, { 0 }, { 0 }, false }, NULL },
		{ 200, "", "A B=c", { H1_NO_BODY, -1, { 0 }, { 0 }, false }, NULL },
	};
	struct arena *a = arena_create(0, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct message *m = message_response(a, rows[i].status);
		struct buf b = buf_in(a);
		m->reason = str_from_z(rows[i].reason);
		m->headers = headers_from(a, rows[i].headers);
		err e = h1_write_response(&b, m, &rows[i].answer);
		assert_int_equal(e.code, rows[i].out ? ERR_NONE : ERR_SYNTAX);
		assert_string_equal(str_z(a, buf_str(&b)), rows[i].out ? rows[i].out : "");
	}
	arena_destroy(&a);
}

/* A stream of given pieces that fails behind them if told to. */
struct pieces {
	struct body_source source;
	const char *text;
	size_t step;
	enum err_code code;
};

static err pieces_read(struct body_source *source, str *piece, deadline until)
{
	struct pieces *p = (struct pieces *)source;
	str left = str_from_z(p->text);
	(void)until;
	*piece = str_sub(left, 0, p->step);
	p->text += piece->n;
	return piece->n ? DONE : FAIL(p->code);
}
static const struct body_source_type pieces_type = { .read = pieces_read };

static void contents(void **state)
{
	(void)state;
	static const struct {
		enum body_kind kind;
		const char *text;
		int64_t length;
		size_t limit;
		enum err_code code, out;
	} rows[] = {
		{ BODY_NONE, "", -1, 0, 0, 0 },
		{ BODY_BYTES, "hello", -1, 5, 0, 0 },
		{ BODY_BYTES, "hello", -1, 4, 0, ERR_LIMIT },
		{ BODY_STREAM, "hello world", -1, 11, 0, 0 },
		{ BODY_STREAM, "hello world", 11, 11, 0, 0 },
		{ BODY_STREAM, "", -1, 0, 0, 0 },
		{ BODY_STREAM, "hello world", -1, 10, 0, ERR_LIMIT },
		{ BODY_STREAM, "hello world", 11, 10, 0, ERR_LIMIT },
		{ BODY_STREAM, "hello", -1, 100, ERR_IO, ERR_IO },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_create(0, 0);
		struct pieces p = { .source.type = &pieces_type, .text = rows[i].text, .step = 3, .code = rows[i].code };
		struct message *m = message_request(a, S("POST"), S("/"));
		str out;
		headers_add(a, &m->headers, S("Transfer-Encoding"), S("chunked"));
		m->body = (struct body){ rows[i].kind, str_from_z(rows[i].text), &p.source, rows[i].length };
		assert_int_equal(message_content(a, m, rows[i].limit, NEVER, &out).code, rows[i].out);
		if (!rows[i].out) {
			assert_true(str_eq(out, str_from_z(rows[i].text)));
			assert_int_equal(message_content(a, m, rows[i].limit, NEVER, &out).code, 0); /* stays */
			assert_true(str_eq(out, str_from_z(rows[i].text)));
		}
		if (!rows[i].out && rows[i].kind == BODY_STREAM)
			assert_string_equal(headers_text(a, &m->headers),
			                    str_z(a, str_fmt(a, "Content-Length=%zu", out.n)));
		arena_destroy(&a);
	}
}

static void set_content(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct message *m = message_response(a, 404);
	assert_true(str_eq(m->reason, S("Not Found")));
	m->headers = headers_from(a, "Content-Encoding=gzip|Content-Type=a|content-type=b|Content-Length=99");
	message_set_content(a, m, S("{}"), S("application/json"));
	assert_string_equal(headers_text(a, &m->headers), "Content-Type=application/json|Content-Length=2");
	message_set_content(a, m, S(""), STR_NONE);
	assert_string_equal(headers_text(a, &m->headers), "Content-Type=application/json|Content-Length=0");
	assert_true(str_eq(http_reason(299), S("")));
	assert_true(str_eq(http_reason(100000), S("")));
	arena_destroy(&a);
}

static bool may_stand(char c) { return ((unsigned char)c >= ' ' && c != 0x7f) || c == '\t'; }

/* What may not stand in a value is a space in what is written. */
static void check_written(struct arena *a, str value)
{
	struct message *m = message_response(a, 200);
	struct buf b = buf_in(a);
	headers_add(a, &m->headers, S("X"), value);
	assert_int_equal(h1_write_response(&b, m, &(struct h1_answer){ .framing = H1_NO_BODY, .length = -1 }).code, ERR_NONE);
	str got = str_sub(buf_str(&b), str_find(buf_str(&b), S("X: ")) + 3, STR_NPOS);
	assert_true(got.n == value.n + 4 && str_ends(got, S("\r\n\r\n")));
	for (size_t i = 0; i < value.n; i++)
		assert_int_equal(got.p[i], may_stand(value.p[i]) ? value.p[i] : ' ');
}

/* In texts of every length, every byte at every place, before and after tabs and spaces. */
static void value_bytes(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	for (size_t n = 1; n <= 20; n++)
		for (size_t at = 0; at < n; at++)
			for (int c = 0; c < 256; c++) {
				char text[20];
				for (size_t i = 0; i < n; i++)
					text[i] = "\t \x7e\x80"[(i + n) % 4];
				text[at] = (char)c;
				assert_int_equal(header_value_ok(str_from(text, n)), may_stand((char)c));
				check_written(a, str_from(text, n));
				arena_reset(a);
			}
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),     cmocka_unit_test(tokens),   cmocka_unit_test(requests),
		cmocka_unit_test(responses), cmocka_unit_test(contents), cmocka_unit_test(set_content),
		cmocka_unit_test(value_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
