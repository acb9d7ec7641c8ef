/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of flow variables: an exchange over a real connection, before, after and in place of an answer.
 * Included once by a test program, after cmocka.
 * Source: flow/exchange.h. */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow/exchange.h"
#include "flow/snapshot.h"
#include "rt/sock.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct fixture {
	struct arena *arena;
	struct loop *loop;
	struct sock *sock;
	int client;
	struct http_call call;
	struct exchange x;
	struct proxy_endpoint endpoint;
	struct proxy *proxy;
	struct snapshot *snapshot;
	struct target_endpoint target;
	struct route_rule route;
};

struct template {
	str text;
};
str template_render(const struct template *t, struct scope *s, str *unresolved)
{
	(void)s, (void)unresolved;
	return t->text;
}

static inline struct value get(struct scope *s, const struct flowvar *v) { return vars_get((struct exchange *)s, v); }

/* A loopback connection, so that addresses are real. */
static inline void connect_pair(struct fixture *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int l = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(l, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&a, &n), 0);
	f->client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(f->client, (struct sockaddr *)&a, n), 0);
	f->sock = sock_accepted(f->loop, accept(l, NULL, NULL), NULL);
	close(l);
}

static inline struct message *a_request(struct arena *a)
{
	struct message *m = message_request(a, S("POST"), S("/vars/p/q"));
	m->query = S("a=1&a=2&b=x%20y&c&d+e=+&&=z");
	static const struct header headers[] = {
		{ S_INIT("Host"), S_INIT("acme-test.localhost:9001") },
		{ S_INIT("X-One"), S_INIT(" a, b") },
		{ S_INIT("x-one"), S_INIT("c") },
		{ S_INIT("Date"), S_INIT("Wed, 21 Aug 2013 19:16:47 GMT") },
		{ S_INIT("X-Empty"), S_INIT("") },
		{ S_INIT("X-Dot.2"), S_INIT("dotted") },
	};
	for (size_t i = 0; i < COUNT(headers); i++)
		headers_add(a, &m->headers, headers[i].name, headers[i].value);
	message_set_content(a, m, S("f=1&f=2&g=%21"), S("application/x-www-form-urlencoded; charset=UTF-8"));
	return m;
}

static inline struct value from_provider(struct exchange *x, const void *ctx, str name)
{
	(void)x;
	return str_eq(name, S("given.name")) ? VALUE_STR(*(const str *)ctx) : (struct value){ 0 };
}

static inline int setup(void **state)
{
	struct arena *arena = arena_create(0, 0);
	struct fixture *f = *state = arena_new(arena, struct fixture);
	f->arena = arena;
	f->loop = loop_create(4);
	connect_pair(f);
	struct arena *own = arena_create(0, 0);
	f->endpoint = (struct proxy_endpoint){ .ep.name = S("default"), .base_path = S("/vars") };
	f->proxy = arena_new(own, struct proxy);
	*f->proxy = (struct proxy){ .holders = 1, .arena = own, .name = S("vars"), .revision = S("1"),
		                    .endpoints = &f->endpoint, .n_endpoints = 1 };
	f->snapshot = snapshot_create(&(struct snapshot_parts){
		S("acme"), S("test"), &(struct snapshot_part){ .proxy = f->proxy }, 1 });
	f->target.ep.name = S("backend");
	f->target.props.copy_pathsuffix = f->target.props.copy_queryparams = true;
	f->route = (struct route_rule){ .name = S("go"), .kind = ROUTE_TARGET, .target = &f->target };
	f->call = (struct http_call){ .arena = arena, .loop = f->loop, .sock = f->sock, .request = a_request(arena),
		                      .received_start_ms = 1377112607123, .received_end_ms = 1377112607124 };
	f->x = (struct exchange){
		.scope = { arena, get }, .arena = arena, .call = &f->call, .loop = f->loop, .deadline = NEVER,
		.snapshot = f->snapshot, .proxy = f->proxy, .endpoint = &f->endpoint, .virtual_host = S("default"),
		.base_path = S("/vars"), .path_suffix = S("/p/q"), .request_path = S("/vars/p/q"),
		.request_query = S("a=1"), .flow_name = S("PreFlow"), .proxy_flow_name = S("PreFlow"),
		.message_id = S("m-1"), .request = f->call.request,
	};
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;
	snapshot_discard(&f->snapshot);
	proxy_release(f->proxy);
	sock_close(&f->sock);
	close(f->client);
	loop_destroy(&f->loop);
	struct arena *arena = f->arena;
	arena_destroy(&arena);
	return 0;
}

/* Now the target has answered. */
static inline void answer(struct fixture *f)
{
	struct exchange *x = &f->x;
	x->route = &f->route;
	x->target = &f->target;
	x->segment = SEG_PROXY_RESPONSE;
	assert_int_equal(uri_parse(S("http://backend.example:8080/up"), &x->target_uri).code, ERR_NONE);
	x->target_path = S("/up/p/q");
	x->target_query = S("a=1");
	x->target_sent_start_ms = 1377112607200;
	x->response = message_response(f->arena, 201);
	headers_add(f->arena, &x->response->headers, S("X-T"), S("t1,t2"));
	message_set_content(f->arena, x->response, S("from target"), S("text/plain"));
}

static inline void go_wrong(struct fixture *f)
{
	static const struct fault quota = { "policies.ratelimit.QuotaViolation", 429, "Rate limit quota violation." };
	f->x.in_error = true;
	f->x.error = message_response(f->arena, 429);
	message_set_content(f->arena, f->x.error, S("{}"), S("application/json"));
	assert_int_equal(fault_raise(&f->x, &quota), FAULT);
}

enum when { IN_REQUEST, IN_RESPONSE, IN_ERROR };

static inline void put_customs(struct fixture *f)
{
	struct exchange *x = &f->x;
	static const str provided = S_INIT("provided");
	vars_provide(x, S("given."), from_provider, &provided);
	assert_int_equal(vars_set_named(x, S("custom"), VALUE_STR(S("of my own"))).code, ERR_NONE);
	assert_int_equal(vars_set_named(x, S("custom.content"), VALUE_STR(S("no message"))).code, ERR_NONE);
	struct message *made = message_response(f->arena, 202);
	message_set_content(f->arena, made, S("{\"a\":1}"), S("application/json"));
	vars_set_message(x, S("made"), made);
	vars_set_message(x, S("my.made"), made);
	assert_ptr_equal(vars_message(x, S("made")), made);
	assert_ptr_equal(vars_message(x, S("request")), x->request);
	assert_null(vars_message(x, S("unmade")));
}
