/* SPDX-License-Identifier: Apache-2.0 */
/* Client and server together: a proxy before a server that sends back what it reads, plain and by TLS.
 * Megabytes go both ways, by length and chunked; every byte is looked at.
 * Source: http/server.h, http/client.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rt/tls.h"
#include "unit/http/loopback.h"

static struct loop_thread thread;

static void drop_pools(void *arg)
{
	(void)arg;
	http_pool_drain(thread.loop);
}

static struct http_origin behind;

static void pass_on(struct http_call *call)
{
	struct message *m;
	enum http_failure why;
	err e = http_fetch(call->arena, &behind, call->request, NEVER, &m, &why);
	if (e.code)
		m = message_response(call->arena, 502);
	e = http_answer(call, m, NEVER);
	(void)e;
}

/* Sends back what it read; what came chunked goes chunked, in pieces of an odd size. */
struct sliced {
	struct body_source source;
	str left;
};

static err sliced_read(struct body_source *source, str *piece, deadline until)
{
	struct sliced *s = (struct sliced *)source;
	(void)until;
	*piece = str_sub(s->left, 0, 31337);
	s->left = str_sub(s->left, piece->n, STR_NPOS);
	return DONE;
}
static const struct body_source_type sliced_type = { .read = sliced_read };

static void mirror(struct http_call *call)
{
	struct message *m = message_response(call->arena, 200);
	struct sliced *s = arena_new(call->arena, struct sliced);
	bool chunked = headers_have_token(&call->request->headers, S("Transfer-Encoding"), S("chunked"));
	s->source.type = &sliced_type;
	err e = message_content(call->arena, call->request, 16 << 20, NEVER, &s->left);
	m->body = (struct body){ .kind = BODY_BYTES, .bytes = s->left };
	if (chunked)
		m->body = (struct body){ .kind = BODY_STREAM, .source = &s->source, .length = -1 };
	if (!e.code)
		e = http_answer(call, m, NEVER);
	(void)e;
}

/* Sends back what it reads while it reads it. */
static void echo(struct http_call *call)
{
	struct message *m = message_response(call->arena, 200);
	m->body = call->request->body;
	err e = http_answer(call, m, NEVER);
	(void)e;
}

struct pair {
	void (*handle)(struct http_call *); /* of the one behind */
	int fds[2];
	struct tls_context *tls;
	struct http_server *servers[2];
};

static void open_pair(void *arg)
{
	struct pair *p = arg;
	struct http_server_conf conf = { .limits = http_limits_default() };
	for (int i = 0; i < 2; i++) {
		conf.handle = i ? p->handle : pass_on;
		if (http_server_accept(p->servers[i] = http_serve(thread.loop, p->fds[i], i ? p->tls : NULL, &conf)).code)
			abort();
	}
}

static void close_pair(void *arg)
{
	struct pair *p = arg;
	for (int i = 0; i < 2; i++)
		http_server_close(&p->servers[i]);
}

enum { LARGE = 8 << 20 };

static void *talk(void *arg)
{
	int fd = *(int *)arg;
	static char block[65536];
	for (int round = 0; round < 2; round++) {
		say(fd, round ? S("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
		              : S("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n"));
		for (int i = 0; i < LARGE / 65536; i++) {
			memset(block, 'a' + i % 26, sizeof block);
			if (round)
				say(fd, S("10000\r\n"));
			say(fd, str_from(block, sizeof block));
			if (round)
				say(fd, S("\r\n"));
		}
		if (round)
			say(fd, S("0\r\n\r\n"));
	}
	return NULL;
}

/* What a chunked or sized answer of LARGE bytes carries is the sequence that was sent. */
static void hear_sequence(FILE *in, bool chunked)
{
	char line[256];
	while (fgets(line, sizeof line, in) && line[0] != '\r')
		;
	for (size_t at = 0; at < LARGE || chunked;) {
		size_t n = LARGE;
		if (chunked) {
			assert_non_null(fgets(line, sizeof line, in));
			n = strtoul(line, NULL, 16);
		}
		for (size_t end = at + n; at < end; at++)
			if (getc(in) != 'a' + (int)(at / 65536 % 26))
				fail_msg("byte %zu is wrong", at);
		if (chunked)
			assert_non_null(fgets(line, sizeof line, in));
		if (chunked && n == 0)
			assert_int_equal(at, LARGE);
		if (n == 0)
			break;
	}
}

static void check_pair(bool tls, void (*handle)(struct http_call *))
{
	struct arena *a = arena_create(0, 0);
	struct diag d = { .arena = a };
	struct pair p = { .handle = handle };
	unsigned ports[2];
	str cert, key;
	for (int i = 0; i < 2; i++)
		p.fds[i] = listen_any(&ports[i]);
	behind = (struct http_origin){ .host = S("127.0.0.1"), .port = ports[1] };
	if (tls) {
		assert_int_equal(tls_self_signed(a, S("localhost"), 2, &cert, &key).code, 0);
		assert_int_equal(tls_server_add(&p.tls, &(struct tls_terms){ .cert_pem = cert, .key_pem = key },
			                                &(struct strs){ 0 }, S(""), &d).code, 0);
		assert_int_equal(tls_client(&(struct tls_terms){ .any = true }, &d, &behind.tls).code, 0);
	}
	loop_thread_start(&thread, 100);
	on_loop(thread.loop, false, open_pair, &p);
	int fd = dial(ports[0]);
	pthread_t talker;
	pthread_create(&talker, NULL, talk, &fd);
	FILE *in = fdopen(dup(fd), "r");
	hear_sequence(in, false);
	hear_sequence(in, true);
	fclose(in);
	pthread_join(talker, NULL);
	close(fd);
	on_loop(thread.loop, false, close_pair, &p);
	on_loop(thread.loop, false, drop_pools, NULL);
	loop_thread_end(&thread);
	for (int i = 0; i < 2; i++)
		close(p.fds[i]);
	tls_release(&p.tls);
	tls_release(&behind.tls);
	arena_destroy(&a);
}

static void proxied(void **state)
{
	(void)state;
	check_pair(false, mirror);
}

static void proxied_tls(void **state)
{
	(void)state;
	check_pair(true, mirror);
}

/* The answer begins with the first piece of the request: both go on at once, through both servers. */
static void echoed(void **state)
{
	(void)state;
	check_pair(false, echo);
}

static void echoed_tls(void **state)
{
	(void)state;
	check_pair(true, echo);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(proxied), cmocka_unit_test(proxied_tls),
		                            cmocka_unit_test(echoed), cmocka_unit_test(echoed_tls) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
