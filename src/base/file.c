/* SPDX-License-Identifier: Apache-2.0 */
/* Writing of base/file.h: beside its place, then moved there.
 * The folder is synced after the file: else a power cut may leave the name to what was there before.
 * Source: rename(2), fsync(2). */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

static err closed(int fd, bool good)
{
	int why = errno;
	if (fd >= 0)
		close(fd);
	errno = why;
	return good ? DONE : FAIL(ERR_IO);
}

bool file_write(int fd, str bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes = str_sub(bytes, (size_t)n, STR_NPOS);
	}
	return true;
}

static err write_new(const char *path, str bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	return closed(fd,
	              fd >= 0 && fchmod(fd, 0600) == 0 && file_write(fd, bytes) && fsync(fd) == 0);
}

static err sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return closed(fd, fd >= 0 && fsync(fd) == 0);
}

static err put(struct arena *a, str path, str bytes)
{
	size_t slash = str_rfind_char(path, '/');
	const char *beside = str_z(a, str_fmt(a, "%.*s.new", STR(path)));
	TRY(write_new(beside, bytes));
	if (rename(beside, str_z(a, path)) != 0)
		return FAIL(ERR_IO);
	return sync_folder(slash == STR_NPOS ? "." : str_z(a, str_sub(path, 0, slash + 1)));
}

err file_put(const char *path, str bytes)
{
	struct arena *a = arena_create(512, 0);
	err e = put(a, str_from_z(path), bytes);
	int why = errno;
	arena_destroy(&a);
	errno = why;
	return e;
}
