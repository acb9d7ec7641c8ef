/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine and the gateway around it cost a request, without sockets and without policies' own
 * work: nanoseconds from the server's call to the counters, for a null route, a proxied request, one
 * with two policies that read and strip a header, and the same with the access log.
 * Source: house ("budget"). */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "http/client.h"
#include "http/server.h"

static err bench_answer(struct http_call *, struct message *, deadline);
static err bench_fetch(struct arena *, const struct http_origin *, struct message *, const struct http_timeouts *,
                       deadline, struct message **, enum http_failure *);
#define http_answer bench_answer
#define http_fetch bench_fetch
#include "flow/call_target.c"
#include "flow/engine.c"
#include "gateway/serve.c"

enum { N = 200000, BEST_OF = 7 };

static err bench_answer(struct http_call *call, struct message *m, deadline until)
{
	(void)m, (void)until;
	call->answered = true;
	call->bytes_out = 200;
	return DONE;
}

static err bench_fetch(struct arena *a, const struct http_origin *origin, struct message *m,
                       const struct http_timeouts *limits, deadline until, struct message **response,
                       enum http_failure *why)
{
	(void)origin, (void)m, (void)limits, (void)until, (void)why;
	*response = message_response(a, 200);
	return DONE;
}

static struct flowvar *authorization;
static struct condition *when;

static struct value fact(struct exchange *x, const void *ctx, str name)
{
	(void)x, (void)ctx, (void)name;
	return (struct value){ 0 };
}

static enum verdict verify(const void *conf, struct exchange *x)
{
	(void)conf;
	if (!vars_text(x, authorization).n)
		return CONTINUE;
	vars_provide(x, S("oauthv2accesstoken.verify."), fact, x);
	return CONTINUE;
}

static enum verdict strip(const void *conf, struct exchange *x)
{
	(void)conf;
	headers_remove(&x->request->headers, S("Authorization"));
	return CONTINUE;
}

static const struct policy verify_policy = { .element = "V", .run = verify }, strip_policy = { .element = "S", .run = strip };

static struct flowvar *bind(struct binder *b, str name) { return flowvar_bind(b->arena, name); }

static struct proxy *proxy_at(struct arena *a, const char *base, bool target, bool policies)
{
	struct proxy *p = arena_new(a, struct proxy);
	struct proxy_endpoint *ep = arena_new(a, struct proxy_endpoint);
	struct target_endpoint *t = arena_new(a, struct target_endpoint);
	struct route_rule *r = arena_new(a, struct route_rule);
	struct step *steps = arena_array(a, struct step, 2);
	struct flow *flow = arena_new(a, struct flow);
	struct diag diag = { .arena = a };
	struct binder binder = { a, bind, &diag };
	*p = (struct proxy){ .holders = 1, .arena = a, .name = S("weatherapi"), .revision = S("1"), .endpoints = ep, .n_endpoints = 1 };
	ep->base_path = str_from_z(base);
	ep->ep.pre.name = S("PreFlow");
	ep->ep.post.name = S("PostFlow");
	steps[0] = (struct step){ .policy = &verify_policy, .name = S("verify"), .enabled = true };
	steps[1] = (struct step){ .policy = &strip_policy, .name = S("strip"), .enabled = true };
	if (policies) {
		ep->ep.pre.request = (struct steps){ steps, 2 };
		must(!condition_compile(&binder, S("proxy.pathsuffix MatchesPath \"/none\" and request.verb = \"PUT\""), 1, &when).code);
		*flow = (struct flow){ .name = S("f"), .when = when };
		ep->ep.flows = flow;
		ep->ep.n_flows = 1;
	}
	must(!template_compile(&binder, S("http://127.0.0.1:8888"), '{', '}', 1, (struct template **)&t->url).code);
	t->props.copy_pathsuffix = t->props.copy_queryparams = true;
	*r = (struct route_rule){ .name = S("r"), .kind = target ? ROUTE_TARGET : ROUTE_NULL, .target = t };
	ep->routes = r;
	ep->n_routes = 1;
	return p;
}

static void head(struct arena *a, struct message *m, const char *path)
{
	m->kind = MESSAGE_REQUEST;
	m->verb = S("GET");
	m->path = str_from_z(path);
	m->host = S("acme-test.localhost");
	m->version = 11;
	m->headers = (struct headers){ 0 };
	headers_add(a, &m->headers, S("Host"), S("acme-test.localhost:9001"));
	headers_add(a, &m->headers, S("Authorization"), S("Bearer kAbCdEfGhIjKlMnOpQrStUvWxYz0"));
	headers_add(a, &m->headers, S("Accept"), S("*/*"));
	headers_add(a, &m->headers, S("User-Agent"), S("bench"));
}

static void measure(struct port *port, const char *what, const char *path, bool log)
{
	struct arena *a = arena_create(8192, 1 << 20);
	double best = 1e9;
	size_t used = 0;
	int fd = port->loop->log.fd;
	port->loop->log.fd = log ? fd : -1;
	for (int round = 0; round < BEST_OF; round++) {
		int64_t from = clock_mono_ns();
		for (int i = 0; i < N; i++) {
			struct message m = { 0 };
			head(a, &m, path);
			struct http_call call = { .arena = a, .loop = port->loop->loop, .request = &m, .arg = port,
				                  .received_start_ms = 1377112607123 };
			gateway_serve(&call);
			used = arena_used(a);
			arena_reset(a);
			if (port->loop->log.filled > 100000)
				port->loop->log.filled = 0;
		}
		double ns = (double)(clock_mono_ns() - from) / N;
		best = ns < best ? ns : best;
	}
	port->loop->log.fd = fd;
	printf("%-32s %6.0f ns %6zu bytes\n", what, best, used);
	arena_destroy(&a);
}

static void *run(void *loop)
{
	loop_run(loop);
	return NULL;
}

int main(void)
{
	struct arena *a = arena_create(0, 0);
	struct loop *loop = loop_create(8);
	struct snapshot_part parts[] = { { .proxy = proxy_at(a, "/null", false, false) },
		                         { .proxy = proxy_at(a, "/plain", true, false) },
		                         { .proxy = proxy_at(a, "/weather", true, true) } };
	pthread_t thread;
	struct snapshot_slot *slot = snapshot_slot_create(&loop, 1);
	authorization = flowvar_bind(a, S("request.header.authorization"));
	pthread_create(&thread, NULL, run, loop);
	snapshot_publish(slot, snapshot_create(&(struct snapshot_parts){ S("acme"), S("test"), parts, 3 }));
	loop_stop(loop);
	pthread_join(thread, NULL);

	struct gateway_listener listener = { .name = S("default") };
	struct gateway g = { .conf = { .listeners = &listener, .n_listeners = 1 } };
	struct gateway_loop *l = arena_new(a, struct gateway_loop);
	struct hosts *hosts = hosts_create(1);
	hosts_add(hosts, 0, S("acme-test.localhost"), &(struct host){ S("acme"), S("test"), S("default"), slot });
	l->gateway = &g;
	l->loop = loop;
	l->message_id_n = (size_t)snprintf(l->message_id, sizeof l->message_id, "0123456789abcdef-aa-0");
	l->hosts = hosts;
	access_log_init(&l->log, a, open("/dev/null", O_WRONLY));
	struct port port = { .loop = l };
	measure(&port, "null route", "/null/x", false);
	measure(&port, "proxied", "/plain/x", false);
	measure(&port, "two policies, a flow, proxied", "/weather/mumbai/today", false);
	measure(&port, "the same, with the access log", "/weather/mumbai/today", true);
	return 0;
}
