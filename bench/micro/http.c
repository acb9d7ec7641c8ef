/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP core alone, to be measured beside other servers: an answer of 126 bytes from memory, or a
 * plain proxy.  Nothing here is a policy, a log or a count.
 * Source: docs/why/bodies.md; house (the bench).
 *
 *   http_bench HOST:PORT                     answers by itself
 *   http_bench HOST:PORT TARGETHOST:PORT     passes everything on                            */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "http/client.h"
#include "http/server.h"

static struct http_origin target;

static void echo(struct http_call *call)
{
	static const char text[] = "{\"message\":\"from memory, in one write\",\"padding\":\""
	                           "01234567890123456789012345678901234567890123456789012345678901234567890123\"}";
	struct message *m = message_response(call->arena, 200);
	m->body = (struct body){ .kind = BODY_BYTES, .bytes = str_from(text, sizeof text - 1) };
	headers_add(call->arena, &m->headers, S("Content-Type"), S("application/json"));
	err e = http_answer(call, m, NEVER);
	(void)e;
}

static void proxy(struct http_call *call)
{
	struct message *m;
	enum http_failure why;
	err e = http_fetch(call->arena, &target, call->request, NEVER, &m, &why);
	if (e.code)
		m = message_response(call->arena, e.code == ERR_TIMEOUT ? 504 : 502);
	e = http_answer(call, m, NEVER);
	(void)e;
}

static struct loop *loop;
static void on_term(int sig)
{
	(void)sig;
	_exit(0);
}

int main(int argc, char **argv)
{
	struct arena *a = arena_create(0, 0);
	struct diag d = { .arena = a };
	struct http_server_conf conf = { .handle = argc > 2 ? proxy : echo, .limits = http_limits_default() };
	struct http_server *server;
	int fd;
	if (argc < 2 || sock_listen(str_from_z(argv[1]), &fd, &d).code) {
		fprintf(stderr, "usage: http_bench HOST:PORT [TARGETHOST:PORT]\n%.*s", STR(diag_text(a, &d)));
		return 2;
	}
	if (argc > 2) {
		str rest = str_from_z(argv[2]);
		target.host = str_cut(&rest, ':');
		target.port = (unsigned)strtoul(rest.p, NULL, 10);
		target.host_header = str_from_z(argv[2]);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_term);
	loop = loop_create(10000);
	if (http_serve(loop, fd, NULL, &conf, &server).code)
		return 1;
	loop_run(loop);
	return 0;
}
