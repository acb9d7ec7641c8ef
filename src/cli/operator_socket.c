/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of the operator's socket.
 * It appears under its name when it listens already: whoever sees it can connect.
 * Source: cli/operator_socket.h. */
#include "cli/operator_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16 };

static struct sockaddr_un address(int folder, const char *name)
{
	struct sockaddr_un u = { .sun_family = AF_UNIX };
	snprintf(u.sun_path, sizeof u.sun_path, "/proc/self/fd/%d/%s", folder, name);
	return u;
}

static int listen_in(int folder, int fd)
{
	static const char before[] = OPERATOR_SOCKET ".new";
	struct sockaddr_un u = address(folder, before);
	unlinkat(folder, before, 0);
	return bind(fd, (struct sockaddr *)&u, sizeof u) || fchmodat(folder, before, 0600, 0) ||
	       listen(fd, BACKLOG) || renameat(folder, before, folder, OPERATOR_SOCKET);
}

static int connect_in(int folder, int fd)
{
	struct sockaddr_un u = address(folder, OPERATOR_SOCKET);
	return connect(fd, (struct sockaddr *)&u, sizeof u);
}

static int opened(const char *path, int flags, int (*fn)(int folder, int fd))
{
	int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	bool failed = fd < 0 || fn(folder, fd);
	int why = errno;
	close(folder);
	if (failed && fd >= 0)
		close(fd);
	errno = why;
	return failed ? -1 : fd;
}

int operator_listen(const char *folder) { return opened(folder, SOCK_NONBLOCK, listen_in); }

int operator_connect(const char *folder) { return opened(folder, 0, connect_in); }
