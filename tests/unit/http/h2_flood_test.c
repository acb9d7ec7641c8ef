/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 in raw frames: what no well-behaved client says, and floods of what any may say once.
 * Each ends in bounded time, and by what RFC 9113 says where it says it.
 * Source: RFC 9113 §4 to §8, §10.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/http/h2_server.h"

static const char hello[] = NGHTTP2_CLIENT_MAGIC "\0\0\0\4\0\0\0\0\0";
#define OVER "\0\0\6\1\5\0\0\0\1" "\x82\x86\x84\x41\1a" "\0\0\4\3\0\0\0\0\1" "\0\0\0\10" /* asked, and reset */
#define HELLO str_from(hello, sizeof hello - 1)

struct flood { const char *name; str first, frame; int times; };

/* Whether the connection is ended, whatever comes before that. */
static bool ends(int fd)
{
	char bytes[4096];
	ssize_t n;
	while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
		;
	return n == 0 || errno == ECONNRESET;
}

/* A frame again and again: the connection ends, and all of it in little time. */
static void test_floods(void **state)
{
	static const struct flood floods[] = {
		{ "PING", S_INIT(""), S_INIT("\0\0\10\6\0\0\0\0\0" "12345678"), 5000 },
		{ "SETTINGS", S_INIT(""), S_INIT("\0\0\0\4\0\0\0\0\0"), 5000 },
		{ "PRIORITY", S_INIT(""), S_INIT("\0\0\5\2\0\0\0\0\1" "\0\0\0\0\0"), 5000 },
		{ "WINDOW_UPDATE", S_INIT(""), S_INIT("\0\0\4\10\0\0\0\0\0" "\0\0\0\1"), 5000 },
		{ "unknown", S_INIT(""), S_INIT("\0\0\0\60\0\0\0\0\0"), 5000 },
		{ "DATA behind the end", S_INIT(OVER), S_INIT("\0\0\0\0\0\0\0\0\1"), 5000 },
		{ "heads behind the end", S_INIT(OVER), S_INIT("\0\0\1\1\5\0\0\0\1" "\x82"), 5000 },
	};
	(void)state;
	start(small());
	for (size_t i = 0; i < COUNT(floods); i++) {
		int fd = dial(t.port), sent = 0;
		assert_true(say(fd, HELLO) && say(fd, floods[i].first));
		while (sent < floods[i].times && say(fd, floods[i].frame))
			sent++;
		if (!ends(fd))
			fail_msg("%s: it goes on", floods[i].name);
		close(fd);
	}
	stop();
}

/* Streams opened and reset at once, by the client or, by a fault of its own, by us: it is sent away. */
static void test_rapid_reset(void **state)
{
	static const struct { const char *name; str frames; size_t second; } rows[] = { /* where the second frame is */
		{ "by the client", S_INIT("\0\0\6\1\5\0\0\0\0" "\x82\x86\x84\x41\1a" "\0\0\4\3\0\0\0\0\0" "\0\0\0\10"), 15 },
		{ "a window of 0", S_INIT("\0\0\6\1\5\0\0\0\0" "\x82\x86\x84\x41\1a" "\0\0\4\10\0\0\0\0\0" "\0\0\0\0"), 15 },
		{ "a window too large", S_INIT("\0\0\6\1\5\0\0\0\0" "\x82\x86\x84\x41\1a" "\0\0\4\10\0\0\0\0\0" "\x7f\xff\xff\xff"), 15 },
		{ "a malformed head", S_INIT("\0\0\13\1\5\0\0\0\0" "\x82\x86\x84\x41\1a" "\0\1X\1a"), 0 },
		{ "DATA behind END_STREAM", S_INIT("\0\0\6\1\5\0\0\0\0" "\x82\x86\x84\x41\1a" "\0\0\1\0\0\0\0\0\0" "x"), 15 },
	};
	(void)state;
	start(small());
	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = dial(t.port);
		unsigned char frames[64];
		bool taken = say(fd, HELLO);
		memcpy(frames, rows[i].frames.p, rows[i].frames.n);
		for (uint32_t id = 1; taken && id < 20000; id += 2) {
			uint32_t net = htonl(id);
			memcpy(frames + 5, &net, 4);
			memcpy(frames + rows[i].second + 5, &net, 4);
			taken = say(fd, str_from(frames, rows[i].frames.n));
		}
		if (!ends(fd))
			fail_msg("%s: it goes on", rows[i].name);
		close(fd);
	}
	stop();
}

