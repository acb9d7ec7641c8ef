/* SPDX-License-Identifier: Apache-2.0 */
/* Loops, threads, servers: `workers` loops for the data plane, one for management and what is done now
 * and then.
 * The calling thread runs no loop: it starts, waits for a signal, and stops the others.
 * Source: house ("waiting"). */
#include "main/node.h"

#include <sched.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/mocktarget.h"
#include "gateway/gateway.h"
#include "http/client.h"
#include "main/handover.h"
#include "main/health.h"
#include "main/operator.h"
#include "main/purge.h"
#include "main/runner.h"
#include "policy/counters.h"
#include "rt/tls.h"

/* A call that waits its turn for the store is a fiber: so many may, 12 KiB each, and the next are told to come
 * again.  No more than the store_read lane's queue holds. */
enum { CONTROL_FIBERS = 4000, PAUSE_MS = 20 };

struct served {
	struct http_server *server;
	int fd; /* -1: closed */
};

struct node {
	struct node_conf conf;
	struct operator operator;
	struct runner *workers, control;
	struct loop **loops; /* of the workers */
	size_t n_workers;
	struct gateway *gateway;
	struct health health;
	struct tls_context *client_tls;
	struct listeners *listeners;
	struct served served[LISTENERS]; /* the control loop's; NULL and -1 for the gateway's own */
	struct purge purge;
	struct watch signals;
	struct waker signaled;
};

static void on_control(struct node *n, void (*fn)(void *)) { runner_do(&n->control, fn, n); }

static size_t cores(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) ? 1 : (size_t)CPU_COUNT(&set);
}

/* Requests to the APIs come first; to sign for one login takes as long as 20 of them. */
static void cut_in(void *unused)
{
	(void)unused;
	thread_cut_in();
}

static void stand_back(void *unused)
{
	(void)unused;
	thread_stand_back(0);
}

static void start_loops(struct arena *a, struct node *n)
{
	const struct settings *s = n->conf.settings;
	n->n_workers = s->workers ? (size_t)s->workers : cores();
	n->workers = arena_array(a, struct runner, n->n_workers);
	n->loops = arena_array(a, struct loop *, n->n_workers);
	size_t each = ((size_t)s->max_exchanges + n->n_workers - 1) / n->n_workers;
	for (size_t i = 0; i < n->n_workers; i++) {
		runner_start(&n->workers[i], (unsigned)each);
		runner_do(&n->workers[i], cut_in, NULL);
		n->loops[i] = n->workers[i].loop;
	}
	runner_start(&n->control, CONTROL_FIBERS);
	runner_do(&n->control, stand_back, NULL);
}

/* ---- what the control loop serves ---- */
static void serve(struct node *n, enum listener which, struct tls_context *tls,
                  const struct http_server_conf *conf)
{
	struct served *s = &n->served[which];
	s->fd = listener_take(n->listeners, which);
	if (s->fd < 0)
		return;
	s->server = http_serve(n->control.loop, s->fd, tls, conf);
	must(!http_server_accept(s->server).code);
}

static void serve_control(struct node *n)
{
	struct http_server_conf management = {
		.handle = management_serve,
		.error_body = management_error_body,
		.arg = n->conf.management,
		.limits = http_limits_default(),
	};
	struct http_server_conf sso = {
		.handle = sso_serve,
		.error_body = sso_error_body,
		.arg = n->conf.sso,
		.limits = http_limits_default(),
	};
	struct http_server_conf mocktarget = { .handle = mocktarget_handle,
		                               .limits = http_limits_default() };
	serve(n, LISTEN_MANAGEMENT, NULL, &management);
	serve(n, LISTEN_SSO, n->conf.sso_tls, &sso);
	serve(n, LISTEN_MOCKTARGET, NULL, &mocktarget);
	if (counters_start(n->conf.services->counters, n->control.loop).code)
		log_error("quotas_not_kept");
}

/* Whoever connects from now on is refused at once. */
static void stop_accepting(struct served *s)
{
	if (!s->server || s->fd < 0)
		return;
	http_server_drain(s->server);
	close(s->fd);
	s->fd = -1;
}

static void drain_control(struct node *n)
{
	n->purge.stop = true;
	n->health.gateway = NULL; /* its loops end soon: nobody asks them any more */
	for (size_t i = 0; i < LISTENERS; i++)
		stop_accepting(&n->served[i]);
}

static void close_control(void *arg)
{
	struct node *n = arg;
	drain_control(n);
	operator_stop(&n->operator);
	watch_remove(&n->signals);
	for (size_t i = 0; i < LISTENERS; i++)
		http_server_close(&n->served[i].server);
	http_pool_drain(n->control.loop);
	counters_stop(n->conf.services->counters);
	fibers_cancel(n->control.loop);
	http_pool_drain(n->control.loop);
}

static void start_changes(struct node *n)
{
	n->conf.reload->sso = n->served[LISTEN_SSO].server;
	reload_start(n->conf.reload, n->control.loop, n->gateway);
	handover_start(n->conf.handover, n->control.loop, n);
	n->operator=(struct operator){ .data = n->conf.data, .sso = n->conf.sso };
	operator_start(&n->operator, n->control.loop);
}

static void begin_control(void *arg)
{
	struct node *n = arg;
	serve_control(n);
	purge_start(&n->purge, n->control.loop);
	start_changes(n);
}

/* ---- the data plane ---- */
static struct gateway_listener listener_of(struct arena *a, struct node *n, enum listener which,
                                           const char *virtual_host, struct tls_context *tls)
{
	return (struct gateway_listener){ .name = str_from_z(virtual_host),
		                          .tls = tls,
		                          .address = listener_here(a, n->listeners, which),
		                          .fd = listener_take(n->listeners, which) };
}

