/* SPDX-License-Identifier: Apache-2.0 */
/* The mock target: a row a path.
 * Every answer is made from the request alone; what is echoed is escaped.
 * Source: mocktarget.apigee.net/help. */
#include "cli/mocktarget.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/verb.h"
#include "codec/form.h"
#include "codec/json.h"
#include "http/client.h"

enum { BODY_MAX = 10 << 20 };

static struct message *answer(struct http_call *call, unsigned status, str type, str bytes)
{
	struct message *m = message_response(call->arena, status);
	message_set_content(call->arena, m, bytes, type);
	return m;
}

static struct message *hello(struct http_call *call)
{
	return answer(call, 200, S("text/plain"), S("Hello, Guest!"));
}

static struct message *user(struct http_call *call)
{
	struct pairs query = { 0 };
	str name = S("Guest");
	if (!form_read(call->arena, call->request->query, &query).code &&
	    form_get(&query, S("user")).n)
		name = form_get(&query, S("user"));
	return answer(call, 200, S("text/plain"), str_fmt(call->arena, "Hello, %.*s!", STR(name)));
}

static struct message *iloveapis(struct http_call *call)
{
	return answer(call, 200, S("text/html"), S("<H2>I <3 APIs</H2>"));
}

static struct message *json(struct http_call *call)
{
	return answer(call, 200, S("application/json"),
	              S("{\"firstName\":\"John\",\"lastName\":\"Doe\",\"city\":\"San "
	                "Jose\",\"state\":\"CA\"}"));
}

static struct message *xml(struct http_call *call)
{
	return answer(
		call, 200, S("application/xml"),
		S("<?xml version=\"1.0\" encoding=\"UTF-8\"?> <root><city>San Jose</city>"
	          "<firstName>John</firstName><lastName>Doe</lastName><state>CA</state></root>"));
}

static struct message *ip(struct http_call *call)
{
	return answer(call, 200, S("application/json"),
	              str_fmt(call->arena, "{\"ip\":\"%.*s\"}", STR(sock_peer_ip(call->sock))));
}

static struct message *auth(struct http_call *call)
{
	if (str_given(headers_get(&call->request->headers, S("authorization"))))
		return answer(call, 200, S("text/plain"), S("You sent an Authorization header"));
	struct message *m = answer(call, 401, S("text/plain"), S("No Authorization header"));
	headers_add(call->arena, &m->headers, S("WWW-Authenticate"),
	            S("Basic realm=\"mocktarget\""));
	return m;
}

static struct message *statuscode(struct http_call *call)
{
	uint64_t status;
	str last = str_sub(call->request->path, sizeof "/statuscode/" - 1, STR_NPOS);
	if (!str_to_u64(last, &status) || status < 200 || status > 999)
		return answer(call, 400, S("text/plain"),
		              S("A status code is a number from 200 to 999"));
	return answer(call, (unsigned)status, S("text/plain"), last);
}

static void echo_pairs(struct json_writer *w, struct pair *v, size_t n)
{
	json_open(w, '{');
	for (size_t i = 0; i < n; i++) {
		json_key(w, v[i].name);
		json_str(w, v[i].value);
	}
	json_close(w, '}');
}

static struct message *echo(struct http_call *call)
{
	struct message *q = call->request;
	struct buf b = buf_in(call->arena);
	struct json_writer w = json_to(&b, false);
	struct pairs args = { 0 };
	str content = S("");
	if (message_content(call->arena, q, BODY_MAX, deadline_in(30000), &content).code ||
	    form_read(call->arena, q->query, &args).code)
		return answer(call, 413, S("text/plain"), S("Too large to echo"));
	json_open(&w, '{');
	json_key(&w, S("headers"));
	json_open(&w, '{');
	for (size_t i = 0; i < q->headers.n; i++) {
		json_key(&w, str_lower(call->arena, q->headers.v[i].name));
		json_str(&w, q->headers.v[i].value);
	}
	json_close(&w, '}');
	json_key(&w, S("method"));
	json_str(&w, q->verb);
	json_key(&w, S("url"));
	json_str(&w, q->path);
	json_key(&w, S("args"));
	echo_pairs(&w, args.v, args.n);
	json_key(&w, S("body"));
	json_str(&w, content);
	json_close(&w, '}');
	return answer(call, 200, S("application/json"), buf_str(&b));
}

