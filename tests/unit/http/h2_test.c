/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 over loopback sockets, with nghttp2's client: a row is a request and what its stream must get.
 * Then the things that no row can say: windows, resets, floods, the end.
 * Source: RFC 9113, http/server.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/http/h2_client.h"

#define A20 "aaaaaaaaaaaaaaaaaaaa"
#define A200 A20 A20 A20 A20 A20 A20 A20 A20 A20 A20
#define X5 "+x=a|x=a|x=a|x=a|x=a|"
#define MANY "x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a|x=a"
#define PLAIN " content-type=text/plain content-length="
#define RESET(code) NULL, NULL, code

static const struct { const char *fields, *body, *head, *content; uint32_t code; } rows[] = {
	{ "/", NULL, "200 content-length=12", "GET /|host=a", 0 },
	{ "/x?y=z", NULL, "200 content-length=17", "GET /x?y=z|host=a", 0 },
	{ "+a=b|c=", NULL, "200 content-length=19", "GET /|a=b|c=|host=a", 0 },
	{ "+cookie=a=b|x=y|cookie=c=d", NULL, "200 content-length=32", "GET /|cookie=a=b; c=d|x=y|host=a", 0 },
	{ "+te=trailers", NULL, "200 content-length=24", "GET /|te=trailers|host=a", 0 },
	{ "+host=a", NULL, "200 content-length=12", "GET /|host=a", 0 },
	{ ":method=GET|:scheme=http|:path=/|host=b", NULL, "200 content-length=12", "GET /|host=b", 0 },
	{ ":method=OPTIONS|:scheme=http|:path=*|:authority=a", NULL, "200 content-length=16", "OPTIONS *|host=a", 0 },
	{ ":method=HEAD|:scheme=http|:path=/sized|:authority=a", NULL, "200 content-length=5", "", 0 },
	{ "/204", NULL, "204", "", 0 },
	{ "/stream", NULL, "200", "xxxxx", 0 },
	{ "/sized", NULL, "200 content-length=5", "xxxxx", 0 },
	{ "/fields", NULL, "200 x-split=a  Y: b content-length=0", "", 0 },
	{ "/breaks", NULL, "200", NULL, NGHTTP2_INTERNAL_ERROR },
	{ "/short", NULL, "200 content-length=6", NULL, NGHTTP2_INTERNAL_ERROR },
	{ "/badname", NULL, "500" PLAIN "29", "the request was not answered\n", 0 },
	{ "/silent", NULL, "500" PLAIN "29", "the request was not answered\n", 0 },
	{ "/echo", "", "200 content-length=0", "", 0 },
	{ "/echo", "hello", "200 content-length=5", "hello", 0 },
	{ ":method=POST|:scheme=http|:authority=a|:path=/echo|content-length=5", "hello", "200 content-length=5", "hello", 0 },
	{ ":method=POST|:scheme=http|:authority=a|:path=/echo|expect=100-continue", "hello", "200 content-length=5", "hello", 0 },
	/* refused by the server: a target could understand it differently, or it is too much */
	{ "+host=b", NULL, "400" PLAIN "27", "Host and :authority differ\n", 0 },
	{ ":method=GET|:scheme=http|:path=/", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ ":method=GET|:scheme=http|:path=/|:authority=a:b", NULL, "400" PLAIN "18", "Host is not valid\n", 0 },
	{ ":method=GET|:scheme=http|:path=/|:authority=u@a", NULL, "400" PLAIN "18", "Host is not valid\n", 0 },
	{ ":method=CONNECT|:authority=a:1", NULL, "501" PLAIN "25", "CONNECT is not supported\n", 0 },
	{ ":method=GET|:scheme=ftp|:authority=a|:path=/", NULL, "400" PLAIN "24", "the scheme is not known\n", 0 },
	{ "/%zz", NULL, "400" PLAIN "22", "the path is malformed\n", 0 },
	{ "/a#b", NULL, "400" PLAIN "22", "the path is malformed\n", 0 },
	{ "/a\\b", NULL, "400" PLAIN "22", "the path is malformed\n", 0 },
	{ "/a?b#c", NULL, "400" PLAIN "23", "the query is malformed\n", 0 },
	{ "+expect=x", NULL, "417" PLAIN "34", "Expect asks for something unknown\n", 0 },
	{ "/" A200, NULL, "414" PLAIN "29", "the request line is too long\n", 0 },
	{ "+" MANY, NULL, "431" PLAIN "23", "too many header fields\n", 0 },
	{ "+a=" A200 A200 A200 A200 A200 A200 A200 A200 A200 A200, NULL, "431" PLAIN "22", "the head is too large\n", 0 },
	/* malformed, RFC 9113 §8: reset */
	{ "+connection=close", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+keep-alive=5", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+proxy-connection=close", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+transfer-encoding=chunked", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+upgrade=websocket", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+te=gzip", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+a b=c", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+a=b\r\nc: d", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+a= b", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+:path=/x", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+:unknown=x", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+:status=200", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "a=b|:method=GET|:scheme=http|:authority=a|:path=/", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ ":scheme=http|:authority=a|:path=/", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ ":method=GET|:authority=a|:path=/", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ ":method=GET|:scheme=http|:authority=a", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ ":method=GET|:scheme=http|:authority=a|:path=", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ ":method=GET|:scheme=http|:authority=a|:path=x", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+content-length=1|content-length=1", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+content-length=x", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ "+content-length=5", NULL, RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ ":method=POST|:scheme=http|:authority=a|:path=/echo|content-length=4", "hello", RESET(NGHTTP2_PROTOCOL_ERROR) },
	{ ":method=POST|:scheme=http|:authority=a|:path=/echo|content-length=6", "hello", RESET(NGHTTP2_PROTOCOL_ERROR) },
};

static void check(struct client *c, size_t i)
{
	struct sent body = { rows[i].body, rows[i].body ? strlen(rows[i].body) : 0, 0 };
	int32_t id = ask(c, rows[i].fields, rows[i].body ? &body : NULL);
	client_finish(c);
	struct got *g = of(c, id);
	if (!g->closed || g->code != rows[i].code)
		fail_msg("row %zu %s: closed %d, code %u, %.*s", i, rows[i].fields, g->closed, g->code, STR(buf_str(&g->fields)));
	str head = buf_str(&g->fields);
	if (str_starts(head, S("100")) && head.n > 3)
		head = str_sub(head, 3, STR_NPOS);
	if (rows[i].head && !str_eq(head, str_from_z(rows[i].head)))
		fail_msg("row %zu %s: head '%.*s'", i, rows[i].fields, STR(head));
	if (rows[i].content && !str_eq(buf_str(&g->body), str_from_z(rows[i].content)))
		fail_msg("row %zu %s: body '%.*s'", i, rows[i].fields, STR(buf_str(&g->body)));
}

/* Each row on a connection of its own; afterwards the connection still answers. */
static void test_rows(void **state)
{
	(void)state;
	start(small());
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client c;
		client_open(&c, 65535);
		check(&c, i);
		check(&c, 0);
		client_close(&c);
	}
	stop();
}

