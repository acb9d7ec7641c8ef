/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded: fsync and fdatasync that sleep or fail, as the file named by SLOW_SYNC says at that moment.
 * Invariant: a number is milliseconds before the real call, "fail" is EIO without it, else nothing changes.
 * Source: house (durability tests); fdatasync(2). */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int sync_fn(int);

static int as_told(const char *name, int fd)
{
	const char *path = getenv("SLOW_SYNC");
	char text[16] = "";
	int control = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (control >= 0) {
		ssize_t n = read(control, text, sizeof text - 1);
		text[n > 0 ? n : 0] = 0;
		close(control);
	}
	if (!strncmp(text, "fail", 4)) {
		errno = EIO;
		return -1;
	}
	long ms = strtol(text, NULL, 10);
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };
	while (ms > 0 && nanosleep(&left, &left) && errno == EINTR)
		;
	sync_fn *real;
	*(void **)&real = dlsym(RTLD_NEXT, name); /* POSIX's own way to say this in C */
	return real(fd);
}

int fsync(int fd)
{
	return as_told("fsync", fd);
}

int fdatasync(int fd)
{
	return as_told("fdatasync", fd);
}