static struct message *help(struct http_call *call);

static const struct {
	str path;
	bool prefix;
	struct message *(*answer)(struct http_call *);
	const char *what;
} paths[] = {
	{ S_INIT("/"), false, hello, "a greeting" },
	{ S_INIT("/help"), false, help, "this list" },
	{ S_INIT("/user"), false, user, "greets ?user=" },
	{ S_INIT("/iloveapis"), false, iloveapis, "some HTML" },
	{ S_INIT("/ip"), false, ip, "your address" },
	{ S_INIT("/xml"), false, xml, "an XML document" },
	{ S_INIT("/json"), false, json, "a JSON document" },
	{ S_INIT("/echo"), true, echo, "what you sent" },
	{ S_INIT("/auth"), false, auth, "401 without an Authorization header" },
	{ S_INIT("/statuscode/"), true, statuscode, "the status you name" },
};

static struct message *help(struct http_call *call)
{
	struct buf b = buf_in(call->arena);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		buf_fmt(&b, "%-14.*s %s\n", STR(paths[i].path), paths[i].what);
	return answer(call, 200, S("text/plain"), buf_str(&b));
}

void mocktarget_handle(struct http_call *call)
{
	struct message *m = NULL;
	str path = call->request->path;
	for (size_t i = 0; !m && i < sizeof paths / sizeof *paths; i++)
		if (str_eq(path, paths[i].path) ||
		    (paths[i].prefix && str_starts(path, paths[i].path)))
			m = paths[i].answer(call);
	if (!m)
		m = answer(call, 404, S("text/plain"), S("Not found; see /help\n"));
	if (http_answer(call, m, deadline_in(30000)).code)
		return; /* the client has gone */
}

struct mocktarget_options {
	str listen;
};

static const struct field options[] = {
	FIELD(mocktarget_options, listen, "listen", T_STR, .dflt = "127.0.0.1:8888",
	      .doc = "HOST:PORT\tWhere to listen (127.0.0.1:8888)"),
	FIELDS_END,
};

static void stop(struct watch *w, unsigned ready)
{
	(void)ready;
	loop_stop(w->loop);
}

static enum exit_code run(struct arena *a, const struct verb_env *env, const void *opts,
                          struct strs operands)
{
	const struct mocktarget_options *o = opts;
	struct diag d = { .arena = a };
	struct http_server_conf conf = { .handle = mocktarget_handle,
		                         .limits = http_limits_default() };
	int fd;
	(void)env, (void)operands;
	if (sock_listen(o->listen, &fd, &d).code)
		return verb_findings(&d);
	struct loop *loop = loop_create(1000);
	struct watch signals = { .fd = verb_signals(), .fn = stop };
	must(!watch_add(loop, &signals).code);
	struct http_server *server = http_serve(loop, fd, NULL, &conf);
	if (http_server_accept(server).code)
		return verb_failed("cannot serve on %.*s", STR(o->listen));
	str host = str_sub(o->listen, 0, str_rfind_char(o->listen, ':'));
	printf("mocktarget ready on http://%.*s:%u\n", STR(host), sock_listen_port(fd));
	fflush(stdout);
	loop_run(loop);
	http_pool_drain(loop);
	http_server_close(&server);
	watch_remove(&signals);
	close(signals.fd);
	close(fd);
	loop_destroy(&loop);
	return EXIT_OK;
}

const struct verb verb_mocktarget = {
	.name = "mocktarget",
	.operands = "",
	.summary = "Run the small HTTP target that the samples call",
	.options = options,
	.options_size = sizeof(struct mocktarget_options),
	.run = run,
};