/* A head in CONTINUATION frames without end, and one that stops in the middle. */
static void test_continuation(void **state)
{
	(void)state;
	struct http_limits l = small();
	l.head_ms = 200;
	start(l);
	int fd = dial(t.port);
	bool taken = say(fd, HELLO) && say(fd, S("\0\0\1\1\1\0\0\0\1\x82"));
	for (int i = 0; taken && i < 100000; i++)
		taken = say(fd, S("\0\0\0\11\0\0\0\0\1"));
	assert_true(ends(fd));
	close(fd);
	fd = dial(t.port);
	assert_true(say(fd, HELLO) && say(fd, S("\0\0\1\1\1\0\0\0\1\x82")));
	assert_true(ends(fd));
	close(fd);
	stop();
}

/* Reads until such a frame came; *code: of GOAWAY and RST_STREAM. */
static bool frame_came(int fd, unsigned type, unsigned stream, uint32_t *code)
{
	unsigned char head[9], payload[16384];
	while (recv(fd, head, 9, MSG_WAITALL) == 9) {
		ssize_t n = head[0] << 16 | head[1] << 8 | head[2];
		if (n > (ssize_t)sizeof payload || (n && recv(fd, payload, (size_t)n, MSG_WAITALL) != n))
			return false;
		if (head[3] == type && head[8] == stream) {
			if (code)
				memcpy(code, payload + (type == NGHTTP2_GOAWAY ? 4 : 0), sizeof *code), *code = ntohl(*code);
			return true;
		}
	}
	return false;
}

/* What nghttp2's client cannot be made to say. */
static void test_raw_heads(void **state)
{
	static const struct { str frames; unsigned type; uint32_t code; } raw[] = {
		/* a name in upper case: a stream error */
{ S_INIT("\0\0\13\1\5\0\0\0\1" "\x82\x86\x84\x41\1a" "\0\1X\1a"), NGHTTP2_RST_STREAM, NGHTTP2_PROTOCOL_ERROR },
		/* a name with a NUL, a value with one */
		{ S_INIT("\0\0\13\1\5\0\0\0\1" "\x82\x86\x84\x41\1a" "\0\1\0\1a"), NGHTTP2_RST_STREAM, NGHTTP2_PROTOCOL_ERROR },
		{ S_INIT("\0\0\13\1\5\0\0\0\1" "\x82\x86\x84\x41\1a" "\0\1x\1\0"), NGHTTP2_RST_STREAM, NGHTTP2_PROTOCOL_ERROR },
		/* DATA on a stream that is idle, an even stream, HEADERS inside a head: the connection ends */
		{ S_INIT("\0\0\1\0\0\0\0\0\1" "x"), NGHTTP2_GOAWAY, NGHTTP2_PROTOCOL_ERROR },
		{ S_INIT("\0\0\6\1\5\0\0\0\2" "\x82\x86\x84\x41\1a"), NGHTTP2_GOAWAY, NGHTTP2_PROTOCOL_ERROR },
		{ S_INIT("\0\0\1\1\0\0\0\0\1" "\x82" "\0\0\1\1\0\0\0\0\3" "\x82"), NGHTTP2_GOAWAY, NGHTTP2_PROTOCOL_ERROR },
		/* an index that the table has not, a frame that is too large, a window of 0 */
		{ S_INIT("\0\0\1\1\5\0\0\0\1" "\xff"), NGHTTP2_GOAWAY, NGHTTP2_COMPRESSION_ERROR },
		{ S_INIT("\1\0\0\1\5\0\0\0\1"), NGHTTP2_GOAWAY, NGHTTP2_FRAME_SIZE_ERROR },
		{ S_INIT("\0\0\4\10\0\0\0\0\0" "\0\0\0\0"), NGHTTP2_GOAWAY, NGHTTP2_PROTOCOL_ERROR },
	};
	(void)state;
	start(small());
	for (size_t i = 0; i < COUNT(raw); i++) {
		int fd = dial(t.port);
		uint32_t first = 0;
		assert_true(say(fd, HELLO) && say(fd, raw[i].frames));
		bool goaway = raw[i].type == NGHTTP2_GOAWAY;
		if (!frame_came(fd, raw[i].type, goaway ? 0 : 1, &first))
			fail_msg("raw %zu: not refused", i);
		if (first != raw[i].code)
			fail_msg("raw %zu: code %u", i, first);
		if (goaway && !closed_soon(fd))
			fail_msg("raw %zu: it goes on", i);
		close(fd);
	}
	stop();
}

