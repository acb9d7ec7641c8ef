/* SPDX-License-Identifier: Apache-2.0 */
/* The manager's protocol: a datagram of lines to a unix socket, and descriptors from number 3.
 * What cannot be sent is lost: a manager that is gone must not stop a gateway.
 * Source: sd_notify(3), sd_listen_fds(3), unix(7). */
#include "main/notify.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { FIRST_FD = 3 };

static struct {
	int fd; /* of a connected datagram socket; 0: nobody to tell */
	const char *address;
	bool over;
} manager;

static bool connect_to(const char *path)
{
	union {
		struct sockaddr any;
		struct sockaddr_un un;
	} a = { .un.sun_family = AF_UNIX };
	size_t n = strlen(path);
	if (n < 2 || n >= sizeof a.un.sun_path || (path[0] != '/' && path[0] != '@'))
		return false;
	memcpy(a.un.sun_path, path, n);
	if (path[0] == '@') /* unix(7): an abstract address begins with NUL and has no end */
		a.un.sun_path[0] = 0;
	manager.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return manager.fd >= 0 && connect(manager.fd, &a.any, size) == 0;
}

void notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	if (path && !connect_to(path)) {
		log_warn("no_service_manager", LOG_Z("socket", path));
		if (manager.fd > 0)
			close(manager.fd);
		manager.fd = 0;
	}
	manager.address = manager.fd > 0 ? path : NULL;
	unsetenv("NOTIFY_SOCKET");
}

static void tell(const char *text)
{
	if (manager.fd > 0 && !manager.over &&
	    send(manager.fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		log_warn("service_manager_not_told", LOG_Z("what", text));
}

void notify_ready(void) { tell("READY=1\nSTATUS=Serving"); }
void notify_stopping(void) { tell("STOPPING=1\nSTATUS=Draining"); }

const char *notify_address(void) { return manager.address; }

void notify_reloading(void)
{
	char text[64];
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld",
	         (long long)(clock_mono_ns() / 1000));
	tell(text);
}

void notify_successor(int pid)
{
	char text[64];
	snprintf(text, sizeof text, "MAINPID=%d\nSTATUS=Handed over", pid);
	tell(text);
	manager.over = true;
}

/* ---- socket activation ---- */

static bool number_of(const char *key, uint64_t *n)
{
	const char *text = getenv(key);
	return text && str_to_u64(str_from_z(text), n);
}

void activated_read(struct arena *a, struct activated *out)
{
	uint64_t pid, n;
	const char *names = getenv("LISTEN_FDNAMES");
	str rest = names ? str_dup(a, str_from_z(names)) : STR_NONE;
	*out = (struct activated){ 0 };
	if (number_of("LISTEN_PID", &pid) && pid == (uint64_t)getpid() &&
	    number_of("LISTEN_FDS", &n))
		for (; out->n < n && out->n < ACTIVATED_MAX; out->n++) {
			int fd = FIRST_FD + (int)out->n;
			fcntl(fd, F_SETFD, FD_CLOEXEC);
			out->v[out->n].fd = fd;
			out->v[out->n].name = str_given(rest) ? str_cut(&rest, ':') : S("");
		}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}