static void test_many_at_once(void **state)
{
	struct client c;
	int32_t ids[8];
	(void)state;
	start(small());
	client_open(&c, 65535);
	client_turn(&c, PATIENCE_MS);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(ids); i++)
			ids[i] = ask(&c, i % 2 ? "/big" : "/x", NULL);
		client_finish(&c);
		for (size_t i = 0; i < COUNT(ids); i++) {
			assert_int_equal(of(&c, ids[i])->code, 0);
			assert_int_equal(of(&c, ids[i])->body.n, i % 2 ? 4 << 20 : 13);
		}
	}
	client_close(&c);
	stop();
}

/* What the handler does not read is not let in: one window, and not a byte more. */
static void test_slow_reader_slows_the_client(void **state)
{
	struct client c;
	size_t size = 512 * 1024;
	struct sent body = { calloc(1, size), size, 0 };
	(void)state;
	start(small());
	client_open(&c, 65535);
	int32_t id = ask(&c, "/slowly", &body);
	client_turn(&c, 20);
	client_turn(&c, 0);
	size_t lead = body.at;
	assert_in_range(lead, 16000, 3 * 65535);
	client_finish(&c);
	assert_int_equal(of(&c, id)->code, 0);
	assert_true(str_eq(buf_str(&of(&c, id)->body), S("524288")));
	client_close(&c);
	free((void *)body.p);
	stop();
}

