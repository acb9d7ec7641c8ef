/* SPDX-License-Identifier: Apache-2.0 */
/* Listening: a server per listener and loop, each on a socket of its own for one address.
 * A server is made, drained and closed on its loop's thread.
 * Source: house ("accept"). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
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
		.h2 = true,
	};
	l->e = http_serve(l->port->loop->loop, l->port->fd, conf->listeners[l->port->listener].tls,
	                  &server, &l->port->server);
	wake(&l->done);
}

static err open_another(const struct gateway_listener *l, int first, int *fd, struct diag *diag)
{
	if (!l->shared)
		return sock_listen_twin(first, fd, diag);
	*fd = fcntl(first, F_DUPFD_CLOEXEC, 0);
	return *fd >= 0 ? DONE
	                : diag_add(diag, ERR_IO, 0, "cannot listen twice: %s",
	                           strerrordesc_np(errno));
}

/* The first loop takes the address, so that a second server finds it taken; the others get twins. */
static err open_sockets(struct gateway *g, size_t k, struct diag *diag)
{
	int *first = &g->loops[0].ports[k].fd;
	*first = g->conf.listeners[k].fd;
	if (*first <= 0)
		TRY(sock_listen(g->conf.listeners[k].address, first, diag));
	for (size_t i = 1; i < g->conf.n_loops; i++)
		TRY(open_another(&g->conf.listeners[k], *first, &g->loops[i].ports[k].fd, diag));
	return DONE;
}

static err serve(struct gateway *g, struct port *port, struct diag *diag)
{
	struct listening l = { .port = port, .gateway = g };
	loop_post(port->loop->loop, serve_on_loop, &l);
	wait_end(&l.done);
	if (l.e.code)
		return diag_add(diag, l.e.code, 0, "cannot accept on %.*s: %s",
		                STR(g->conf.listeners[port->listener].address), err_word(l.e.code));
	return DONE;
}

err gateway_listen(struct gateway *g, struct diag *diag)
{
	for (size_t k = 0; k < g->conf.n_listeners; k++)
		TRY(open_sockets(g, k, diag));
	for (size_t i = 0; i < g->conf.n_loops; i++)
		for (size_t k = 0; k < g->conf.n_listeners; k++)
			TRY(serve(g, &g->loops[i].ports[k], diag));
	return DONE;
}