/* HPACK bomb: one large value put into the table, then named over and over. */
static void test_hpack_bomb(void **state)
{
	enum { VALUE = 1500, MOST = 14000 };
	static const struct { size_t named; bool lives; } rows[] = { { 30, true }, { 150, true }, { 180, false }, { MOST, false } };
	(void)state;
	start(small());
	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = dial(t.port);
		unsigned char *f = calloc(1, 9 + 64 + VALUE + MOST), *p = f + 9;
		memcpy(p, "\x82\x86\x84\x41\1a\x40\1x\x7f\xdd\x0a", 12); /* x: 1500 bytes, indexed */
		p += 12;
		memset(p, 'v', VALUE);
		p += VALUE;
		memset(p, 0xbe, rows[i].named);
		p += rows[i].named;
		size_t n = (size_t)(p - f - 9);
		f[0] = (unsigned char)(n >> 16), f[1] = (unsigned char)(n >> 8), f[2] = (unsigned char)n;
		f[3] = 1, f[4] = 5, f[8] = 1;
		assert_true(say(fd, HELLO) && say(fd, str_from(f, n + 9)));
		assert_int_equal(frame_came(fd, NGHTTP2_HEADERS, 1, NULL), rows[i].lives); /* 431, and the connection goes on */
		if (rows[i].lives) {
			assert_true(say(fd, S("\0\0\10\6\0\0\0\0\0" "12345678")));
			assert_true(frame_came(fd, NGHTTP2_PING, 0, NULL));
		}
		close(fd);
		free(f);
	}
	stop();
}

/* The preface byte by byte; what begins like it and goes on as HTTP/1.1; a server that was not asked. */
static void test_preface(void **state)
{
	struct arena *a = arena_create(0, 0);
	(void)state;
	start(small());
	int fd = dial(t.port);
	for (size_t i = 0; i < HELLO.n; i++)
		assert_true(say(fd, str_sub(HELLO, i, i + 1)));
	char head[9];
	assert_int_equal(recv(fd, head, 9, MSG_WAITALL), 9);
	assert_int_equal(head[3], NGHTTP2_SETTINGS);
	close(fd);
	fd = dial(t.port);
	assert_true(say(fd, S("P")));
	sleep_a_while(20);
	assert_true(say(fd, S("ROPFIND /x HTTP/1.1\r\nHost: a\r\n\r\n")));
	assert_true(str_starts(hear(a, fd, 40).text, S("HTTP/1.1 200 OK")));
	close(fd);
	stop();
	start(small());
	t.conf.h2 = false;
	on_loop(t.thread.loop, false, close_server, NULL);
	on_loop(t.thread.loop, false, open_server, NULL);
	fd = dial(t.port);
	assert_true(say(fd, HELLO));
	assert_true(str_starts(hear(a, fd, 40).text, S("HTTP/1.1 400")));
	close(fd);
	stop();
	arena_destroy(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_rapid_reset),
		cmocka_unit_test(test_continuation),
		cmocka_unit_test(test_raw_heads),
		cmocka_unit_test(test_hpack_bomb),
		cmocka_unit_test(test_preface),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
