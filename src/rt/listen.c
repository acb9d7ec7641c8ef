/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets.
 * The bind of an address is exclusive, so a second server finds it taken; our own loops share the socket.
 * Source: socket(7), bind(2), ipv6(7). */
#include "rt/sock.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/diag.h"

enum { BACKLOG = 4096 };

static err cut_address(str address, str *host, unsigned *port)
{
	size_t colon = str_rfind_char(address, ':');
	uint64_t n;
	if (colon == STR_NPOS || !str_to_u64(str_sub(address, colon + 1, STR_NPOS), &n) ||
	    n > 65535)
		return FAIL(ERR_SYNTAX);
	*host = str_sub(address, 0, colon);
	*port = (unsigned)n;
	bool brackets = str_starts(*host, S("[")) && str_ends(*host, S("]"));
	if (brackets)
		*host = str_sub(*host, 1, host->n - 1);
	if (host->n > 255 || (!brackets && str_has(*host, S(":"))))
		return FAIL(ERR_SYNTAX);
	return DONE;
}

/* Accepted sockets inherit both.  Of what a client does not take, the kernel holds no more than this:
 * its own measure is megabytes a connection, and a thousand slow readers would take all its memory. */
static void set_tcp(int fd)
{
	int one = 1, unsent = 128 * 1024;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

static int open_one(const struct addrinfo *a)
{
	int one = 1, off = 0;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	set_tcp(fd);
	if (a->ai_family == AF_INET6) /* "[::]" and ":PORT" take IPv4 too */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

/* The addresses to try: for "all", IPv6's wildcard and, on a machine without IPv6, IPv4's. */
static int look_up(str host, unsigned port, struct addrinfo **list)
{
	char name[256], service[8];
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		                  .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	snprintf(name, sizeof name, "%.*s", STR(host));
	snprintf(service, sizeof service, "%u", port);
	if (host.n)
		return getaddrinfo(name, service, &hints, list);
	hints.ai_family = AF_INET6;
	int e = getaddrinfo(NULL, service, &hints, list);
	int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (probe >= 0)
		close(probe);
	if (e == 0 && probe >= 0)
		return 0;
	if (e == 0)
		freeaddrinfo(*list);
	hints.ai_family = AF_INET;
	return getaddrinfo(NULL, service, &hints, list);
}

err sock_listen(str address, int *fd, struct diag *d)
{
	str host;
	unsigned port;
	struct addrinfo *list;
	*fd = -1;
	if (cut_address(address, &host, &port).code)
		return diag_add(d, ERR_SYNTAX, 0,
		                "cannot listen on \"%.*s\": it must read HOST:PORT, [IPv6]:PORT or "
		                ":PORT",
		                STR(address));
	int e = look_up(host, port, &list);
	if (e)
		return diag_add(d, ERR_IO, 0, "cannot listen on %.*s: %s", STR(address),
		                gai_strerror(e));
	for (const struct addrinfo *a = list; a && *fd < 0; a = a->ai_next)
		*fd = open_one(a);
	int why = errno;
	freeaddrinfo(list);
	if (*fd < 0)
		return diag_add(d, ERR_IO, 0, "cannot listen on %.*s: %s", STR(address),
		                strerror(why));
	return DONE;
}

unsigned sock_listen_port(int fd)
{
	/* One object under its names: a cast from one to another would hide it from the analyzer. */
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_storage room;
	} a = { .room = { 0 } };
	socklen_t n = sizeof a;
	getsockname(fd, &a.any, &n);
	return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}