/* Tiny windows: what is not taken in time is given up, and the fiber with it. */
static void test_client_does_not_read(void **state)
{
	struct client c;
	(void)state;
	struct http_limits l = small();
	l.io_ms = 200;
	start(l);
	client_open(&c, 1);
	int32_t id = ask(&c, "/big", NULL);
	client_finish(&c);
	assert_true(of(&c, id)->closed);
	assert_int_equal(of(&c, id)->code, NGHTTP2_INTERNAL_ERROR);
	for (int i = 0; i < 100 && !seen.finished; i++)
		sleep_a_while(10);
	assert_int_equal(seen.finished, 1);
	assert_int_equal(seen.failed, 1);
	client_close(&c);
	stop();
}

static void test_reset_cancels(void **state)
{
	struct client c;
	(void)state;
	start(small());
	client_open(&c, 65535);
	int32_t id = ask(&c, "/long", NULL);
	client_turn(&c, 100);
	for (int i = 0; i < 100 && !seen.running; i++)
		sleep_a_while(10);
	nghttp2_submit_rst_stream(c.session, 0, id, NGHTTP2_CANCEL);
	client_turn(&c, 50);
	for (int i = 0; i < 100 && !seen.finished; i++)
		sleep_a_while(10);
	assert_int_equal(seen.canceled, 1);
	check(&c, 0);
	ask(&c, "/long", NULL);
	client_turn(&c, 50);
	client_close(&c); /* so does the end of the connection */
	for (int i = 0; i < 100 && seen.finished < 3; i++)
		sleep_a_while(10);
	assert_int_equal(seen.canceled, 2);
	stop();
}

/* A reset stream counts until its fiber has returned. */
static void test_reset_streams_count(void **state)
{
	struct client c;
	(void)state;
	start(small());
	client_open(&c, 65535);
	client_turn(&c, PATIENCE_MS);
	for (int i = 0; i < 8; i++) {
		int32_t id = ask(&c, "/deaf", NULL);
		client_turn(&c, 5);
		nghttp2_submit_rst_stream(c.session, 0, id, NGHTTP2_CANCEL);
	}
	int32_t id = ask(&c, "/", NULL);
	client_finish(&c);
	assert_int_equal(of(&c, id)->code, NGHTTP2_REFUSED_STREAM);
	for (size_t i = 0; i < COUNT(gates); i++)
		wake(&gates[i]);
	for (int i = 0; i < 200 && seen.running; i++)
		sleep_a_while(10);
	check(&c, 0);
	client_close(&c);
	stop();
}

static void test_drain(void **state)
{
	struct client idle, busy;
	(void)state;
	start(small());
	client_open(&idle, 65535);
	client_open(&busy, 65535);
	check(&idle, 0);
	check(&busy, 0);
	int32_t id = ask(&busy, "/pause", NULL);
	client_turn(&busy, 20);
	on_loop(t.thread.loop, false, drain_server, NULL);
	while (!idle.ended && client_turn(&idle, PATIENCE_MS))
		;
	assert_true(idle.ended);
	assert_true(idle.goaway);
	assert_int_equal(idle.goaway_code, NGHTTP2_NO_ERROR);
	while (!busy.ended && client_turn(&busy, PATIENCE_MS))
		;
	assert_true(busy.ended);
	assert_int_equal(busy.goaways, 2); /* a warning, then the last stream */
	assert_int_equal(busy.last_id, id);
	assert_int_equal(of(&busy, id)->code, 0);
	assert_true(str_starts(buf_str(&of(&busy, id)->fields), S("200")));
	client_close(&idle);
	client_close(&busy);
	stop();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_slow_reader_slows_the_client),
		cmocka_unit_test(test_client_does_not_read),
		cmocka_unit_test(test_reset_cancels),
		cmocka_unit_test(test_reset_streams_count),
		cmocka_unit_test(test_drain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
