/* SPDX-License-Identifier: Apache-2.0 */
/* The lock file of store/sqlite_folder.h: flock() for the folder, two of its bytes for the turns.
 * A process that dies lets go of all of it; none that waits is passed by more than once.
 * Source: flock(2), fcntl(2). */
#include "store/sqlite_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NEXT, WRITING }; /* bytes: whoever holds NEXT waits for WRITING */

static err refuse(struct diag *d, const char *what)
{
	return diag_add(d, ERR_IO, 0, "%s: %s", what, strerror(errno));
}

/* What was handed over must be this folder's. */
static bool is_the_same(int a, int b)
{
	struct stat x, y;
	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static err lock_all(struct folder *f, const char *dir, const char *file, int handed, struct diag *d)
{
	f->lock = handed > 0 ? handed : open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	f->turn = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (f->lock < 0 || f->turn < 0)
		return refuse(d, file);
	if (!is_the_same(f->lock, f->turn))
		return diag_add(d, ERR_DENIED, 0, "%s: the folder handed over is another", dir);
	if (flock(f->lock, LOCK_EX | LOCK_NB) == 0)
		return DONE;
	if (errno == EWOULDBLOCK)
		return diag_add(d, ERR_CONFLICT, 0, "%s: another gatehouse is using this folder",
		                dir);
	return refuse(d, file);
}

err folder_open(struct folder *f, const char *dir, int handed, struct diag *d)
{
	const char *file = str_z(d->arena, str_fmt(d->arena, "%s/lock", dir));
	*f = (struct folder){ -1, -1 };
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return refuse(d, dir);
	err e = lock_all(f, dir, file, handed, d);
	if (e.code)
		folder_close(f);
	return e;
}

void folder_close(struct folder *f)
{
	if (f->turn >= 0)
		close(f->turn);
	if (f->lock >= 0)
		close(f->lock);
	*f = (struct folder){ -1, -1 };
}

static void set(const struct folder *f, short type, off_t byte)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
	while (fcntl(f->turn, F_OFD_SETLKW, &l) != 0)
		must(errno == EINTR);
}

/* Who comes back at once finds NEXT taken by the one that waited meanwhile. */
void folder_begin(struct folder *f)
{
	set(f, F_WRLCK, NEXT);
	set(f, F_WRLCK, WRITING);
	set(f, F_UNLCK, NEXT);
}

void folder_end(struct folder *f) { set(f, F_UNLCK, WRITING); }
