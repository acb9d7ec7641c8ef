/* SPDX-License-Identifier: Apache-2.0 */
/* Listening: a server per listener and loop, each on a socket of its own for one address.
 * A server is made, drained and closed on its loop's thread.
 * Source: house ("accept"). */
#include <unistd.h>

#include "gateway/inside.h"

struct listening {
	struct port *port;
	const struct gateway *gateway;
	err e;
	struct waker done;
};

static void serve_on_loop(void *arg)
{
	struct listening *l = arg;
	const struct gateway_conf *conf = &l->gateway->conf;
	struct http_server_conf server = {
		.handle = gateway_serve,
		.error_body = gateway_error_body,
		.arg = l->port,
		.limits = conf->limits,
	};
	l->e = http_serve(l->port->loop->loop, l->port->fd, conf->listeners[l->port->listener].tls,
	                  &server, &l->port->server);
	wake(&l->done);
}

err gateway_listen(struct gateway *g, struct diag *diag)
{
	for (size_t i = 0; i < g->conf.n_loops; i++)
		for (size_t k = 0; k < g->conf.n_listeners; k++)
			TRY(sock_listen(g->conf.listeners[k].address, &g->loops[i].ports[k].fd,
			                diag));
	for (size_t i = 0; i < g->conf.n_loops; i++)
		for (size_t k = 0; k < g->conf.n_listeners; k++) {
			struct listening l = { .port = &g->loops[i].ports[k], .gateway = g };
			loop_post(g->loops[i].loop, serve_on_loop, &l);
			wait_end(&l.done);
			TRY(l.e);
		}
	return DONE;
}
