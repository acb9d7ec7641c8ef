/* SPDX-License-Identifier: Apache-2.0 */
/* HealthMonitor: asks servers on the control loop and tells their balancer.
 * A check holds its proxy, so it may outlive the deployment; what it then learns is of no use and no harm.
 * Source: Apigee, "Load balancing across backend servers". */
#include "base/log.h"
#include "flow/balancer.h"
#include "gateway/inside.h"
#include "http/client.h"
#include "http/uri.h"

struct check {
	struct arena *arena;
	const struct gateway *gateway;
	const struct proxy *proxy; /* held */
	const struct balancer *balancer;
	struct balanced_server *server;
};

static bool answer_fits(const struct health_monitor *h, const struct message *m)
{
	const struct headers *wanted = &h->answer->headers;
	for (size_t i = 0; i < wanted->n; i++)
		if (!str_eq(headers_get(&m->headers, wanted->v[i].name), wanted->v[i].value))
			return false;
	return h->good.n ? codes_have(&h->good, m->status) : m->status / 100 == 2;
}

static struct message request_of(const struct check *c)
{
	const struct health_monitor *h = c->balancer->monitor;
	struct message m = *h->request;
	if (!h->includes_id)
		return m;
	m.headers = (struct headers){ 0 };
	for (size_t i = 0; i < h->request->headers.n; i++)
		headers_add(c->arena, &m.headers, h->request->headers.v[i].name,
		            h->request->headers.v[i].value);
	headers_set(c->arena, &m.headers, S("X-Apigee-Healthcheck-Id"),
	            str_fmt(c->arena, "%.*s/%.*s/%s/%lld", STR(c->proxy->organization),
	                    STR(c->proxy->environment), c->gateway->message_prefix,
	                    (long long)loop_utc_ms(loop_self())));
	return m;
}

static bool asks_well(const struct check *c, const struct uri *uri, unsigned port)
{
	const struct health_monitor *h = c->balancer->monitor;
	bool own = h->own_tls && uri->tls, tls = own || h->tls;
	struct tls_context *context = own ? c->server->tls : h->any_tls;
	struct http_origin origin = { .host = uri->host,
		                      .port = port,
		                      .h2 = c->server->h2 && port == uri->port };
	origin.times = (struct http_timeouts){ .connect_ms = h->connect_ms, .io_ms = h->io_ms };
	if (tls)
		origin.tls = context ? context : c->gateway->conf.client_tls;
	struct message m = request_of(c), *answer;
	enum http_failure why;
	deadline until = deadline_in(h->connect_ms + h->io_ms);
	return !http_fetch(c->arena, &origin, &m, until, &answer, &why).code &&
	       answer_fits(h, answer);
}

static bool connects(const struct check *c, const struct uri *uri, unsigned port)
{
	struct sock *s;
	deadline until = deadline_in(c->balancer->monitor->connect_ms);
	if (sock_connect(uri->host, port, NULL, false, until, &s).code)
		return false;
	sock_close(&s);
	return true;
}

static void run_check(void *arg)
{
	struct check *c = arg;
	struct arena *arena = c->arena;
	const struct proxy *proxy = c->proxy;
	const struct health_monitor *h = c->balancer->monitor;
	const struct uri *uri = &c->server->uri;
	bool well = false;
	if (str_given(uri->host)) {
		unsigned port = h->port ? h->port : uri->port;
		well = h->request ? asks_well(c, uri, port) : connects(c, uri, port);
	}
	bool was_in = !atomic_load_explicit(&c->server->out_until_ms, memory_order_relaxed);
	if (well)
		balancer_restored(c->server);
	else
		balancer_failed(c->balancer, c->server, loop_now_ms(loop_self()));
	if (was_in != !atomic_load_explicit(&c->server->out_until_ms, memory_order_relaxed))
		log_warn(well ? "target_server_back" : "target_server_out",
		         LOG_STR("env", proxy->environment), LOG_STR("proxy", proxy->name),
		         LOG_STR("server", c->server->name));
	c->server->being_checked = false;
	arena_destroy(&arena);
	proxy_release(proxy);
}

/* Before the last one ends none begins: an interval may be shorter than a server is waited for. */
static void start_check(const struct gateway *g, const struct proxy *p, const struct balancer *b,
                        struct balanced_server *s)
{
	if (s->being_checked)
		return;
	struct arena *arena = arena_create(0, 0);
	struct check *c = arena_new(arena, struct check);
	*c = (struct check){ arena, g, p, b, s };
	proxy_hold(p);
	s->being_checked = true;
	if (!fiber_start(g->conf.control, run_check, c).code)
		return;
	s->being_checked = false;
	proxy_release(p);
	arena_destroy(&arena);
}

/* Starts what is due; answers when the next is. */
static int64_t check_balancer(const struct gateway *g, const struct proxy *p, struct balancer *b)
{
	int64_t now = loop_now_ms(g->conf.control);
	if (now < b->next_check_ms)
		return b->next_check_ms;
	b->next_check_ms = now + b->monitor->interval_ms;
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].enabled && !b->v[i].fallback)
			start_check(g, p, b, &b->v[i]);
	return b->next_check_ms;
}

static int64_t check_proxy(const struct gateway *g, const struct proxy *p)
{
	int64_t next_ms = NEVER.mono_ms;
	for (size_t i = 0; p && i < p->monitored.n; i++) {
		struct balancer *b = p->monitored.v[i];
		if (!b->max_failures)
			continue; /* none is ever out */
		int64_t at = check_balancer(g, p, b);
		next_ms = at < next_ms ? at : next_ms;
	}
	return next_ms;
}

static void watch(struct gateway *g)
{
	while (!atomic_load(&g->stopping)) {
		int64_t next_ms = NEVER.mono_ms;
		VEC_EACH(struct environment_state *, e, &g->environments)
			for (size_t i = 0; i < (*e)->n_deployed; i++) {
				int64_t at = check_proxy(g, (*e)->deployed[i].proxy);
				next_ms = at < next_ms ? at : next_ms;
			}
		err e = wait_waker(&g->deployed_anew, (deadline){ next_ms });
		if (e.code == ERR_CANCELED && !atomic_load(&g->stopping))
			wait_end(&g->deployed_anew); /* the process ends: only the end is awaited */
	}
}

void gateway_watch_health(struct gateway *g) { gateway_in_fiber(g, watch, &g->watching); }
