/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing the data plane.
 * Nothing is accepted before everything deployed has been loaded.
 * Source: house. */
#include "gateway/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/rand.h"
#include "gateway/inside.h"
#include "http/ban.h"
#include "http/client.h"

enum { DRAIN_LOOK_MS = 20, UNWIND_MS = 5000 };

/* The caller's arrays and texts end with his call. */
static void copy_conf(struct gateway *g, const struct gateway_conf *conf)
{
	struct loop **loops = arena_array(g->arena, struct loop *, conf->n_loops);
	struct gateway_listener *listeners =
		arena_array(g->arena, struct gateway_listener, conf->n_listeners);
	memcpy(loops, conf->loops, conf->n_loops * sizeof(struct loop *));
	for (size_t i = 0; i < conf->n_listeners; i++)
		listeners[i] =
			(struct gateway_listener){ str_dup(g->arena, conf->listeners[i].name),
			                           str_dup(g->arena, conf->listeners[i].address),
			                           conf->listeners[i].fd, conf->listeners[i].tls };
	g->conf = *conf;
	g->conf.loops = loops;
	g->conf.listeners = listeners;
	g->conf.access_log = str_dup(g->arena, conf->access_log);
}

static struct gateway *make(const struct gateway_conf *conf)
{
	struct arena *arena = arena_create(0, 0);
	struct gateway *g = arena_new(arena, struct gateway);
	g->arena = arena;
	copy_conf(g, conf);
	g->loops = arena_array(arena, struct gateway_loop, conf->n_loops);
	g->listening = arena_array(arena, struct listening, conf->n_listeners);
	for (size_t k = 0; k < conf->n_listeners; k++)
		g->listening[k] =
			(struct listening){ conf->listeners[k].fd > 0 ? conf->listeners[k].fd : -1,
			                    arena_array(arena, struct http_server *,
			                                conf->n_loops) };
	uint64_t start;
	rand_bytes(&start, sizeof start);
	snprintf(g->message_prefix, sizeof g->message_prefix, "%016llx-",
	         (unsigned long long)start);
	for (size_t i = 0; i < conf->n_loops; i++) {
		g->loops[i].gateway = g;
		g->loops[i].index = i;
		g->loops[i].loop = conf->loops[i];
		g->loops[i].log.fd = -1;
		g->loops[i].message_id_n = (size_t)snprintf(
			g->loops[i].message_id, sizeof g->loops[i].message_id, "%s%c%c-0",
			g->message_prefix, (char)('a' + i % 26), (char)('a' + i / 26 % 26));
		g->loops[i].ports = arena_array(arena, struct port, conf->n_listeners);
		for (size_t k = 0; k < conf->n_listeners; k++)
			g->loops[i].ports[k] = (struct port){ .loop = &g->loops[i], .listener = k };
	}
	if (conf->flood_ban_ms)
		g->ban = ban_make(g->arena, conf->flood_ban_ms);
	metric_names_init(g);
	return g;
}

/* ---- opening ---- */

static err open_log(struct gateway *g, struct diag *diag)
{
	str path = g->conf.access_log;
	g->log_fd = -1;
	if (!path.n)
		return DONE;
	g->log_fd = open(str_z(g->arena, path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (g->log_fd < 0)
		return diag_add(diag, ERR_IO, 0, "cannot open the access log %.*s: %s", STR(path),
		                strerrordesc_np(errno));
	return DONE;
}

static void start_log(struct gateway_loop *l)
{
	if (access_log_start(&l->log, l->loop).code)
		l->log.fd =
			-1; /* no fiber to be had at the very start: the loop has other troubles */
}

static err open_all(struct gateway *g, struct diag *diag)
{
	TRY(open_log(g, diag));
	for (size_t i = 0; i < g->conf.n_loops; i++)
		access_log_init(&g->loops[i].log, g->arena, g->log_fd, &g->log_failing);
	gateway_attach(g);
	err e = gateway_load(g);
	if (e.code)
		return diag_add(diag, e.code, 0, "cannot load what is deployed: %s",
		                err_word(e.code));
	TRY(gateway_listen(g, diag));
	gateway_each_loop(g, start_log);
	gateway_follow(g);
	return DONE;
}

err gateway_open(const struct gateway_conf *conf, struct diag *diag, struct gateway **out)
{
	*out = make(conf);
	return open_all(*out, diag);
}

/* ---- changes ---- */

static void use_tls(struct gateway_loop *l)
{
	struct http_server *s = l->ports[l->gateway->tls_listener].server;
	if (s)
		http_server_use_tls(s, l->gateway->tls_next);
}

void gateway_use_tls(struct gateway *g, str listener, struct tls_context *tls)
{
	for (size_t i = 0; i < g->conf.n_listeners; i++)
		if (str_eq(g->conf.listeners[i].name, listener)) {
			g->tls_listener = i;
			g->tls_next = tls;
			gateway_each_loop(g, use_tls);
		}
}

bool gateway_has_log(const struct gateway *g) { return g->log_fd >= 0; }

/* Under the number that the writers know: a line goes to the one or the other, whole. */
void gateway_use_log(struct gateway *g, int fd)
{
	must(g->log_fd >= 0 && dup3(fd, g->log_fd, O_CLOEXEC) >= 0);
	close(fd);
}

static void forget_targets(struct gateway_loop *l) { http_pool_drain(l->loop); }
void gateway_forget_targets(struct gateway *g) { gateway_each_loop(g, forget_targets); }

/* ---- the end ---- */

static void look_idle(struct gateway_loop *l)
{
	for (size_t i = 0; i < l->gateway->conf.n_listeners; i++)
		if (l->ports[i].server && !http_server_idle(l->ports[i].server))
			atomic_store(&l->gateway->busy, true);
}

static void close_servers(struct gateway_loop *l)
{
	for (size_t i = 0; i < l->gateway->conf.n_listeners; i++)
		http_server_close(&l->ports[i].server);
}

/* The last of this loop: nobody needs its targets' connections any more. */
static void end_loop(struct gateway_loop *l)
{
	http_pool_drain(l->loop);
	access_log_stop(&l->log, &l->log_done);
}

bool gateway_is_idle(struct gateway *g)
{
	atomic_store(&g->busy, false);
	gateway_each_loop(g, look_idle);
	return !atomic_load(&g->busy);
}

static void wait_while_active(struct gateway *g, deadline until)
{
	while (gateway_totals(g).active && !deadline_passed(until))
		if (wait_until(deadline_in(DRAIN_LOOK_MS)).code)
			return;
}

static void drain(struct gateway *g)
{
	gateway_rest(g);
	gateway_unlisten(g);
	while (!gateway_is_idle(g) && !deadline_passed(g->drain_until))
		if (wait_until(deadline_in(DRAIN_LOOK_MS)).code)
			break;
	gateway_each_loop(g, close_servers);
	wait_while_active(g, deadline_in(UNWIND_MS));
	gateway_each_loop(g, end_loop);
	for (size_t i = 0; i < g->conf.n_loops; i++)
		wait_end(&g->loops[i].log_done);
}

void gateway_drain(struct gateway *g, deadline until)
{
	struct fiber_job job;
	g->drain_until = until;
	gateway_in_fiber(g, drain, &job);
	wait_end(&job.done);
	gateway_unfollow(g);
}

void gateway_close(struct gateway **gp)
{
	struct gateway *g = *gp;
	*gp = NULL;
	if (!g)
		return;
	gateway_forget(g);
	if (g->log_fd >= 0)
		close(g->log_fd);
	struct arena *arena = g->arena;
	arena_destroy(&arena);
}
