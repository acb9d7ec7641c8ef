/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets of main/listeners.h.
 * A descriptor is closed here unless it was taken.
 * Source: getsockname(2). */
#include "main/listeners.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/log.h"
#include "main/notify.h"
#include "rt/sock.h"

union address { /* one object under its names */
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage room;
};

static const struct {
	const char *name; /* of the key, without ".listen" */
	size_t offset;
} rows[LISTENERS] = {
	[LISTEN_MANAGEMENT] = { "management", offsetof(struct settings, management_listen) },
	[LISTEN_DEFAULT] = { "gateway.default", offsetof(struct settings, default_listen) },
	[LISTEN_SECURE] = { "gateway.secure", offsetof(struct settings, secure_listen) },
	[LISTEN_SSO] = { "sso", offsetof(struct settings, sso_listen) },
	[LISTEN_MOCKTARGET] = { "mocktarget", offsetof(struct settings, mocktarget_listen) },
};

str listener_name(enum listener which) { return str_from_z(rows[which].name); }

str listener_setting(const struct settings *s, enum listener which)
{
	return *(const str *)((const char *)s + rows[which].offset);
}

static bool is_listening(int fd)
{
	int on = 0;
	socklen_t n = sizeof on, m = sizeof(union address);
	union address a = { .room = { 0 } };
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &n) == 0 && on &&
	       getsockname(fd, &a.any, &m) == 0 &&
	       (a.any.sa_family == AF_INET || a.any.sa_family == AF_INET6);
}

/* Who listens is not moved by a hand-over: another address waits for a restart. */
static void compare_address(const struct settings *s, enum listener which, str address)
{
	if (str_given(address) && !str_eq(address, listener_setting(s, which)))
		log_warn("handover_needs_restart", LOG_Z("listener", rows[which].name),
		         LOG_STR("listens", address));
}

static err take_activated(const struct settings *s, const struct activated *all, struct diag *d,
                          struct listeners *l)
{
	for (size_t i = 0; i < all->n; i++) {
		size_t k = 0;
		while (k < LISTENERS && !str_eq(all->v[i].name, str_from_z(rows[k].name)))
			k++;
		if (k == LISTENERS || l->fd[k] >= 0 || !is_listening(all->v[i].fd))
			return diag_add(d, ERR_SYNTAX, 0,
			                "the socket \"%.*s\" that was given is none of ours: "
			                "FileDescriptorName= is management, gateway.default, "
			                "gateway.secure or sso, once each, for a TCP port",
			                STR(all->v[i].name));
		compare_address(s, (enum listener)k, all->v[i].address);
		fcntl(all->v[i].fd, F_SETFL, fcntl(all->v[i].fd, F_GETFL) | O_NONBLOCK);
		l->fd[k] = all->v[i].fd;
	}
	return DONE;
}

err listeners_open(const struct settings *s, bool mocktarget, const struct activated *activated,
                   struct diag *d, struct listeners *l)
{
	*l = (struct listeners){ 0 };
	for (size_t i = 0; i < LISTENERS; i++)
		l->fd[i] = -1;
	err e = take_activated(s, activated, d, l);
	for (size_t i = 0; i < LISTENERS && !e.code; i++) {
		d->file = str_fmt(d->arena, "%s.listen", rows[i].name);
		if (l->fd[i] < 0 && (i != LISTEN_MOCKTARGET || mocktarget))
			e = sock_listen(listener_setting(s, (enum listener)i), &l->fd[i], d);
	}
	d->file = STR_NONE;
	if (e.code)
		listeners_close(l);
	return e;
}

void listeners_close(struct listeners *l)
{
	for (size_t i = 0; i < LISTENERS; i++)
		if (l->fd[i] >= 0)
			close(listener_take(l, (enum listener)i));
}

int listener_take(struct listeners *l, enum listener which)
{
	int fd = l->fd[which];
	l->fd[which] = -1;
	return fd;
}

unsigned listener_port(const struct listeners *l, enum listener which)
{
	return sock_listen_port(l->fd[which]);
}

static union address address_of(const struct listeners *l, enum listener which)
{
	union address a = { .room = { 0 } };
	socklen_t n = sizeof a;
	must(!getsockname(l->fd[which], &a.any, &n));
	return a;
}

bool listener_is_loopback(const struct listeners *l, enum listener which)
{
	union address a = address_of(l, which);
	if (a.any.sa_family == AF_INET)
		return ntohl(a.v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr);
}

str listener_here(struct arena *arena, const struct listeners *l, enum listener which)
{
	union address a = address_of(l, which);
	char text[INET6_ADDRSTRLEN] = "127.0.0.1";
	unsigned port = listener_port(l, which);
	if (a.any.sa_family == AF_INET && a.v4.sin_addr.s_addr != htonl(INADDR_ANY))
		must(inet_ntop(AF_INET, &a.v4.sin_addr, text, sizeof text));
	if (a.any.sa_family == AF_INET || IN6_IS_ADDR_UNSPECIFIED(&a.v6.sin6_addr))
		return str_fmt(arena, "%s:%u", text, port);
	must(inet_ntop(AF_INET6, &a.v6.sin6_addr, text, sizeof text));
	return str_fmt(arena, "[%s]:%u", text, port);
}
