/* SPDX-License-Identifier: Apache-2.0 */
/* Listening: one socket per listener, and on it a server per loop.
 * A server is made, drained and closed on its loop's thread.
 * Source: house ("accept"). */
#include <unistd.h>

#include "gateway/inside.h"

static void make_servers(struct gateway_loop *l)
{
	const struct gateway_conf *conf = &l->gateway->conf;
	struct http_server_conf server = {
		.handle = gateway_serve,
		.error_body = gateway_error_body,
		.limits = conf->limits,
		.h2 = conf->h2,
		.ban = l->gateway->ban,
	};
	for (size_t k = 0; k < conf->n_listeners; k++) {
		struct listening *at = &l->gateway->listening[k];
		server.arg = &l->ports[k];
		l->ports[k].server = at->servers[l->index] =
			http_serve(l->loop, at->fd, conf->listeners[k].tls, &server);
	}
}

static void accept_all(struct gateway_loop *l)
{
	for (size_t k = 0; k < l->gateway->conf.n_listeners; k++)
		if (http_server_accept(l->ports[k].server).code)
			atomic_store(&l->gateway->deaf, true);
}

err gateway_listen(struct gateway *g, struct diag *diag)
{
	for (size_t k = 0; k < g->conf.n_listeners; k++)
		if (g->listening[k].fd < 0)
			TRY(sock_listen(g->conf.listeners[k].address, &g->listening[k].fd, diag));
	gateway_each_loop(g, make_servers);
	for (size_t k = 0; k < g->conf.n_listeners; k++)
		http_servers_balance(g->listening[k].servers, g->conf.n_loops);
	gateway_accept(g);
	if (atomic_load(&g->deaf))
		return diag_add(diag, ERR_IO, 0, "cannot watch the listening sockets");
	return DONE;
}

static void rest(struct gateway_loop *l)
{
	for (size_t k = 0; k < l->gateway->conf.n_listeners; k++)
		if (l->ports[k].server)
			http_server_drain(l->ports[k].server);
}

void gateway_rest(struct gateway *g) { gateway_each_loop(g, rest); }
void gateway_accept(struct gateway *g) { gateway_each_loop(g, accept_all); }

int gateway_socket(const struct gateway *g, str listener)
{
	for (size_t k = 0; k < g->conf.n_listeners; k++)
		if (str_eq(g->conf.listeners[k].name, listener))
			return g->listening[k].fd;
	return -1;
}

void gateway_unlisten(struct gateway *g)
{
	for (size_t k = 0; k < g->conf.n_listeners; k++) {
		if (g->listening[k].fd >= 0)
			close(g->listening[k].fd);
		g->listening[k].fd = -1;
	}
}