static err open_gateway(struct arena *a, struct node *n, struct diag *d)
{
	struct gateway_listener listeners[] = {
		listener_of(a, n, LISTEN_DEFAULT, "default", NULL),
		listener_of(a, n, LISTEN_SECURE, "secure", n->conf.secure),
	};
	struct gateway_conf conf = {
		.loops = n->loops,
		.n_loops = n->n_workers,
		.control = n->control.loop,
		.listeners = listeners,
		.n_listeners = 2,
		.store = n->conf.services->store,
		.services = n->conf.services,
		.find_policy = n->conf.management->policy_find,
		.client_tls = n->client_tls,
		.limits = http_limits_default(),
		.access_log = n->conf.access_log,
		.h2 = n->conf.settings->http2,
		.flood_ban_ms = n->conf.settings->flood_ban_s * 1000,
	};
	return gateway_open(&conf, d, &n->gateway);
}

err node_start(struct arena *a, const struct node_conf *conf, struct listeners *listeners,
               struct diag *d, struct node **out)
{
	struct node *n = arena_new(a, struct node);
	*n = (struct node){ .conf = *conf,
		            .listeners = listeners,
		            .health.store = conf->services->store,
		            .purge = { .store = conf->services->store,
		                       .sso = conf->sso,
		                       .audit_keep_days = conf->settings->audit_keep_days } };
	conf->management->operations =
		health_operations(&n->health, conf->settings->metrics_public);
	*out = n;
	TRY(tls_client(&(struct tls_terms){ 0 }, d, &n->client_tls));
	start_loops(a, n);
	TRY(open_gateway(a, n, d));
	n->health.gateway = n->gateway;
	on_control(n, begin_control);
	return DONE;
}

struct drain { /* of the control loop, in a fiber of it */
	struct node *node;
	deadline until;
	struct waker done;
};

static bool control_is_idle(const struct node *n)
{
	for (size_t i = 0; i < LISTENERS; i++)
		if (n->served[i].server && !http_server_idle(n->served[i].server))
			return false;
	return true;
}

static void drain_fiber(void *arg)
{
	struct drain *d = arg;
	struct node *n = d->node;
	drain_control(n);
	while (!control_is_idle(n) && !deadline_passed(d->until))
		if (wait_until(deadline_min(d->until, deadline_in(PAUSE_MS))).code)
			break;
	wake(&d->done);
}

static void drain_start(void *arg)
{
	struct drain *d = arg;
	if (fiber_start(d->node->control.loop, drain_fiber, d)
	            .code) { /* as full as can be: no waiting */
		drain_control(d->node);
		wake(&d->done);
	}
}

static void say_last(void *arg)
{
	struct node *n = arg;
	for (size_t i = 0; i < LISTENERS; i++)
		if (n->served[i].server)
			http_server_say_last(n->served[i].server);
}

/* The gateway first: until it is done, management answers what it is asked, and /readyz says why no more
 * requests should come. */
static void drain(struct node *n, deadline until)
{
	struct drain d = { .node = n, .until = until };
	atomic_store(&n->health.draining, true);
	handover_stop(n->conf.handover);
	reload_stop(n->conf.reload);
	on_control(n, say_last);
	gateway_drain(n->gateway, until);
	loop_post(n->control.loop, drain_start, &d);
	wait_end(&d.done);
}

static void signal_came(struct watch *w, unsigned ready)
{
	struct node *n = (struct node *)((char *)w - offsetof(struct node, signals));
	if (!(ready & READY_READ))
		return;
	atomic_store(&n->health.draining, true); /* the next look at /readyz sees it, */
	say_last(n);                             /* and is the last on its connection */
	wake(&n->signaled);
}

static void watch_signals(void *arg)
{
	struct node *n = arg;
	n->signals.fn = signal_came;
	must(!watch_add(n->control.loop, &n->signals).code);
}

void node_wait(struct node *n, int signals)
{
	n->signals.fd = signals;
	on_control(n, watch_signals);
	wait_end(&n->signaled);
}

void node_end(struct node *n) { wake(&n->signaled); }

/* ---- a hand-over ---- */

int node_socket(const struct node *n, enum listener which)
{
	if (which == LISTEN_DEFAULT)
		return gateway_socket(n->gateway, S("default"));
	if (which == LISTEN_SECURE)
		return gateway_socket(n->gateway, S("secure"));
	return n->served[which].fd;
}

void node_rest(struct node *n)
{
	gateway_rest(n->gateway);
	for (size_t i = 0; i < LISTENERS; i++)
		if (n->served[i].server)
			http_server_drain(n->served[i].server);
}

void node_accept(struct node *n)
{
	gateway_accept(n->gateway);
	for (size_t i = 0; i < LISTENERS; i++)
		if (n->served[i].server && http_server_accept(n->served[i].server).code)
			log_error("not_accepting");
}

bool node_is_idle(struct node *n) { return control_is_idle(n) && gateway_is_idle(n->gateway); }

void node_stop(struct node **node, int64_t drain_ms)
{
	struct node *n = *node;
	*node = NULL;
	if (!n)
		return;
	if (n->gateway)
		drain(n, deadline_in(drain_ms));
	if (n->control.running)
		on_control(n, close_control);
	for (size_t i = 0; i < n->n_workers; i++)
		runner_stop(&n->workers[i]);
	runner_stop(&n->control);
	gateway_close(&n->gateway);
	for (size_t i = 0; i < n->n_workers; i++)
		loop_destroy(&n->workers[i].loop);
	loop_destroy(&n->control.loop);
	tls_release(&n->client_tls);
}
