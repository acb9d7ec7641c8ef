/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP core alone, to be measured beside other servers: an answer of 126 bytes from memory, or a
 * plain proxy.  Nothing here is a policy, a log or a count.
 * Source: docs/why/bodies.md; house (the bench).
 *
 *   http_bench HOST:PORT                     answers by itself
 *   http_bench HOST:PORT TARGETHOST:PORT     passes everything on
 *   http_bench HOST:PORT tls HOST:PORT CERTIFICATE.PEM KEY.PEM [inline]
 *                                            answers by itself on both; inline: handshakes on the loop */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "http/client.h"
#include "http/server.h"
#include "rt/tls.h"

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

static str read_file(struct arena *a, const char *path)
{
	static char bytes[65536];
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
	if (f)
		fclose(f);
	return str_dup(a, str_from(bytes, n));
}

static struct tls_context *secure(struct arena *a, char **argv, struct diag *d, int *fd)
{
	struct tls_context *t = NULL;
	struct tls_terms terms = { .cert_pem = read_file(a, argv[4]), .key_pem = read_file(a, argv[5]) };
	if (sock_listen(str_from_z(argv[3]), fd, d).code ||
	    tls_server_add(&t, &terms, &(struct strs){ 0 }, STR_NONE, d).code) {
		fprintf(stderr, "%.*s", STR(diag_text(a, d)));
		exit(2);
	}
	return t;
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
	struct http_server_conf conf = { .handle = argc == 3 ? proxy : echo, .limits = http_limits_default() };
	int fd, tls_fd;
	if (argc < 2 || sock_listen(str_from_z(argv[1]), &fd, &d).code) {
		fprintf(stderr, "usage: http_bench HOST:PORT [TARGETHOST:PORT]\n%.*s", STR(diag_text(a, &d)));
		return 2;
	}
	if (argc == 3) {
		str rest = str_from_z(argv[2]);
		target.host = str_cut(&rest, ':');
		target.port = (unsigned)strtoul(rest.p, NULL, 10);
		target.host_header = str_from_z(argv[2]);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, on_term);
	loop = loop_create(10000);
	if (http_server_accept(http_serve(loop, fd, NULL, &conf)).code)
		return 1;
	if (argc > 5) {
		if (argc == 6)
			offload_start(1);
		struct tls_context *t = secure(a, argv, &d, &tls_fd);
		if (http_server_accept(http_serve(loop, tls_fd, t, &conf)).code)
			return 1;
	}
	loop_run(loop);
	return 0;
}
